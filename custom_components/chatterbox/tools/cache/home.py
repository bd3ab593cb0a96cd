"""The one cache of the home: made by the first entry, dropped with the last."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from ...const import CONF_KEEP_RESULTS, DOMAIN
from .cache import ToolResultCache
from .invalidation import Invalidator
from .policy import CacheOptions
from .store import KeptResults

DATA_TOOL_CACHE: HassKey[ToolResultCache] = HassKey("chatterbox_tool_cache")


@dataclass(slots=True, eq=False)
class _Household:
    invalidator: Invalidator
    kept: KeptResults
    users: set[str] = field(default_factory=set)


_DATA_HOUSEHOLD: HassKey[_Household] = HassKey("chatterbox_tool_cache_household")


async def async_join_cache(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Let an entry use the cache of the home, which the first one makes."""
    if (household := hass.data.get(_DATA_HOUSEHOLD)) is None:
        cache = ToolResultCache(create_task=hass.async_create_background_task)
        kept = KeptResults(hass, cache, partial(_private_tools, hass))
        household = _Household(Invalidator(hass, cache), kept)
        hass.data[DATA_TOOL_CACHE] = cache
        hass.data[_DATA_HOUSEHOLD] = household
        household.invalidator.start()
    household.users.add(entry.entry_id)
    if _keeps(entry):
        if not household.kept.active:
            await household.kept.async_start()
    elif not any(map(_keeps, hass.config_entries.async_entries(DOMAIN))):
        await household.kept.async_remove()


async def async_leave_cache(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Let an entry use it no longer; with the last one it goes."""
    household = hass.data[_DATA_HOUSEHOLD]
    household.users.discard(entry.entry_id)
    if household.users:
        return
    cache = hass.data.pop(DATA_TOOL_CACHE)
    del hass.data[_DATA_HOUSEHOLD]
    # It is told of changes until it is closed: a turn that is on may still use it.
    await household.kept.async_stop()
    household.invalidator.stop()
    await cache.close()


async def async_forget_results(hass: HomeAssistant) -> None:
    """Remove from disk what the last entry that is removed leaves."""
    if not hass.config_entries.async_entries(DOMAIN):
        await KeptResults(hass, ToolResultCache()).async_remove()


def _keeps(entry: ConfigEntry[Any]) -> bool:
    return bool(entry.options.get(CONF_KEEP_RESULTS, True))


def _private_tools(hass: HomeAssistant) -> set[str]:
    return {
        tool
        for entry in hass.config_entries.async_entries(DOMAIN)
        for agent in entry.subentries.values()
        for tool in CacheOptions.from_entry(agent.data, entry.options).private_tools
    }
