"""Results say what failed, and what is still under way."""

import asyncio

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import (
    async_expose_entity,
)
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import intent, llm
from homeassistant.setup import async_setup_component
import pytest

from custom_components.chatterbox.tools.reply_tool import needs_look
from custom_components.chatterbox.tools.services.catalog import async_get_catalog

from ..demo_intents import break_down, demo_entity, hold, intent_tool
from ..planning.planned import PlannedHome, planned, reads, writes
from .dispatching import BOTH, CORE, Turn, quiet


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
@pytest.mark.parametrize("way", ["intent", "service"])
async def test_a_script_that_fails_at_once_is_told(
    hass: HomeAssistant, way: str
) -> None:
    """Nobody waits for it, so nobody sees it fail but us."""
    # The script's task is nobody's: Home Assistant complains of what it raised.
    hass.loop.set_exception_handler(lambda *_: None)

    async def unlock(call: ServiceCall) -> None:
        raise HomeAssistantError("jammed")

    hass.services.async_register("lock", "unlock", unlock)
    step = {"action": "lock.unlock", "target": {"entity_id": "lock.gate"}}
    assert await async_setup_component(
        hass, "script", {"script": {"open_gate": {"sequence": [step]}}}
    )
    async_expose_entity(hass, conversation.DOMAIN, "script.open_gate", True)
    if way == "intent":
        tool: llm.Tool = intent_tool(hass, "HassTurnOn")
    else:
        (tool,) = await async_get_catalog(hass).async_get_tools(
            ["homeassistant.turn_on"], conversation.DOMAIN
        )
    turn = Turn(hass, [tool])
    (result,) = await turn.run((tool.name, {"name": "open_gate"}))
    assert "jammed" in str(result.data)
    assert needs_look(tool, result)


@planned
async def test_a_state_that_does_not_come_in_time_is_said(home: PlannedHome) -> None:
    """The wait for it is bounded, so what is read may be old."""
    home.hass.states.async_set("light.a", "off", {"friendly_name": "Lamp"})
    turn = home.turn()
    await asyncio.sleep(1)
    await turn.call("on", writes("light.a"), 1)
    result = await turn.call("read", reads("light.a"), 1)
    assert "Lamp" in result.data["may_be_old"]
    await asyncio.sleep(5)
    assert "may_be_old" not in (await turn.call("read", reads("light.a"), 1)).data
