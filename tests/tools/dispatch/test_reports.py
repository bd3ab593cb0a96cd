"""What the next turn hears of one that was cut short."""

import asyncio

from custom_components.chatterbox.tools.dispatch.dispatcher import async_take_report

from ..planning.planned import PlannedHome, planned, reads, writes


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
