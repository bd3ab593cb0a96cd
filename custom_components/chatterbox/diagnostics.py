"""What a person can hand over with a question, without keys and without words."""

from dataclasses import asdict
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_API_KEY, CONF_PROMPT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .data import ChatterboxConfigEntry
from .tools.home_cache import DATA_TOOL_CACHE

_REDACTED: Final = {CONF_API_KEY, CONF_PROMPT}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: ChatterboxConfigEntry
) -> dict[str, Any]:
    """Return a model server, its health and its agents; an empty key shows as empty."""
    registry = er.async_get(hass)
    return {
        "server": {
            "title": entry.title,
            "fault": entry.runtime_data.health.fault,
            **async_redact_data(entry.data, _REDACTED),
        },
        "agents": {
            subentry.title: async_redact_data(subentry.data, _REDACTED)
            for subentry in entry.subentries.values()
        },
        "tool_cache": asdict(hass.data[DATA_TOOL_CACHE].statistics()),
        "entities": {
            entity.entity_id: {"disabled_by": entity.disabled_by}
            for entity in er.async_entries_for_config_entry(registry, entry.entry_id)
        },
    }
