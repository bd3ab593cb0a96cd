"""Tests for what becomes of a result: changed, old, from before a restart."""

import asyncio

from homeassistant.helpers import llm
import pytest

from custom_components.chatterbox.tools.cache.cache import (
    CachingDispatcher,
    ToolResultCache,
)
from custom_components.chatterbox.tools.cache.entries import (
    CacheKey,
    CacheTerms,
    Change,
    Entry,
)
from custom_components.chatterbox.tools.cache.policy import CachePolicy
from custom_components.chatterbox.tools.calls import error_result

from .caching import FORECAST, Clock, Home, Terms, ask, call, snapshot_of

# Writes and changes.


async def test_a_change_drops_what_depends_on_it(clock: Clock) -> None:
    """The entry goes, and those of other entities stay."""
    home, cache = Home(), ToolResultCache()
    await CachingDispatcher(home.answer, cache, Terms())(call())
    cache.touch({"weather.other"}, "test")
    assert len(cache) == 1
    cache.touch({"weather.home"}, "test")
    assert len(cache) == 0


@pytest.mark.parametrize("resource", ["weather.home", "weather.*", "*"])
async def test_a_fill_that_began_before_a_write_is_not_kept(
    clock: Clock, resource: str
) -> None:
    """Its caller gets it, nobody else does, and nobody joins it after the write."""
    home, cache = Home(), ToolResultCache()
    dispatch = CachingDispatcher(home.answer_later, cache, Terms())
    (before,) = await ask(dispatch, 1)
    cache.touch({resource}, "test")
    (after,) = await ask(dispatch, 1)
    assert len(home.calls) == 2
    home.gates[0].set_result(llm.ToolResult(data={"number": 1}))
    assert (await before).data == {"number": 1}
    assert len(cache) == 0
    home.gates[1].set_result(llm.ToolResult(data={"number": 2}))
    assert (await after).data == {"number": 2}
    assert len(cache) == 1


async def test_nothing_is_kept_while_it_is_being_written(clock: Clock) -> None:
    """Neither kept nor shared from the write's beginning to its end."""
    home, cache = Home(), ToolResultCache()
    dispatch = CachingDispatcher(home.answer, cache, Terms())
    cache.holds.write_began({"weather.*"})
    cache.holds.write_began({"weather.*"})
    await dispatch(call())
    cache.holds.write_ended({"weather.*"})
    await dispatch(call())
    assert len(cache) == 0
    cache.holds.write_ended({"weather.*"})
    await dispatch(call())
    assert len(home.calls) == 3
    assert len(cache) == 1


async def test_nothing_is_kept_that_began_within_a_hold(clock: Clock) -> None:
    """What began in the hold and ended after it is not kept."""
    home, cache = Home(), ToolResultCache()
    dispatch = CachingDispatcher(home.answer_later, cache, Terms())
    cache.hold({"weather.home"}, 10.0)
    clock.now += 9
    (within,) = await ask(dispatch, 1)
    clock.now += 2
    home.gates[0].set_result(llm.ToolResult(data={}))
    await within
    assert len(cache) == 0
    (later,) = await ask(dispatch, 1)
    home.gates[1].set_result(llm.ToolResult(data={}))
    await later
    assert len(cache) == 1


@pytest.mark.parametrize("drop", ["clear", "invalidate"])
async def test_dropping_by_hand_holds_for_calls_under_way(
    clock: Clock, drop: str
) -> None:
    """A fill that began before the user's wish is not kept."""
    home, cache = Home(), ToolResultCache()
    (task,) = await ask(CachingDispatcher(home.answer_later, cache, Terms()), 1)
    cache.clear() if drop == "clear" else cache.invalidate("forecast")
    home.gates[0].set_result(llm.ToolResult(data={}))
    await task
    assert len(cache) == 0


# Old results that say so.


async def test_stale_while_revalidate(clock: Clock) -> None:
    """In the window the old answer comes at once, and a new one is fetched behind it."""
    home, cache = Home(), ToolResultCache()
    await CachingDispatcher(home.answer, cache, Terms(FORECAST))(call())
    clock.now += 420
    later = CachingDispatcher(home.answer_later, cache, Terms(FORECAST))
    old, again = [await task for task in await ask(later, 2)]
    assert old.data["number"] == again.data["number"] == 1
    assert old.data["stale"]["age_minutes"] == 7  # type: ignore[index, call-overload]
    assert len(home.calls) == 2
    home.gates[0].set_result(llm.ToolResult(data={"number": 2}))
    await asyncio.wait([flight.task for flight in cache.flights.of()])
    assert (await later(call())).data == {"number": 2}
    assert cache.statistics().stale_served == 2


async def test_past_the_window_the_caller_waits(clock: Clock) -> None:
    """An answer too old to be served is fetched first."""
    home, cache = Home(), ToolResultCache()
    dispatch = CachingDispatcher(home.answer, cache, Terms(FORECAST))
    await dispatch(call())
    clock.now += 901
    assert (await dispatch(call())).data == {"number": 2}


async def test_a_refresh_outlives_its_asker(clock: Clock) -> None:
    """One who joins the refresh and leaves does not end it."""
    home, cache = Home(), ToolResultCache()
    await CachingDispatcher(home.answer, cache, Terms(FORECAST))(call())
    clock.now += 301
    later = CachingDispatcher(home.answer_later, cache, Terms(FORECAST))
    await later(call())
    (flight,) = cache.flights.of()
    cache.entries.drop(cache.entries.all()[0], "test")
    (joined,) = await ask(later, 1)
    joined.cancel()
    await asyncio.wait([joined])
    home.gates[0].set_result(llm.ToolResult(data={"number": 2}))
    await asyncio.wait([flight.task])
    assert (await later(call())).data == {"number": 2}


@pytest.mark.parametrize("raises", [True, False])
async def test_stale_if_error(clock: Clock, raises: bool) -> None:
    """An old answer stands in for a failure for an hour, with its age and the error."""
    home, cache = Home(), ToolResultCache()
    await CachingDispatcher(home.answer, cache, Terms(FORECAST))(call())
    clock.now += 2400

    async def down(call: llm.ToolInput) -> llm.ToolResult:
        if raises:
            raise ValueError("service is down")
        return error_result("service is down")

    dispatch = CachingDispatcher(down, cache, Terms(FORECAST))
    result = await dispatch(call())
    assert not result.error
    assert result.data["number"] == 1
    stale = result.data["stale"]
    assert stale["age_minutes"] == 40  # type: ignore[index, call-overload]
    assert "service is down" in stale["reason"]  # type: ignore[index, call-overload, operator]
    clock.now += 1201
    if raises:
        with pytest.raises(ValueError, match="down"):
            await dispatch(call())
    else:
        assert (await dispatch(call())).error


@pytest.mark.parametrize(
    ("change", "outlives_state", "stands_in"),
    [
        pytest.param(Change.WRITTEN, True, False, id="written"),
        pytest.param(Change.NEW_STATE, True, True, id="state, true of its time"),
        pytest.param(Change.NEW_STATE, False, False, id="state"),
        pytest.param(Change.UNAVAILABLE, False, True, id="unavailable"),
    ],
)
async def test_what_may_stand_in_after_a_change(
    clock: Clock, change: Change, outlives_state: bool, stands_in: bool
) -> None:
    """After a change nothing is served as it was; little may stand in for an error."""
    home, cache = Home(), ToolResultCache()
    policy = CachePolicy(
        ttl=300.0,
        stale_while_revalidate=600.0,
        stale_if_error=3600.0,
        outlives_state=outlives_state,
    )
    dispatch = CachingDispatcher(home.answer, cache, Terms(policy))
    await dispatch(call())
    cache.touch({"weather.home"}, "test", change)

    async def down(call: llm.ToolInput) -> llm.ToolResult:
        return error_result("down")

    result = await CachingDispatcher(down, cache, Terms(policy))(call())
    assert result.error is not stands_in
    assert (await dispatch(call())).data == {"number": 2}


async def test_the_shorter_ttl_holds(clock: Clock) -> None:
    """Neither what was kept for shorter nor what is wanted newer is served too old."""
    home, cache = Home(), ToolResultCache()
    short = CachingDispatcher(home.answer, cache, Terms(CachePolicy(ttl=60.0)))
    long = CachingDispatcher(home.answer, cache, Terms(CachePolicy(ttl=300.0)))
    await long(call())
    clock.now += 100
    assert (await short(call())).data == {"number": 2}
    clock.now += 100
    assert (await long(call())).data == {"number": 3}


def test_entries_from_before_a_restart_wait_until_they_are_confirmed(
    clock: Clock,
) -> None:
    """They are served only once what they depend on is again as it was."""
    cache = ToolResultCache()
    terms = CacheTerms(
        CacheKey.of("forecast", {}),
        CachePolicy(ttl=300.0),
        frozenset({"weather.home"}),
    )
    cache.keep(
        Entry(
            terms,
            snapshot_of("old"),
            clock.now,
            unverified_states={"weather.home": "digest"},
        )
    )
    cache.entries.as_it_was = lambda states: False
    assert cache.get("forecast", {}) is None
    cache.touch({"weather.home"}, "set up", Change.NEW_STATE, at_start=True)
    cache.entries.as_it_was = lambda states: states == {"weather.home": "digest"}
    assert cache.get("forecast", {}) == "old"
    cache.touch({"weather.home"}, "changed", Change.NEW_STATE, at_start=True)
    assert cache.get("forecast", {}) is None
