"""Tests for the one cache of the home."""

import asyncio
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm, storage
import pytest

from custom_components.chatterbox.tools.cache.cache import (
    CachingDispatcher,
    ToolResultCache,
)
from custom_components.chatterbox.tools.cache.entries import CacheTerms
from custom_components.chatterbox.tools.cache.home import (
    DATA_TOOL_CACHE,
    async_forget_results,
    async_join_cache,
    async_leave_cache,
)
from custom_components.chatterbox.tools.cache.store import STORAGE_KEY
from custom_components.chatterbox.tools.dispatch.ledger import async_get_ledger

from ...weather_home import GARDEN, WeatherHome, make_weather_home
from .kept_results import (
    KEY,
    POLICY,
    RESULT,
    entry_of,
    entry_with_result,
    found,
    keep,
    restart,
)


@pytest.fixture(autouse=True)
async def home(hass: HomeAssistant) -> WeatherHome:
    """Set up a home with weather."""
    return await make_weather_home(hass)


async def test_made_by_the_first_and_dropped_with_the_last(hass: HomeAssistant) -> None:
    """All entries use the same cache."""
    first, second = entry_of(hass), entry_of(hass)
    await async_join_cache(hass, first)
    cache = hass.data[DATA_TOOL_CACHE]
    assert isinstance(cache, ToolResultCache)
    assert DATA_TOOL_CACHE == "chatterbox_tool_cache"
    await async_join_cache(hass, second)
    assert hass.data[DATA_TOOL_CACHE] is cache
    await async_leave_cache(hass, first)
    assert hass.data[DATA_TOOL_CACHE] is cache
    await async_leave_cache(hass, second)
    assert DATA_TOOL_CACHE not in hass.data


async def test_a_dropped_cache_hears_nothing(
    hass: HomeAssistant, home: WeatherHome
) -> None:
    """No listener is left behind."""
    async_get_ledger(hass)
    before = hass.bus.async_listeners()
    entry = entry_of(hass)
    await async_join_cache(hass, entry)
    assert hass.bus.async_listeners() != before
    await async_leave_cache(hass, entry)
    assert hass.bus.async_listeners() == before


async def test_what_is_marked_private_later_is_not_written_again(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """Neither what any agent was told before nor what another agent is told."""
    entry = await entry_with_result(hass)
    await restart(hass, entry)
    assert len(hass_storage[STORAGE_KEY]["data"]["results"]) == 1
    private = {"tool": "weather.get_forecasts", "ttl": 300, "private": True}
    hass.config_entries.async_add_subentry(
        entry,
        ConfigSubentry(
            data=MappingProxyType({"model": "m", "cached_tools": [private]}),
            subentry_type="conversation",
            title="Agent",
            unique_id=None,
        ),
    )
    await restart(hass, entry)
    assert hass_storage[STORAGE_KEY]["data"]["results"] == []
    await async_leave_cache(hass, entry)


async def test_the_switch(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    """Turned off, nothing is written, and what was is gone."""
    entry = await entry_with_result(hass)
    await async_leave_cache(hass, entry)
    assert STORAGE_KEY in hass_storage
    hass.config_entries.async_update_entry(entry, options={"keep_results": False})
    await async_join_cache(hass, entry)
    assert STORAGE_KEY not in hass_storage
    assert len(hass.data[DATA_TOOL_CACHE]) == 0
    keep(hass)
    await async_leave_cache(hass, entry)
    assert STORAGE_KEY not in hass_storage


async def test_one_entry_that_keeps_does_not_lose_by_one_that_does_not(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """Whichever is set up first."""
    keeps, keeps_not = entry_of(hass), entry_of(hass, keep_results=False)
    await async_join_cache(hass, keeps)
    keep(hass)
    await async_leave_cache(hass, keeps)
    await async_join_cache(hass, keeps_not)
    assert found(hass) is None
    await async_join_cache(hass, keeps)
    assert found(hass) == RESULT
    await async_leave_cache(hass, keeps)
    await async_leave_cache(hass, keeps_not)


async def test_the_last_entry_that_is_removed_leaves_nothing(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """Neither in memory nor on disk."""
    entry = await entry_with_result(hass)
    await async_leave_cache(hass, entry)
    await async_forget_results(hass)
    assert STORAGE_KEY in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    await async_forget_results(hass)
    assert STORAGE_KEY not in hass_storage


async def test_a_turn_that_outlives_the_cache_is_told_nothing_old(
    hass: HomeAssistant, home: WeatherHome
) -> None:
    """Nobody tells a dropped cache of changes, so it keeps and shares nothing."""
    entry = entry_of(hass)
    await async_join_cache(hass, entry)
    cache = hass.data[DATA_TOOL_CACHE]
    asked = 0

    async def ask(call: llm.ToolInput) -> llm.ToolResult:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return RESULT

    async def terms_of(call: llm.ToolInput) -> CacheTerms:
        return CacheTerms(KEY, POLICY, frozenset({GARDEN}))

    dispatch = CachingDispatcher(ask, cache, terms_of)
    plain = CachingDispatcher(ask, cache)
    question = llm.ToolInput("weather__get_forecasts", {})
    await dispatch(question)
    await async_leave_cache(hass, entry)
    await asyncio.gather(*(one(question) for one in (dispatch, dispatch, plain, plain)))
    await dispatch(question)
    assert asked == 6
    assert len(cache) == 0


async def test_what_is_dropped_while_it_is_written_is_not_written(
    hass: HomeAssistant, hass_storage: dict[str, Any], home: WeatherHome
) -> None:
    """A change that comes as the last entry goes is heard."""
    entry = await entry_with_result(hass)
    save = storage.Store.async_save

    async def save_slowly(store: storage.Store[Any], data: Any) -> None:
        await save(store, data)
        home.hass.bus.async_fire(
            "call_service",
            {"domain": "weather", "service": "x", "service_data": {}},
        )

    with patch.object(storage.Store, "async_save", save_slowly):
        await async_leave_cache(hass, entry)
    assert hass_storage[STORAGE_KEY]["data"]["results"] == []
