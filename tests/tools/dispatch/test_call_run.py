"""Calls that take too long, fail in odd ways, or return odd things."""

import asyncio
import logging

from homeassistant.helpers import llm
import pytest

from ..planning.planned import PlannedHome, in_planned_home, planned, reads, writes


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


def test_a_late_result_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """And dropped."""

    async def test(home: PlannedHome) -> None:
        await home.turn().call("slow", writes("a"), 25)
        await asyncio.sleep(20)

    with caplog.at_level(logging.INFO):
        in_planned_home(test)
    assert caplog.text.count("its result is dropped") == 1


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
