"""Tests for the cache and its dispatcher."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
import re
from threading import Lock
from typing import Any

from homeassistant.helpers import llm
import pytest

from custom_components.chatterbox.tools import cache as cache_module
from custom_components.chatterbox.tools.cache import CachingDispatcher, ToolResultCache
from custom_components.chatterbox.tools.cache_entries import CacheTerms, Change, Entry
from custom_components.chatterbox.tools.cache_key import CacheKey
from custom_components.chatterbox.tools.cache_policy import CachePolicy
from custom_components.chatterbox.tools.errors import error_result
from custom_components.chatterbox.tools.snapshot import Snapshot


class Clock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        """Start somewhere."""
        self.now = 1000.0

    def monotonic(self) -> float:
        """Return the time in seconds."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Give the cache a clock of ours."""
    clock = Clock()
    monkeypatch.setattr(cache_module, "time", clock)
    return clock


def snapshot_of(value: Any) -> Snapshot:
    """Return what an entry holds."""
    snapshot = Snapshot.of(value)
    assert snapshot
    return snapshot


class Home:
    """What calls are answered with, and which were made."""

    def __init__(self) -> None:
        """Start with nothing asked."""
        self.calls: list[dict[str, Any]] = []
        self.gates: list[asyncio.Future[llm.ToolResult]] = []

    async def answer(self, call: llm.ToolInput) -> llm.ToolResult:
        """Answer at once."""
        self.calls.append(call.tool_args)
        return llm.ToolResult(data={"number": len(self.calls)})

    async def answer_later(self, call: llm.ToolInput) -> llm.ToolResult:
        """Answer when the test opens the gate."""
        self.calls.append(call.tool_args)
        self.gates.append(asyncio.get_running_loop().create_future())
        return await self.gates[-1]


@dataclass
class Terms:
    """Terms for every call, by name and arguments."""

    policy: CachePolicy = field(default_factory=lambda: CachePolicy(ttl=300.0))
    depends_on: frozenset[str] = frozenset({"weather.home"})

    async def __call__(self, call: llm.ToolInput) -> CacheTerms:
        """Return the terms of a call."""
        key = CacheKey.of(call.tool_name, call.tool_args)
        return CacheTerms(key, self.policy, self.depends_on)


def call(**args: Any) -> llm.ToolInput:
    """Return a call of the one tool of these tests."""
    return llm.ToolInput("forecast", args)


FORECAST = CachePolicy(
    ttl=300.0, stale_while_revalidate=600.0, stale_if_error=3600.0, outlives_state=True
)


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
    cache.put("forecast", {"a": 4}, "x" * 2000)
    assert cache.get("forecast", {"a": 4}) is None
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


# Single flight.


async def ask(
    dispatch: Callable[[llm.ToolInput], Awaitable[llm.ToolResult]], number: int
) -> list[asyncio.Task[llm.ToolResult]]:
    """Ask the same so many times at once, and let each get as far as it can."""
    tasks = [
        asyncio.get_running_loop().create_task(dispatch(call()))  # type: ignore[arg-type]
        for _ in range(number)
    ]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


async def test_calls_at_the_same_time_are_one(clock: Clock) -> None:
    """Many who ask the same at once get one answer, each a copy of their own."""
    home, cache = Home(), ToolResultCache()
    tasks = await ask(CachingDispatcher(home.answer_later, cache), 10)
    assert len(home.calls) == 1
    home.gates[0].set_result(llm.ToolResult(data={"days": []}))
    results = await asyncio.gather(*tasks)
    results[0].data["days"].append("mine")  # type: ignore[union-attr, arg-type]
    assert all(result.data == {"days": []} for result in results[1:])
    assert cache.statistics().coalesced == 9


@pytest.mark.parametrize("who", [0, 1, 2])
async def test_one_who_is_cancelled_takes_nobody_along(clock: Clock, who: int) -> None:
    """Whoever leaves, the first asker included, the others get their answer."""
    home = Home()
    tasks = await ask(CachingDispatcher(home.answer_later, ToolResultCache()), 3)
    tasks[who].cancel()
    await asyncio.sleep(0)
    home.gates[0].set_result(llm.ToolResult(data={"rain": True}))
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results.pop(who), asyncio.CancelledError)
    assert results == [llm.ToolResult(data={"rain": True})] * 2


async def test_the_last_to_leave_ends_the_call(clock: Clock) -> None:
    """A call for which nobody waits is cancelled, and the next caller makes a new one."""
    home, cache = Home(), ToolResultCache()
    dispatch = CachingDispatcher(home.answer_later, cache)
    tasks = await ask(dispatch, 2)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    (again,) = await ask(dispatch, 1)
    assert home.gates[0].cancelled()
    assert len(home.calls) == 2
    home.gates[1].set_result(llm.ToolResult(data={}))
    await again
    assert cache.flights.of() == []


async def test_a_failure_is_shared_by_those_who_waited(clock: Clock) -> None:
    """All who waited are told; the next one tries again."""
    home = Home()
    dispatch = CachingDispatcher(home.answer_later, ToolResultCache())
    tasks = await ask(dispatch, 3)
    home.gates[0].set_exception(ValueError("broken"))
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(result) for result in results] == ["broken"] * 3
    (again,) = await ask(dispatch, 1)
    home.gates[1].set_result(llm.ToolResult(data={}))
    assert not (await again).error


async def test_a_call_that_hangs_is_not_joined_for_ever(clock: Clock) -> None:
    """After the time of a deadline, the next caller tries for itself."""
    home = Home()
    dispatch = CachingDispatcher(home.answer_later, ToolResultCache())
    (hung,) = await ask(dispatch, 1)
    clock.now += 10
    (other,) = await ask(dispatch, 1)
    assert len(home.calls) == 2
    home.gates[1].set_result(llm.ToolResult(data={"number": 2}))
    assert (await other).data == {"number": 2}
    hung.cancel()
    await asyncio.wait([hung])


async def test_a_tool_that_is_cancelled_inside_is_an_error(clock: Clock) -> None:
    """A cancellation that the caller did not ask for does not cancel the caller."""
    home = Home()
    (task,) = await ask(CachingDispatcher(home.answer_later, ToolResultCache()), 1)
    home.gates[0].cancel()
    assert (await task).error


async def test_what_is_not_kept_is_shared_all_the_same(clock: Clock) -> None:
    """With no TTL for a tool, calls at the same time are one, later ones are made."""
    home, cache = Home(), ToolResultCache()
    terms = Terms(CachePolicy(ttl=0.0))
    dispatch = CachingDispatcher(home.answer_later, cache, terms)
    tasks = await ask(dispatch, 3)
    home.gates[0].set_result(llm.ToolResult(data={}))
    await asyncio.gather(*tasks)
    assert len(home.calls) == 1
    assert len(cache) == 0
    (again,) = await ask(dispatch, 1)
    assert len(home.calls) == 2
    again.cancel()
    await asyncio.wait([again])


async def test_close_ends_what_is_under_way(clock: Clock) -> None:
    """Those who wait are told, and no task is left."""
    home, cache = Home(), ToolResultCache()
    (task,) = await ask(CachingDispatcher(home.answer_later, cache), 1)
    await cache.close()
    assert (await task).error
    assert cache.flights.of() == []


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
        Entry(terms, snapshot_of("old"), clock.now, awaits={"weather.home": "digest"})
    )
    cache.entries.as_it_was = lambda states: False
    assert cache.get("forecast", {}) is None
    cache.touch({"weather.home"}, "set up", Change.NEW_STATE, at_start=True)
    cache.entries.as_it_was = lambda states: states == {"weather.home": "digest"}
    assert cache.get("forecast", {}) == "old"
    cache.touch({"weather.home"}, "changed", Change.NEW_STATE, at_start=True)
    assert cache.get("forecast", {}) is None
