"""What the system information says of Chatterbox."""

from collections.abc import Iterator
from typing import Any

from homeassistant.components import system_health
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_MODEL
from homeassistant.core import HomeAssistant, callback

from .agent.turn_log import async_get_turns
from .const import DOMAIN, SUBENTRY_CONVERSATION
from .data import ChatterboxConfigEntry
from .tools.cache.home import DATA_TOOL_CACHE
from .turns import async_agents


@callback
def async_register(
    hass: HomeAssistant, register: system_health.SystemHealthRegistration
) -> None:
    """Register what tells it."""
    register.async_register_info(async_system_health)


async def async_system_health(hass: HomeAssistant) -> dict[str, Any]:
    """Return which servers answer and what they run, without addresses and names."""
    entries: list[ChatterboxConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    loaded = [e for e in entries if e.state is ConfigEntryState.LOADED]
    answering = sum(entry.runtime_data.health.fault is None for entry in loaded)
    warm = sum(entry.runtime_data.primer.warm for entry in loaded)
    cache = hass.data.get(DATA_TOOL_CACHE)
    kept = cache.statistics() if cache is not None else None
    return {
        "servers": f"{answering} / {len(entries)}",
        "models": ", ".join(sorted(set(_models(entries)))),
        "prompt_cache": f"{warm} / {len(loaded)}",
        "cached_results": f"{kept.entries} ({kept.size / 1024:.0f} KiB)" if kept else 0,
        "last_turn": _last_turn(hass),
    }


def _models(entries: list[ChatterboxConfigEntry]) -> Iterator[str]:
    for entry in entries:
        for subentry in entry.get_subentries_of_type(SUBENTRY_CONVERSATION):
            yield subentry.data[CONF_MODEL]


def _last_turn(hass: HomeAssistant) -> str | None:
    turns = async_get_turns(hass)
    kept = [t for a in async_agents(hass) for t in turns.last(a.subentry_id)]
    if not kept:
        return None
    newest = max(kept, key=lambda turn: turn.started)
    return f"{newest.figures['total']:.1f} s"
