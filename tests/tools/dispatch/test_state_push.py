"""A read after a write sees what the device pushes after the service has returned."""

import asyncio
from typing import Any, override

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.homeassistant.llm import GetLiveContextTool
from homeassistant.components.script.llm import ScriptTool
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import intent, llm
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.typing import VolDictType
from homeassistant.setup import async_setup_component
import pytest

from custom_components.chatterbox.tools.dispatch import ledger

from ..demo_intents import break_down, demo_entity, intent_tool
from .dispatching import CORE, OURS, Turn, quiet

BED, CEILING = "light.bed_light", "light.ceiling_lights"
TURN_ON = ("HassTurnOn", {"name": "Bed Light"})
LOOK = ("homeassistant__GetLiveContext", {"name": "Bed Light"})


@pytest.fixture
def bed(
    hass: HomeAssistant, demo_home: None, monkeypatch: pytest.MonkeyPatch
) -> Entity:
    """Give a light whose service returns before its state changes."""
    light = demo_entity(hass, BED)

    async def turn_on(**kwargs: Any) -> None:
        """Send the command and return."""

    monkeypatch.setattr(light, "async_turn_on", turn_on)
    return light


def push(light: Entity, state: bool) -> None:
    """Let the device tell its state."""
    light._attr_is_on = state
    light.async_write_ha_state()


def turn(hass: HomeAssistant, dispatch: str = OURS) -> Turn:
    """Return a turn with the tools of these tests."""
    return Turn(hass, [intent_tool(hass, "HassTurnOn"), GetLiveContextTool()], dispatch)


@pytest.mark.parametrize("dispatch", [CORE, OURS])
async def test_a_read_waits_for_the_pushed_state(
    hass: HomeAssistant, bed: Entity, dispatch: str
) -> None:
    """Core's sees the light as it was."""
    running = asyncio.ensure_future(turn(hass, dispatch).run(TURN_ON, LOOK))
    await quiet()
    assert running.done() is (dispatch == CORE)
    push(bed, True)
    _, seen = await running
    expected = "on" if dispatch == OURS else "off"
    assert f"state: '{expected}'" in seen.data["result"]


async def test_a_change_for_another_reason_is_not_waited_for(
    hass: HomeAssistant, bed: Entity
) -> None:
    """The state must come of the write: it has the context of the call."""
    running = asyncio.ensure_future(turn(hass).run(TURN_ON, LOOK))
    await quiet()
    bed.async_set_context(Context())
    bed._attr_brightness = 17
    push(bed, False)
    await quiet()
    assert not running.done()
    running.cancel()
    await quiet()


async def test_the_wait_is_bounded(
    hass: HomeAssistant, bed: Entity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some devices never tell."""
    monkeypatch.setattr(ledger, "STATE_PUSH", 0.01)
    _, seen = await turn(hass).run(TURN_ON, LOOK)
    assert "state: 'off'" in seen.data["result"]


async def test_a_state_that_is_reported_unchanged_is_enough(
    hass: HomeAssistant, bed: Entity
) -> None:
    """The light was on already."""
    push(bed, True)
    running = asyncio.ensure_future(turn(hass).run(TURN_ON, LOOK))
    await quiet()
    assert not running.done()
    push(bed, True)
    await running


async def test_nobody_waits_for_a_write_that_failed(
    hass: HomeAssistant, bed: Entity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its state will not come."""
    break_down(monkeypatch, bed, "async_turn_on", HomeAssistantError("no answer"))
    running = asyncio.ensure_future(turn(hass).run(TURN_ON, LOOK))
    await quiet()
    assert running.done()
    assert running.result()[0].error


async def test_reads_of_other_things_do_not_wait(
    hass: HomeAssistant, bed: Entity
) -> None:
    """Nor does the next write to the same."""
    look_away = ("homeassistant__GetLiveContext", {"name": "Ceiling Lights"})
    running = asyncio.ensure_future(turn(hass).run(TURN_ON, look_away, TURN_ON))
    await quiet()
    assert running.done()


async def test_a_read_in_the_next_response_waits_as_well(
    hass: HomeAssistant, bed: Entity
) -> None:
    """The model may ask for the state after it has the write's result."""
    it = turn(hass)
    await it.run(TURN_ON)
    running = asyncio.ensure_future(it.respond(LOOK))
    await quiet()
    assert not running.done()
    push(bed, True)
    (seen,) = await running
    assert "state: 'on'" in seen.data["result"]


async def test_of_two_satellites_only_the_last_write_has_to_tell(
    hass: HomeAssistant, bed: Entity
) -> None:
    """The state has the context of the last; one of the first will never come."""
    for _ in range(2):
        await turn(hass).run(TURN_ON)
    push(bed, True)
    running = asyncio.ensure_future(turn(hass).run(LOOK))
    await quiet()
    assert running.done()
    assert "may_be_old" not in running.result()[0].data


async def test_a_cancelled_read_leaves_no_listener(
    hass: HomeAssistant, bed: Entity
) -> None:
    """It stops waiting at once; what the first read subscribes to for good, stays."""

    async def cancelled_read() -> None:
        running = asyncio.ensure_future(turn(hass).run(TURN_ON, LOOK))
        await quiet()
        running.cancel()
        await quiet()
        assert running.cancelled()

    await cancelled_read()
    before = hass.bus.async_listeners()
    await cancelled_read()
    assert hass.bus.async_listeners() == before


def branching(state: str) -> dict[str, Any]:
    """Return a script that turns on the bed light, or the ceiling's, by another's state."""

    def on(entity_id: str) -> list[dict[str, Any]]:
        return [{"action": "light.turn_on", "target": {"entity_id": entity_id}}]

    condition = {"condition": "state", "entity_id": "light.kitchen_lights"}
    return {
        "sequence": [
            {
                "if": [{**condition, "state": state}],
                "then": on(BED),
                "else": on(CEILING),
            }
        ]
    }


@pytest.mark.parametrize("branch", ["taken", "left out"])
async def test_only_the_branch_that_a_script_took_is_waited_for(
    hass: HomeAssistant, bed: Entity, branch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it did not act on has nothing to tell, and may not be old."""
    state = "on" if branch == "taken" else "none such"
    config = {"script": {"one": branching(state), "inner": branching(state)}}
    config["script"]["outer"] = {"sequence": [{"action": "script.inner"}]}
    assert await async_setup_component(hass, "script", config)
    hass.states.async_set("light.kitchen_lights", "on")
    monkeypatch.setattr(ledger, "STATE_PUSH", 0.05)
    for name in ("one", "outer"):
        async_expose_entity(hass, "conversation", f"script.{name}", True)
        tools = [ScriptTool(hass, f"script.{name}"), GetLiveContextTool()]
        wrote, seen = await Turn(hass, tools).run((f"script__{name}", {}), LOOK)
        assert not wrote.error
        assert ("may_be_old" in seen.data) is (branch == "taken")


class Set(intent.IntentHandler):
    """Writes a state without a service, as adding to a list does."""

    intent_type = "TestSet"
    description = "Sets"

    @property
    @override
    def slot_schema(self) -> VolDictType:
        return {"name": str}

    @override
    async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
        push(demo_entity(intent_obj.hass, BED), True)
        return intent_obj.create_response()


async def test_a_state_that_was_written_while_no_service_was_called_is_enough(
    hass: HomeAssistant, demo_home: None
) -> None:
    """Home Assistant adds to a list without a service, and so without the context."""
    handler = Set()
    intent.async_register(hass, handler)
    tools = [llm.IntentTool("intent__TestSet", handler), GetLiveContextTool()]
    running = asyncio.ensure_future(
        Turn(hass, tools, OURS).run(("intent__TestSet", {"name": "Bed Light"}), LOOK)
    )
    await quiet()
    assert running.done()
    _, seen = await running
    assert "state: 'on'" in seen.data["result"]
