"""Home Assistant stops in the middle of a turn."""

import asyncio

from homeassistant.core import CoreState
import pytest

from ..planning.planned import PlannedHome, in_planned_home, planned, reads, writes


@pytest.mark.parametrize("tick", range(40))
def test_a_write_that_runs_is_waited_for_and_no_other_begins(tick: int) -> None:
    """Close, unlock: the close ends and the unlock never begins, whenever it stops."""

    async def test(home: PlannedHome) -> None:
        hass = home.hass
        hass.set_state(CoreState.running)
        turn = home.turn()
        close = turn.call("close", writes("a"), 2)
        unlock = turn.call("unlock", writes("a"), 1)
        for _ in range(tick):
            await asyncio.sleep(0.1 if tick % 2 else 0)
        begun = list(home.events)
        stop = asyncio.ensure_future(hass.async_stop(force=True))
        await asyncio.sleep(0)
        other = home.turn("two").call("other", writes("b"), 1)
        await asyncio.wait([stop, close, unlock, other])
        new = home.events[len(begun) :]
        assert not [event for event in new if event.endswith("began")], new
        for event in begun:
            if event.endswith("began"):
                assert event.replace("began", "ended") in home.events
        assert "close cancelled" not in home.events

    in_planned_home(test)


@planned
async def test_reads_are_given_up_at_once(home: PlannedHome) -> None:
    """Nobody waits for an answer any more."""
    home.hass.set_state(CoreState.running)
    read = home.turn().call("read", reads("a"), 60)
    await asyncio.sleep(1)
    await home.hass.async_stop(force=True)
    assert home.hass.loop.time() < 2
    assert (await read).error


@planned
async def test_a_write_that_hangs_does_not_hold_up_the_stop(home: PlannedHome) -> None:
    """Home Assistant gives its jobs 20 seconds."""
    home.hass.set_state(CoreState.running)
    write = home.turn().call("write", writes("a"), 60)
    await asyncio.sleep(1)
    stop = asyncio.ensure_future(home.hass.async_stop(force=True))
    await asyncio.sleep(18)
    assert home.hass.state is not CoreState.running
    await asyncio.wait([write, stop])
    await asyncio.sleep(60)
