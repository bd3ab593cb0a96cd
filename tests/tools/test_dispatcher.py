"""What goes wrong when a response's calls are merely started together, and does not here."""

import asyncio
from typing import Any

from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import intent, llm
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_setup_component
import pytest

from .demo_intents import break_down, demo_entity, hold, intent_tool
from .dispatching import CORE, OURS, FakeTool, Turn, quiet

BOTH = pytest.mark.parametrize("dispatch", [CORE, OURS])


@BOTH
@pytest.mark.usefixtures("demo_home")
async def test_off_then_on_ends_on(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, dispatch: str
) -> None:
    """A slow "turn off" before a fast "turn on" of the same light."""
    gate = hold(
        monkeypatch, demo_entity(hass, "light.kitchen_lights"), "async_turn_off"
    )
    turn = Turn(
        hass,
        [intent_tool(hass, "HassTurnOff"), intent_tool(hass, "HassTurnOn")],
        dispatch,
    )
    running = asyncio.ensure_future(
        turn.run(
            ("HassTurnOff", {"name": "Kitchen Lights"}),
            ("HassTurnOn", {"name": "Kitchen Lights"}),
        )
    )
    await quiet()
    gate.set()
    await running
    await hass.async_block_till_done()
    ends = hass.states.get("light.kitchen_lights").state
    assert ends == ("on" if dispatch == OURS else "off")


@BOTH
@pytest.mark.usefixtures("demo_home")
async def test_off_on_off_ends_off(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, dispatch: str
) -> None:
    """The third call repeats the first word for word, and is not dropped for it."""
    gate = hold(monkeypatch, demo_entity(hass, "light.kitchen_lights"), "async_turn_on")
    turn = Turn(
        hass,
        [
            intent_tool(hass, "HassTurnOff", idempotent=True),
            intent_tool(hass, "HassTurnOn"),
        ],
        dispatch,
    )
    running = asyncio.ensure_future(
        turn.run(
            ("HassTurnOff", {"name": "Kitchen Lights"}),
            ("HassTurnOn", {"name": "Kitchen Lights"}),
            ("HassTurnOff", {"name": "Kitchen Lights"}),
        )
    )
    await quiet()
    gate.set()
    await running
    await hass.async_block_till_done()
    ends = hass.states.get("light.kitchen_lights").state
    assert ends == ("off" if dispatch == OURS else "on")


@BOTH
async def test_three_additions_to_a_list_keep_three_items(
    hass: HomeAssistant, dispatch: str
) -> None:
    """A list that is read, changed and written as a whole."""
    stored: list[str] = []

    async def add(args: dict[str, Any]) -> None:
        items = list(stored)
        await asyncio.sleep(0)
        stored[:] = [*items, args["item"]]

    turn = Turn(hass, [FakeTool("add", add, integration="todo")], dispatch)
    await turn.run(*(("add", {"item": item}) for item in ("milk", "eggs", "tea")))
    assert stored == (["milk", "eggs", "tea"] if dispatch == OURS else ["tea"])


@BOTH
async def test_an_exception_harms_no_other_call(
    hass: HomeAssistant, dispatch: str
) -> None:
    """One tool's KeyError, beside one that still runs."""
    gate = asyncio.Event()
    ended: list[str] = []

    async def fails(args: dict[str, Any]) -> None:
        raise KeyError("brightness")

    async def works(args: dict[str, Any]) -> None:
        await gate.wait()
        ended.append("works")

    turn = Turn(
        hass,
        [
            FakeTool("fails", fails, integration="one"),
            FakeTool("works", works, integration="two"),
        ],
        dispatch,
    )
    running = asyncio.ensure_future(turn.run(("fails", {}), ("works", {})))
    await quiet()
    if dispatch == CORE:
        with pytest.raises(KeyError):
            await running
        assert not ended, "core leaves the turn while the other call runs"
        gate.set()
        await hass.async_block_till_done()
        return
    gate.set()
    failed, worked = await running
    assert failed.error
    assert "brightness" in failed.data["error"]
    assert worked.data == {"ok": True}


@BOTH
async def test_no_call_starts_after_the_turn_is_cancelled(
    hass: HomeAssistant, dispatch: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The first call goes on, the second, "unlock", must not come after it."""
    gate = asyncio.Event()
    done: list[str] = []

    async def act(args: dict[str, Any]) -> None:
        await gate.wait()
        done.append(args["what"])

    turn = Turn(hass, [FakeTool("act", act, integration="lock")], dispatch)
    running = asyncio.ensure_future(
        turn.run(("act", {"what": "close"}), ("act", {"what": "unlock"}))
    )
    await quiet()
    running.cancel()
    await quiet()
    assert running.cancelled()
    gate.set()
    await hass.async_block_till_done()
    # Core tears the first apart and lets the second run to its end.
    assert done == (["close"] if dispatch == OURS else ["unlock"])


@BOTH
@pytest.mark.usefixtures("demo_home")
async def test_a_result_says_what_is_still_under_way(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, dispatch: str
) -> None:
    """An intent returns after 0.2 seconds, whether or not the light is on by then."""
    light = demo_entity(hass, "light.bed_light")
    gate = hold(monkeypatch, light, "async_turn_on")
    turn = Turn(hass, [intent_tool(hass, "HassTurnOn")], dispatch)
    (result,) = await turn.run(("HassTurnOn", {"name": "Bed Light"}))
    assert hass.states.get("light.bed_light").state == "off"
    succeeded = [target["name"] for target in result.data["data"]["success"]]
    gate.set()
    await hass.async_block_till_done()
    if dispatch == CORE:
        assert succeeded == ["Bed Light"]
        return
    assert succeeded == []
    assert result.data["still_under_way"] == ["Bed Light"]


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
async def test_a_failure_after_the_intent_has_returned_is_told_and_logged_once(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Core reports success and loses the exception."""
    light = demo_entity(hass, "light.bed_light")
    gate = hold(monkeypatch, light, "async_turn_on", HomeAssistantError("no answer"))
    turn = Turn(hass, [intent_tool(hass, "HassTurnOn")])
    (result,) = await turn.run(("HassTurnOn", {"name": "Bed Light"}))
    assert result.data["still_under_way"] == ["Bed Light"]
    gate.set()
    settled = await turn.dispatcher.async_settle(5)
    assert len(settled.failed) == 1
    assert "Bed Light" in settled.failed[0]
    assert "no answer" in settled.failed[0]
    assert not settled.under_way
    assert caplog.text.count("no answer") == 1
    assert "never retrieved" not in caplog.text


@pytest.mark.usefixtures("demo_home")
async def test_a_late_failure_is_told_with_the_next_result(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model hears of it as long as the turn is on."""
    light = demo_entity(hass, "light.bed_light")
    gate = hold(monkeypatch, light, "async_turn_on", HomeAssistantError("no answer"))
    turn = Turn(hass, [intent_tool(hass, "HassTurnOn")])
    await turn.run(("HassTurnOn", {"name": "Bed Light"}))
    gate.set()
    await quiet()
    (result,) = await turn.respond(("HassTurnOn", {"name": "Ceiling Lights"}))
    assert "no answer" in result.data["meanwhile"][0]
    (result,) = await turn.respond(("HassTurnOn", {"name": "Ceiling Lights"}))
    assert "meanwhile" not in result.data


@BOTH
@pytest.mark.usefixtures("demo_home")
async def test_an_area_of_which_one_lamp_fails(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, dispatch: str
) -> None:
    """Core pairs names with outcomes by order of completion, and so names the wrong."""
    break_down(
        monkeypatch,
        demo_entity(hass, "light.ceiling_lights"),
        "async_turn_on",
        HomeAssistantError("no answer"),
    )
    monkeypatch.setattr(intent.DynamicServiceIntentHandler, "service_timeout", 5)
    gate = hold(monkeypatch, demo_entity(hass, "light.kitchen_lights"), "async_turn_on")
    turn = Turn(hass, [intent_tool(hass, "HassTurnOn")], dispatch)
    running = asyncio.ensure_future(
        turn.run(("HassTurnOn", {"area": "Kitchen", "domain": "light"}))
    )
    await quiet()
    gate.set()
    (result,) = await running
    lists = result.data["data"]
    failed = [target["id"] for target in lists["failed"]]
    succeeded = [(target["type"], target["name"]) for target in lists["success"]]
    if dispatch == CORE:
        assert ("area", "Kitchen") in succeeded
        return
    assert failed == ["light.ceiling_lights"]
    assert succeeded == [("entity", "Kitchen Lights")]
    assert result.data["warning"] == ("1 of 2 failed: Ceiling Lights (no answer).")
    assert isinstance(result.data, llm.IntentResponseDict)
    assert result.data.original


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
