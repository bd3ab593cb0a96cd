"""Repeats, cancelled turns and settling, on a clock that does not wait."""

import asyncio

from homeassistant.helpers import llm

from custom_components.chatterbox.tools.dispatch.dispatcher import async_abort_turns

from ..planning.planned import PlannedHome, planned, writes


@planned
async def test_repeats_run_in_their_order(home: PlannedHome) -> None:
    """Off, on, off ends off, and the second finds the lamp as it should be."""
    turn, other = home.turn("one"), home.turn("two")
    plan = writes("a")
    await asyncio.gather(
        turn.call("off", plan, 1), other.call("on", plan, 1), turn.call("off", plan, 1)
    )
    assert home.events[-1] == "off ended"
    assert home.events.count("off began") == 2


@planned
async def test_no_call_starts_in_the_moment_of_the_cancellation(
    home: PlannedHome,
) -> None:
    """The first call ends and lets the second go just as the turn is cancelled."""
    ends = asyncio.Event()

    async def run() -> None:
        turn = home.turn()
        first = turn.call("first", writes("a"), ends.wait)
        turn.call("second", writes("a"), 1)
        await first

    task = home.hass.async_create_task(run())
    await asyncio.sleep(1)
    ends.set()
    task.cancel()
    await asyncio.wait([task])
    await asyncio.sleep(5)
    assert home.events == ["first began", "first ended"]


@planned
async def test_a_turn_that_ends_in_an_exception_starts_nothing_more(
    home: PlannedHome,
) -> None:
    """A stream may break while its calls wait."""

    async def run() -> None:
        turn = home.turn()
        turn.call("first", writes("a"), 5)
        turn.call("second", writes("a"), 5)
        await asyncio.sleep(1)
        raise ValueError

    task = home.hass.async_create_task(run())
    await asyncio.wait([task])
    assert isinstance(task.exception(), ValueError)
    await asyncio.sleep(20)
    assert home.events == ["first began", "first ended"]


@planned
async def test_unloading_aborts_the_owners_turns_and_no_others(
    home: PlannedHome,
) -> None:
    """The writes that have begun are the owner's tasks, so that it can wait for them."""
    mine = home.turn("mine")
    first = mine.call("first", writes("a"), 5)
    second = mine.call("second", writes("a"), 5)
    await asyncio.sleep(1)
    async_abort_turns(home.hass, home.owner)
    assert home.owner.tasks
    assert (await second).error
    await asyncio.wait(home.owner.tasks)
    assert home.hass.loop.time() == 5
    assert not (await first).error
    assert home.events == ["first began", "first ended"]


@planned
async def test_settling_is_bounded_and_says_what_is_under_way(
    home: PlannedHome,
) -> None:
    """What waits to run counts as well as what runs."""
    turn = home.turn()
    calls = [turn.call("one", writes("a"), 2), turn.call("two", writes("a"), 4)]
    settled = await turn.dispatcher.async_settle(3)
    assert home.hass.loop.time() == 3
    assert settled.under_way == ("two({})",)
    settled = await turn.dispatcher.async_settle(9)
    assert home.hass.loop.time() == 6
    assert settled.under_way == ()
    await asyncio.gather(*calls)


@planned
async def test_a_plan_that_cannot_be_made_is_the_whole_home(home: PlannedHome) -> None:
    """The rules ask others' code, which a model's arguments may break."""
    turn = home.turn()
    first = turn.call("first", writes("a"), 1)
    turn._plans = {}
    turn._actions = dict.fromkeys(turn._actions, lambda: asyncio.sleep(0))
    call = llm.ToolInput("second", {}, id="first 0")
    second = home.hass.async_create_task(turn.dispatcher(call))
    await asyncio.gather(first, second)
    assert home.events == ["first began", "first ended", "second began", "second ended"]


@planned
async def test_a_task_that_has_swallowed_a_cancellation_may_have_turns(
    home: PlannedHome,
) -> None:
    """The mark of it stays on the task."""

    async def run() -> llm.ToolResult:
        try:
            await asyncio.sleep(9)
        except asyncio.CancelledError:
            return await home.turn().call("call", writes("a"), 1)
        raise AssertionError

    task = home.hass.async_create_task(run())
    await asyncio.sleep(1)
    task.cancel()
    assert not (await task).error
