"""The order of calls in the whole home, and who hears of writes."""

import asyncio

from custom_components.chatterbox.tools.dispatch.ledger import (
    async_get_ledger,
    async_observe_writes,
)

from ..planning.planned import PlannedHome, planned, reads, writes


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
async def test_the_ledger_listens_only_while_a_tool_runs(home: PlannedHome) -> None:
    """An idle home pays nothing."""
    turn = home.turn()
    call = turn.call("call", writes("a"), 1)
    assert home.hass.bus.async_listeners()["call_service"] == 1
    await call
    await asyncio.sleep(0)
    assert "call_service" not in home.hass.bus.async_listeners()
    assert not async_get_ledger(home.hass)._unreleased
