"""A home whose cache outlives a restart, for the tests of it."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
)

from custom_components.chatterbox.const import DOMAIN
from custom_components.chatterbox.tools.cache.entries import CacheKey, CacheTerms, Entry
from custom_components.chatterbox.tools.cache.home import (
    DATA_TOOL_CACHE,
    async_join_cache,
    async_leave_cache,
)
from custom_components.chatterbox.tools.cache.policy import CachePolicy

from ...weather_home import GARDEN
from .caching import snapshot_of

KEY = CacheKey.of("weather.get_forecasts", {"entity_id": [GARDEN]})
POLICY = CachePolicy(ttl=300.0, stale_if_error=3600.0, outlives_state=True)
RESULT = llm.ToolResult(data={"rain": True})


KEY = CacheKey.of("weather.get_forecasts", {"entity_id": [GARDEN]})
POLICY = CachePolicy(ttl=300.0, stale_if_error=3600.0, outlives_state=True)
RESULT = llm.ToolResult(data={"rain": True})


def entry_of(hass: HomeAssistant, **options: Any) -> MockConfigEntry:
    """Return a config entry of Chatterbox that is not set up."""
    entry = MockConfigEntry(domain=DOMAIN, options=options)
    entry.add_to_hass(hass)
    return entry


def keep(hass: HomeAssistant, **changes: Any) -> Entry:
    """Keep a forecast for the garden."""
    cache = hass.data[DATA_TOOL_CACHE]
    policy = changes.pop("policy", POLICY)
    depends_on = changes.pop("depends_on", frozenset({GARDEN, "platform:sky"}))
    terms = CacheTerms(changes.pop("key", KEY), policy, depends_on)
    entry = Entry(terms, snapshot_of(RESULT), cache.now(), cost=1.5, **changes)
    cache.keep(entry)
    return entry


def found(hass: HomeAssistant) -> llm.ToolResult | None:
    """Return what the cache would serve."""
    cache = hass.data[DATA_TOOL_CACHE]
    entry = cache.find(CacheTerms(KEY, POLICY))
    if entry is None or not entry.is_fresh(cache.now(), POLICY):
        return None
    result: llm.ToolResult = entry.result.copy()
    return result


async def entry_with_result(hass: HomeAssistant) -> MockConfigEntry:
    """Return an entry that has joined the cache, with a forecast for the garden in it."""
    entry = entry_of(hass)
    await async_join_cache(hass, entry)
    keep(hass)
    return entry


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let the last entry go and come back."""
    await async_leave_cache(hass, entry)
    await async_join_cache(hass, entry)
