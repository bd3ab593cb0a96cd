"""Tests for the cache by itself, and for the dispatcher that asks it."""

import re
from threading import Lock
from typing import Any

from homeassistant.helpers import llm
import pytest

from custom_components.chatterbox.tools.cache.cache import (
    CachingDispatcher,
    ToolResultCache,
)
from custom_components.chatterbox.tools.calls import error_result

from .caching import Clock, Home, Terms, ask, call

# The cache by itself.


def test_miss() -> None:
    """What was never put is not there."""
    assert ToolResultCache().get("forecast", {"type": "daily"}) is None


def test_hit() -> None:
    """What was put is there."""
    cache = ToolResultCache()
    cache.put("forecast", {"type": "daily"}, {"rain": True})
    assert cache.get("forecast", {"type": "daily"}) == {"rain": True}


def test_several_entries() -> None:
    """Tools and arguments have entries of their own."""
    cache = ToolResultCache()
    cache.put("forecast", {"type": "daily"}, "daily")
    cache.put("forecast", {"type": "hourly"}, "hourly")
    cache.put("events", {"type": "daily"}, "events")
    assert cache.get("forecast", {"type": "daily"}) == "daily"
    assert cache.get("forecast", {"type": "hourly"}) == "hourly"
    assert cache.get("events", {"type": "daily"}) == "events"
    assert cache.get("events", {}) is None


def test_order_of_arguments_does_not_matter() -> None:
    """Arguments are the same in any order, at any depth."""
    cache = ToolResultCache()
    cache.put("forecast", {"a": 1, "b": {"c": 2, "d": 3}}, "result")
    assert cache.get("forecast", {"b": {"d": 3, "c": 2}, "a": 1}) == "result"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"a": 1}, {"a": True}, id="number and boolean"),
        pytest.param({"a": 1}, {"a": "1"}, id="number and text"),
        pytest.param({"a": None}, {}, id="null and absent"),
        pytest.param({"a": ["x", "y"]}, {"a": ["y", "x"]}, id="order of a list"),
        pytest.param({"a": "x,b"}, {"a": "x", "b": ""}, id="separators"),
    ],
)
def test_arguments_that_differ_are_never_mixed_up(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    """What JSON tells apart has entries of its own."""
    cache = ToolResultCache()
    cache.put("forecast", one, "one")
    assert cache.get("forecast", other) is None


@pytest.mark.parametrize("value", [None, 0, "", [], {}, ("a",), object()])
def test_any_value_can_be_put(value: Any) -> None:
    """Values come back as they were."""
    cache = ToolResultCache()
    cache.put("forecast", {}, value)
    assert cache.get("forecast", {}) == value
    assert len(cache) == 1


def test_expiry(clock: Clock) -> None:
    """An entry is there within the TTL and evicted when asked for after it."""
    cache = ToolResultCache(ttl=300.0)
    cache.put("forecast", {}, "result")
    clock.now += 299.9
    assert cache.get("forecast", {}) == "result"
    clock.now += 0.2
    assert len(cache) == 1
    assert cache.get("forecast", {}) is None
    assert len(cache) == 0


def test_a_put_renews_the_ttl(clock: Clock) -> None:
    """A hit does not make an entry younger, a put does."""
    cache = ToolResultCache(ttl=300.0)
    cache.put("forecast", {}, "old")
    clock.now += 200
    assert cache.get("forecast", {}) == "old"
    cache.put("forecast", {}, "new")
    clock.now += 200
    assert cache.get("forecast", {}) == "new"
    clock.now += 101
    assert cache.get("forecast", {}) is None


@pytest.mark.parametrize("ttl", [0.0, -1.0])
def test_no_ttl_disables(ttl: float) -> None:
    """With a TTL of 0 or less nothing is kept."""
    cache = ToolResultCache(ttl=ttl)
    cache.put("forecast", {}, "result")
    assert cache.get("forecast", {}) is None
    assert len(cache) == 0


def test_invalidate_one() -> None:
    """One call's result is dropped, however its arguments are ordered."""
    cache = ToolResultCache()
    cache.put("forecast", {"a": 1, "b": 2}, "one")
    cache.put("forecast", {"a": 2}, "other")
    assert cache.invalidate("forecast", {"b": 2, "a": 1}) == 1
    assert cache.invalidate("forecast", {"b": 2, "a": 1}) == 0
    assert cache.get("forecast", {"a": 1, "b": 2}) is None
    assert cache.get("forecast", {"a": 2}) == "other"


def test_invalidate_all_of_a_tool() -> None:
    """All results of a tool are dropped and no other's."""
    cache = ToolResultCache()
    cache.put("forecast", {"a": 1}, "one")
    cache.put("forecast", {}, "two")
    cache.put("events", {}, "three")
    assert cache.invalidate("forecast") == 2
    assert cache.get("events", {}) == "three"
    assert cache.invalidate("unheard of") == 0


def test_clear() -> None:
    """Everything goes."""
    cache = ToolResultCache()
    cache.put("forecast", {}, "one")
    cache.put("events", {}, "two")
    cache.clear()
    assert len(cache) == 0
    assert cache.statistics().size == 0


def test_least_recently_used_goes_first() -> None:
    """The entry that was not asked for the longest makes room."""
    cache = ToolResultCache(max_entries=2)
    cache.put("forecast", {"a": 1}, "one")
    cache.put("forecast", {"a": 2}, "two")
    cache.get("forecast", {"a": 1})
    cache.put("forecast", {"a": 3}, "three")
    assert cache.get("forecast", {"a": 2}) is None
    assert cache.get("forecast", {"a": 1}) == "one"
    assert cache.get("forecast", {"a": 3}) == "three"
    assert cache.statistics().evicted == 1


def test_bytes_are_bounded() -> None:
    """Entries go until all that stay fit, and one that can never fit does not stay."""
    cache = ToolResultCache(max_bytes=1000)
    cache.put("forecast", {"a": 1}, "x" * 400)
    cache.put("forecast", {"a": 2}, "x" * 400)
    cache.put("forecast", {"a": 3}, "x" * 400)
    assert [cache.get("forecast", {"a": n}) is None for n in (1, 2, 3)] == [
        True,
        False,
        False,
    ]
    assert 800 <= cache.statistics().size <= 1000
    cache.put("forecast", {"a": 3}, "x" * 2000)
    assert cache.get("forecast", {"a": 3}) is None
    assert cache.get("forecast", {"a": 2}) is not None
    assert cache.statistics().size <= 1000


def test_nobody_changes_anothers_result() -> None:
    """What is put and what is got are copies."""
    cache = ToolResultCache()
    result = llm.ToolResult(data={"days": [{"rain": True}]})
    cache.put("forecast", {}, result)
    result.data["days"].append("mine")  # type: ignore[union-attr, arg-type]
    first = cache.get("forecast", {})
    first.data["days"][0]["rain"] = False
    assert cache.get("forecast", {}) == llm.ToolResult(data={"days": [{"rain": True}]})


# The dispatcher by itself.


async def test_a_miss_delegates_and_a_hit_does_not(clock: Clock) -> None:
    """The second call is answered with the first one's result."""
    home, cache = Home(), ToolResultCache()
    dispatch = CachingDispatcher(home.answer, cache)
    first = await dispatch(call(type="daily"))
    second = await dispatch(call(type="daily"))
    assert first == second == llm.ToolResult(data={"number": 1})
    assert len(home.calls) == 1
    assert cache.get("forecast", {"type": "daily"}) == first


async def test_other_arguments_have_their_own_slot(clock: Clock) -> None:
    """A call with other arguments is made."""
    home = Home()
    dispatch = CachingDispatcher(home.answer, ToolResultCache())
    await dispatch(call(type="daily"))
    assert (await dispatch(call(type="hourly"))).data == {"number": 2}


async def test_without_ttl_every_call_is_made() -> None:
    """With a TTL of 0 the dispatcher only delegates."""
    home, cache = Home(), ToolResultCache(ttl=0)
    dispatch = CachingDispatcher(home.answer, cache)
    await dispatch(call())
    await dispatch(call())
    assert len(home.calls) == 2
    assert len(cache) == 0


async def test_what_expired_is_fetched_again(clock: Clock) -> None:
    """Past the TTL the call is made again, and its result is kept in turn."""
    home = Home()
    dispatch = CachingDispatcher(home.answer, ToolResultCache())
    await dispatch(call())
    clock.now += 301
    assert (await dispatch(call())).data == {"number": 2}
    assert (await dispatch(call())).data == {"number": 2}


async def test_arguments_that_are_not_json_are_passed_on() -> None:
    """A call that has no key is made."""
    home = Home()
    dispatch = CachingDispatcher(home.answer, ToolResultCache())
    await dispatch(call(what=object()))
    await dispatch(call(what=object()))
    assert len(home.calls) == 2


async def test_errors_are_not_kept(clock: Clock) -> None:
    """A call that failed is made again; so is one that raised."""
    outcomes: list[llm.ToolResult | Exception] = [
        error_result("down"),
        ValueError("broken"),
        llm.ToolResult(data={"rain": False}),
    ]

    async def inner(call: llm.ToolInput) -> llm.ToolResult:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    dispatch = CachingDispatcher(inner, ToolResultCache())
    assert (await dispatch(call())).error
    with pytest.raises(ValueError, match="broken"):
        await dispatch(call())
    assert (await dispatch(call())).data == {"rain": False}


async def test_the_age_counts_from_the_start_of_the_call(clock: Clock) -> None:
    """A slow answer is as old as its question."""
    home = Home()
    dispatch = CachingDispatcher(home.answer_later, ToolResultCache())
    (first,) = await ask(dispatch, 1)
    clock.now += 200
    home.gates[0].set_result(llm.ToolResult(data={}))
    await first
    clock.now += 101
    (again,) = await ask(dispatch, 1)
    assert len(home.calls) == 2
    home.gates[1].set_result(llm.ToolResult(data={}))
    await again


async def test_what_cannot_be_copied_is_not_kept(clock: Clock) -> None:
    """It goes to whoever asked, and nobody else gets it later."""
    lock = Lock()

    async def inner(call: llm.ToolInput) -> llm.ToolResult:
        return llm.ToolResult(data={"lock": lock})  # type: ignore[dict-item]

    cache = ToolResultCache()
    result = await CachingDispatcher(inner, cache)(call())
    assert result.data == {"lock": lock}
    cache.put("forecast", {}, lock)
    assert len(cache) == 0


async def test_counters(clock: Clock) -> None:
    """Hits, misses and the seconds that were saved are counted."""
    home, cache = Home(), ToolResultCache()
    dispatch = CachingDispatcher(home.answer_later, cache, Terms())
    (task,) = await ask(dispatch, 1)
    clock.now += 2.5
    home.gates[0].set_result(llm.ToolResult(data={}))
    await task
    await dispatch(call())
    await dispatch(call())
    statistics = cache.statistics()
    assert (statistics.hits, statistics.misses, statistics.stored) == (2, 1, 1)
    assert statistics.time_saved == 5.0
    assert statistics.entries == 1
    assert statistics.size > 0


async def test_the_log_says_why(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """Miss, store, hit and drop each have a line."""
    caplog.set_level("DEBUG", "custom_components.chatterbox.tools")
    home, cache = Home(), ToolResultCache(max_entries=1)
    dispatch = CachingDispatcher(home.answer, cache, Terms())
    await dispatch(call(type="daily"))
    clock.now += 7
    await dispatch(call(type="daily"))
    cache.put("events", {}, 1)
    cache.touch({"weather.home"}, "test")
    await dispatch(call(type="daily"))
    cache.touch({"weather.home"}, "state of weather.home")
    lines = [
        re.sub(r"\d+ bytes", "# bytes", record.getMessage())
        for record in caplog.records
    ]
    assert [line.split(",")[0] for line in lines] == [
        'Miss forecast {"type":"daily"}',
        'Store forecast {"type":"daily"}: # bytes for 300 s (by default)',
        'Hit forecast {"type":"daily"}',
        "Store events {}: # bytes for 300 s (by default)",
        'Drop forecast {"type":"daily"}: evicted for want of room',
        'Miss forecast {"type":"daily"}',
        'Store forecast {"type":"daily"}: # bytes for 300 s (by default)',
        "Drop events {}: evicted for want of room",
        'Drop forecast {"type":"daily"}: invalidated by state of weather.home',
    ]
    assert "7.0 s old" in lines[2]
