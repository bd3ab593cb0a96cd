"""Which service calls are a tool's own, and which only come of them."""

import asyncio
from typing import Any

from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_setup_component
import pytest

from ..demo_intents import demo_entity, hold, intent_tool
from .dispatching import BOTH, OURS, Turn, quiet


@BOTH
@pytest.mark.usefixtures("demo_home")
async def test_a_lock_and_a_cover_are_waited_for_too(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, dispatch: str
) -> None:
    """Their service calls run in tasks without the name that other intents give."""
    cover = demo_entity(hass, "cover.kitchen_window")
    done: list[str] = []

    async def close(**kwargs: Any) -> None:
        await gate.wait()
        done.append("closed")

    async def open_(**kwargs: Any) -> None:
        done.append("opened")

    gate = asyncio.Event()
    monkeypatch.setattr(cover, "async_close_cover", close)
    monkeypatch.setattr(cover, "async_open_cover", open_)
    turn = Turn(
        hass,
        [intent_tool(hass, "HassTurnOff"), intent_tool(hass, "HassTurnOn")],
        dispatch,
    )
    running = asyncio.ensure_future(
        turn.run(
            ("HassTurnOff", {"name": "Kitchen Window"}),
            ("HassTurnOn", {"name": "Kitchen Window"}),
        )
    )
    await quiet()
    gate.set()
    await running
    await hass.async_block_till_done()
    expected = ["closed", "opened"]
    assert done == (expected if dispatch == OURS else expected[::-1])


@pytest.mark.usefixtures("demo_home")
async def test_an_automation_that_a_write_sets_off_is_not_waited_for(
    hass: HomeAssistant,
) -> None:
    """A light that turns itself off after five minutes stalls no later call."""
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "triggers": {
                    "trigger": "state",
                    "entity_id": "light.bed_light",
                    "to": "on",
                },
                "actions": [
                    {
                        "action": "light.turn_on",
                        "target": {"entity_id": "light.ceiling_lights"},
                    },
                    {"delay": "00:05:00"},
                    {
                        "action": "light.turn_off",
                        "target": {"entity_id": "light.bed_light"},
                    },
                ],
            }
        },
    )
    turn = Turn(
        hass,
        [intent_tool(hass, "HassTurnOff"), intent_tool(hass, "HassTurnOn")],
    )
    results = await turn.run(
        ("HassTurnOn", {"name": "Bed Light"}),
        ("HassTurnOff", {"name": "Bed Light"}),
        ("HassTurnOn", {"name": "Bed Light"}),
    )
    assert hass.states.get("automation.automation_0").attributes["current"] == 1
    assert hass.states.get("light.bed_light").state == "on"
    assert not any("order" in result.data for result in results)
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "all"}, blocking=True
    )


@pytest.mark.usefixtures("demo_home")
async def test_a_listener_that_a_write_sets_off_is_not_waited_for(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even one that passes on the context of the call, as good listeners do."""
    ceiling = demo_entity(hass, "light.ceiling_lights")
    gate = hold(monkeypatch, ceiling, "async_turn_off")

    async def follow(context: Context) -> None:
        await hass.services.async_call(
            "light",
            "turn_off",
            {"entity_id": "light.ceiling_lights"},
            context=context,
            blocking=True,
        )

    @callback
    def changed(event: Event) -> None:
        hass.async_create_task(follow(event.context))
        hass.async_create_task(
            hass.services.async_call(
                "light",
                "turn_off",
                {"entity_id": "light.ceiling_lights"},
                context=event.context,
                blocking=True,
            )
        )

    async_track_state_change_event(hass, "light.bed_light", changed)
    turn = Turn(
        hass, [intent_tool(hass, "HassTurnOff"), intent_tool(hass, "HassTurnOn")]
    )
    await turn.run(
        ("HassTurnOn", {"name": "Bed Light"}), ("HassTurnOff", {"name": "Bed Light"})
    )
    assert hass.states.get("light.bed_light").state == "off"
    assert hass.states.get("light.ceiling_lights").state == "on"
    gate.set()
    await hass.async_block_till_done()
