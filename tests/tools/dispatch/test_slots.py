"""How many calls run at once, and that none waits for ever."""

import asyncio

from homeassistant.helpers import llm

from custom_components.chatterbox.tools.dispatch.limits import DispatchOptions

from ..planning.planned import PlannedHome, planned, reads, writes


@planned
async def test_no_more_calls_of_a_turn_are_in_flight_than_chosen(
    home: PlannedHome,
) -> None:
    """The ninth starts as the first ends; calls that touch nothing need no slot."""
    turn = home.turn("eight", DispatchOptions(max_in_flight=8))
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
