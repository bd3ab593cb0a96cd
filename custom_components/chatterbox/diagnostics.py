"""What a person can hand over with a question, without keys and without words."""

from dataclasses import asdict
from typing import Any, Final

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_API_KEY, CONF_PROMPT, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntry
from yarl import URL

from .agent.turn_log import async_get_turns
from .const import CONF_DANGER_CODE, CONF_EXTRA_BODY, DOMAIN
from .data import ChatterboxConfigEntry
from .providers.discovery import online_service
from .tools.cache.home import DATA_TOOL_CACHE

TURNS: Final = 20

_REDACTED: Final = {CONF_API_KEY, CONF_DANGER_CODE, CONF_EXTRA_BODY, CONF_PROMPT}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: ChatterboxConfigEntry
) -> dict[str, Any]:
    """Return a server, its health and its agents, without what names its host."""
    registry = er.async_get(hass)
    loaded = entry.state is ConfigEntryState.LOADED
    cache = hass.data.get(DATA_TOOL_CACHE)
    return {
        "server": {
            "state": entry.state.value,
            "fault": entry.runtime_data.health.fault if loaded else None,
            **async_redact_data(entry.data, _REDACTED),
            CONF_URL: _address(entry.data[CONF_URL]),
        },
        "agents": {
            subentry.title: async_redact_data(subentry.data, _REDACTED)
            for subentry in entry.subentries.values()
        },
        "turns": {
            subentry.title: _last_turns(hass, subentry.subentry_id)
            for subentry in entry.subentries.values()
        },
        "tool_cache": asdict(cache.statistics()) if cache is not None else None,
        "entities": {
            entity.entity_id: {"disabled_by": entity.disabled_by}
            for entity in er.async_entries_for_config_entry(registry, entry.entry_id)
        },
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: ChatterboxConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """Return one agent, its settings and its last turns."""
    of_entry = await async_get_config_entry_diagnostics(hass, entry)
    names = {
        subentry.title
        for subentry in entry.subentries.values()
        if (DOMAIN, subentry.subentry_id) in device.identifiers
    }
    for part in ("agents", "turns"):
        of_entry[part] = {name: of_entry[part][name] for name in names}
    return of_entry


def _last_turns(hass: HomeAssistant, subentry_id: str) -> list[dict[str, Any]]:
    """Return an agent's last turns without words, names of things and the host."""
    turns = [
        record.as_dict(private=False)
        for record in async_get_turns(hass).last(subentry_id)[-TURNS:]
    ]
    for turn in turns:
        turn.pop("server", None)
        for span in turn["spans"]:
            span.pop("server", None)
    return turns


def _address(url: str) -> str:
    parsed = URL(url)
    host = parsed.host if online_service(url) else REDACTED
    return f"{parsed.scheme}://{host}:{parsed.port}"
