"""Tests for one call that many wait for."""

import asyncio

from homeassistant.helpers import llm
import pytest

from custom_components.chatterbox.tools.cache import single_flight
from custom_components.chatterbox.tools.cache.cache import (
    CachingDispatcher,
    ToolResultCache,
)
from custom_components.chatterbox.tools.cache.policy import CachePolicy

from .caching import Clock, Home, Terms, ask


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


async def test_a_call_that_took_long_brings_back_nothing_older(clock: Clock) -> None:
    """What was asked later is kept, whichever answer comes last."""
    home, cache = Home(), ToolResultCache()
    dispatch = CachingDispatcher(home.answer_later, cache)
    (slow,) = await ask(dispatch, 1)
    clock.now += 10
    (quick,) = await ask(dispatch, 1)
    home.gates[1].set_result(llm.ToolResult(data={"number": 2}))
    await quick
    home.gates[0].set_result(llm.ToolResult(data={"number": 1}))
    assert (await slow).data == {"number": 1}
    assert cache.get("forecast", {}).data == {"number": 2}


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


async def test_close_waits_for_no_call_that_will_not_end(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tool is anybody's code and may not let itself be cancelled."""
    monkeypatch.setattr(single_flight, "ENDING", 0.01)
    release = asyncio.Event()

    async def stubborn(call: llm.ToolInput) -> llm.ToolResult:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        return llm.ToolResult(data={})

    cache = ToolResultCache()
    (task,) = await ask(CachingDispatcher(stubborn, cache), 1)
    await cache.close()
    assert not task.done()
    release.set()
    assert (await task).data == {}
    assert len(cache) == 0


async def test_a_call_inside_one_that_is_shared_joins_none(clock: Clock) -> None:
    """It would wait for itself, or for one that waits for it."""
    cache = ToolResultCache()
    depth = 0

    async def ask_again(call: llm.ToolInput) -> llm.ToolResult:
        nonlocal depth
        depth += 1
        if depth < 3:
            return await asyncio.wait_for(dispatcher(call), 5)
        return llm.ToolResult({"depth": depth})

    dispatcher = CachingDispatcher(ask_again, cache)
    result = await asyncio.wait_for(dispatcher(llm.ToolInput("agent", {})), 5)
    assert result.data == {"depth": 3}
