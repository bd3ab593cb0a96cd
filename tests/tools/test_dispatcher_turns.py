"""Deadlines, caps, repeats and cancelled turns, on a clock that does not wait."""

import asyncio
from collections.abc import Awaitable, Callable
import logging

from homeassistant.helpers import llm
import pytest

from custom_components.chatterbox.tools.dispatcher import (
    async_abort_turns,
    async_take_report,
)
from custom_components.chatterbox.tools.ledger import (
    async_get_ledger,
    async_observe_writes,
)
from custom_components.chatterbox.tools.limits import DispatchOptions

from .planned import PlannedHome, in_planned_home, reads, writes

type PlannedTest = Callable[[PlannedHome], Awaitable[None]]


def planned(test: PlannedTest) -> Callable[[], None]:
    """Run a test in a planned home."""

    def run() -> None:
        in_planned_home(test)

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


@planned
async def test_a_deadline_is_told_and_the_write_goes_on(home: PlannedHome) -> None:
    """The error says that the call may still complete; what comes late is dropped."""
    turn = home.turn()
    result = await turn.call("slow", writes("a"), 25)
    assert home.hass.loop.time() == 10
    assert result.error
    assert "10 seconds" in result.data["error"]
    assert "may still complete" in result.data["error"]
    assert home.events == ["slow began"]
    await asyncio.sleep(20)
    assert home.events == ["slow began", "slow ended"]
    later = await turn.call("other", writes("b"))
    assert later.data["meanwhile"] == [
        "slow({}), which had passed its deadline, has ended now."
    ]


@planned
async def test_a_service_past_its_deadline_has_not_failed(home: PlannedHome) -> None:
    """It is started and still runs."""
    result = await home.turn().call("slow", writes("a", goes_on=True), 25)
    assert not result.error
    assert result.data["status"] == "started, still running"
    await asyncio.sleep(20)


@planned
async def test_a_read_past_its_deadline_is_given_up(home: PlannedHome) -> None:
    """Nothing is left of it, and what waited for it goes on."""
    turn = home.turn()
    read = turn.call("read", reads("a"), 99)
    write = turn.call("write", writes("a"), 1)
    assert (await read).error
    assert not (await write).error
    assert home.hass.loop.time() == 11
    assert "read cancelled" in home.events
    assert "read ended" not in home.events


@planned
async def test_a_tool_that_swallows_its_cancellation_holds_up_nobody(
    home: PlannedHome,
) -> None:
    """Its result comes when nobody waits for it any more."""

    async def stubborn() -> None:
        try:
            await asyncio.sleep(99)
        except asyncio.CancelledError:
            await asyncio.sleep(99)

    turn = home.turn()
    read = turn.call("read", reads("a"), stubborn)
    write = turn.call("write", writes("a"), 1)
    assert (await read).error
    assert not (await write).error
    assert home.hass.loop.time() == 11
    await asyncio.sleep(99)


@pytest.mark.parametrize(
    "error", [SystemExit(1), GeneratorExit(), asyncio.CancelledError(), KeyError("x")]
)
def test_whatever_a_tool_raises_is_its_result(error: BaseException) -> None:
    """Even what would end the event loop, or looks like a cancelled turn."""

    async def test(home: PlannedHome) -> None:
        async def fail() -> None:
            raise error

        turn = home.turn()
        failing = turn.call("failing", writes("a"), fail)
        working = turn.call("working", writes("a"), 1)
        assert (await failing).error
        assert not (await working).error

    in_planned_home(test)


@planned
async def test_at_most_eight_calls_of_a_turn_are_in_flight(home: PlannedHome) -> None:
    """The ninth starts as the first ends; calls that touch nothing need no slot."""
    turn = home.turn()
    calls = [turn.call(f"call {n}", writes(str(n)), n + 1) for n in range(9)]
    free = turn.call("free", reads(), 0)
    await free
    assert len([event for event in home.events if event.endswith("began")]) == 9
    await asyncio.sleep(0.5)
    assert "call 8 began" not in home.events
    await calls[0]
    await asyncio.sleep(0)
    assert home.events[-1] == "call 8 began"
    await asyncio.gather(*calls)


@planned
async def test_an_integrations_cap_holds_across_turns(home: PlannedHome) -> None:
    """One radio serves all satellites."""
    options = DispatchOptions(integration_caps={"zha": 2})
    turns = [home.turn(str(n), options) for n in range(3)]
    zha = frozenset({"zha"})
    calls = [
        turn.call(f"call {n}", writes(f"light.{n}", integrations=zha), 5)
        for n, turn in enumerate(turns)
    ]
    await asyncio.gather(*calls)
    assert home.hass.loop.time() == 10


@planned
async def test_a_repeated_idempotent_write_runs_once(home: PlannedHome) -> None:
    """Both calls get its result."""
    turn = home.turn()
    plan = writes("a", idempotent=True)
    results = await asyncio.gather(turn.call("on", plan, 1), turn.call("on", plan, 1))
    assert results[0] is results[1]
    assert home.events == ["on began", "on ended"]


@planned
async def test_a_repeat_with_a_conflict_between_runs_again(home: PlannedHome) -> None:
    """Off, on, off ends off, whichever turn the "on" belongs to."""
    turn, other = home.turn("one"), home.turn("two")
    plan = writes("a", idempotent=True)
    calls = [
        turn.call("off", plan, 1),
        other.call("on", writes("a"), 1),
        turn.call("off", plan, 1),
    ]
    await asyncio.gather(*calls)
    assert home.events[-1] == "off ended"
    assert home.events.count("off began") == 2


@planned
async def test_what_is_not_idempotent_runs_as_often_as_asked(home: PlannedHome) -> None:
    """Next track, next track."""
    turn = home.turn()
    await asyncio.gather(*(turn.call("next", writes("a"), 1) for _ in range(3)))
    assert home.events.count("next ended") == 3


@planned
async def test_a_repeat_in_the_next_response_runs_again(home: PlannedHome) -> None:
    """The model has seen the first result, and asks all the same."""
    turn = home.turn()
    plan = writes("a", idempotent=True)
    await turn.call("on", plan, 1)
    turn.dispatcher.begin_response()
    await turn.call("on", plan, 1)
    assert home.events.count("on began") == 2


@planned
async def test_arguments_in_another_order_are_the_same_call(home: PlannedHome) -> None:
    """Word for word, but JSON objects have no order."""
    turn = home.turn()
    plan = writes("a", idempotent=True)
    first = turn.call("on", plan, 1, args={"a": 1, "b": 2})
    second = turn.call("on", plan, 1, args={"b": 2, "a": 1})
    third = turn.call("on", plan, 1, args={"a": 2, "b": 2})
    await asyncio.gather(first, second, third)
    assert home.events.count("on began") == 2


@planned
async def test_two_satellites_are_ordered_by_arrival(home: PlannedHome) -> None:
    """What they say to the same thing; what they say to others does not wait."""
    kitchen, bedroom = home.turn("kitchen"), home.turn("bedroom")
    first = kitchen.call("first", writes("light.a"), 5)
    second = bedroom.call("second", writes("light.a"), 1)
    third = bedroom.call("third", writes("light.b"), 1)
    await third
    assert home.events == ["first began", "third began", "third ended"]
    await asyncio.gather(first, second)
    assert home.events[3:] == ["first ended", "second began", "second ended"]


@planned
async def test_two_satellites_that_cross_do_not_wait_for_each_other(
    home: PlannedHome,
) -> None:
    """Each takes what the other waits for, which locks would not survive."""
    options = DispatchOptions(max_in_flight=1)
    one, two = home.turn("one", options), home.turn("two", options)
    calls = [
        one.call("one a", writes("a"), 1),
        two.call("two b", writes("b"), 1),
        one.call("one b", writes("b"), 1),
        two.call("two a", writes("a"), 1),
    ]
    await asyncio.gather(*calls)
    assert home.hass.loop.time() == 2


@planned
async def test_a_tool_that_talks_to_an_agent_does_not_wait_for_itself(
    home: PlannedHome,
) -> None:
    """What the other agent does to the same thing happens inside the first call."""
    options = DispatchOptions(integration_caps={"zha": 1})
    plan = writes("a", integrations=frozenset({"zha"}))
    outer = home.turn("outer", options)

    async def ask_another_agent() -> llm.ToolResult:
        return await home.turn("inner", options).call("inner", plan, 1)

    result = await outer.call("outer", plan, ask_another_agent)
    assert not result.error
    assert home.hass.loop.time() == 1


@planned
async def test_a_cancelled_turn_leaves_its_write_and_starts_nothing(
    home: PlannedHome,
) -> None:
    """The next turn of the conversation hears what was done and what was not."""

    async def run() -> None:
        turn = home.turn()
        quick = turn.call("quick", writes("b"), 1)
        slow = turn.call("slow", writes("a"), 5, args={"what": "close"})
        turn.call("unlock", writes("a"), 1)
        read = turn.call("read", reads("c"), 9)
        await quick
        await slow
        await read

    task = home.hass.async_create_task(run())
    await asyncio.sleep(2)
    task.cancel()
    await asyncio.wait([task])
    assert async_take_report(home.hass, "another") is None
    report = async_take_report(home.hass, "one")
    assert report == (
        "Your last turn was interrupted. Of its tool calls, done: quick({}); "
        'never started: unlock({}); still under way: slow({"what": "close"})'
        "."
    )
    with home.turn().dispatcher:
        await asyncio.sleep(9)
    assert "unlock began" not in home.events
    assert home.events[-1] == "slow ended"
    assert "read cancelled" in home.events
    assert async_take_report(home.hass, "one") == (
        'slow({"what": "close"}) has ended now.'
    )
    with home.turn().dispatcher:
        pass
    assert async_take_report(home.hass, "one") is None


@planned
async def test_a_report_that_an_interrupted_turn_heard_is_told_again(
    home: PlannedHome,
) -> None:
    """Home Assistant forgets that turn, with all that it was told."""

    async def interrupted() -> None:
        turn = home.turn()
        async_take_report(home.hass, "one")
        await turn.call("slow", writes("a"), 5)

    for _ in range(2):
        task = home.hass.async_create_task(interrupted())
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(9)
    report = async_take_report(home.hass, "one")
    assert report
    assert report.count("Your last turn was interrupted") == 2


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
async def test_observers_hear_of_a_write_until_it_is_really_done(
    home: PlannedHome,
) -> None:
    """Past its deadline too; a read is none of their business."""
    heard: list[str] = []

    class Observer:
        def write_began(self, footprint: object) -> None:
            heard.append(f"began at {home.hass.loop.time():g}")

        def write_ended(self, footprint: object) -> None:
            heard.append(f"ended at {home.hass.loop.time():g}")

    stop = async_observe_writes(home.hass, Observer())
    turn = home.turn()
    await asyncio.gather(
        turn.call("read", reads("a"), 1), turn.call("slow", writes("a"), 25)
    )
    assert heard == ["began at 1"]
    await asyncio.sleep(20)
    assert heard == ["began at 1", "ended at 26"]
    stop()
    await turn.call("unseen", writes("a"), 1)
    assert len(heard) == 2


@planned
async def test_the_ledger_listens_only_while_a_tool_runs(home: PlannedHome) -> None:
    """An idle home pays nothing."""
    turn = home.turn()
    call = turn.call("call", writes("a"), 1)
    assert home.hass.bus.async_listeners()["call_service"] == 1
    await call
    await asyncio.sleep(0)
    assert "call_service" not in home.hass.bus.async_listeners()
    assert not async_get_ledger(home.hass)._unreleased


def test_a_late_result_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """And dropped."""

    async def test(home: PlannedHome) -> None:
        await home.turn().call("slow", writes("a"), 25)
        await asyncio.sleep(20)

    with caplog.at_level(logging.INFO):
        in_planned_home(test)
    assert caplog.text.count("its result is dropped") == 1


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
async def test_an_observer_that_fails_keeps_no_write_from_its_end(
    home: PlannedHome,
) -> None:
    """Its bug is its own."""

    class Observer:
        def write_began(self, footprint: object) -> None:
            raise KeyError

        write_ended = write_began

    async_observe_writes(home.hass, Observer())
    turn = home.turn()
    results = await asyncio.gather(
        turn.call("one", writes("a"), 1), turn.call("two", writes("a"), 1)
    )
    assert not any(result.error for result in results)


@planned
async def test_a_result_that_is_no_object_is_not_lost(home: PlannedHome) -> None:
    """Not even where something has to be told with it."""

    async def answer() -> llm.ToolResult:
        return llm.ToolResult(["milk", "eggs"])

    turn = home.turn()
    await turn.call("slow", writes("a"), 11)
    await asyncio.sleep(2)
    result = await turn.call("list", writes("b"), answer)
    assert result.data["result"] == ["milk", "eggs"]
    assert result.data["meanwhile"]


@planned
async def test_a_report_that_no_turn_has_heard_is_told_again(home: PlannedHome) -> None:
    """A turn may fail before it asks its model."""

    async def interrupted() -> None:
        await home.turn().call("slow", writes("a"), 5)

    task = home.hass.async_create_task(interrupted())
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.wait([task])
    await asyncio.sleep(9)
    report = async_take_report(home.hass, "one")
    assert report
    assert async_take_report(home.hass, "one") == report
    with home.turn().dispatcher:
        pass
    assert async_take_report(home.hass, "one") is None


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
