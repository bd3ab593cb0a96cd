"""What is known of a call before it runs: its deadline, its caps, its kind."""

from typing import Any

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import (
    async_expose_entity,
)
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er, llm
import pytest

from custom_components.chatterbox.tools.dispatch.limits import (
    INTEGRATION_CAPS,
    CallPlan,
    DispatchOptions,
)
from custom_components.chatterbox.tools.naming import RenamedTool
from custom_components.chatterbox.tools.planning.plan import plan_call
from custom_components.chatterbox.tools.services.catalog import async_get_catalog

from ..demo_intents import intent_tool

pytestmark = pytest.mark.usefixtures("demo_home")


def plan(
    hass: HomeAssistant, tool: llm.Tool, args: dict[str, Any], **options: Any
) -> CallPlan:
    """Return the plan of a call."""
    context = llm.LLMContext("test", Context(), "en", conversation.DOMAIN, None)
    call = llm.ToolInput(tool.name, args)
    return plan_call(hass, tool, call, context, DispatchOptions(**options))


async def test_a_service_has_its_own_deadline(hass: HomeAssistant) -> None:
    """By its name; a tool of another API by the name that it has there."""
    (tool,) = await async_get_catalog(hass).async_get_tools(
        ["light.turn_on"], conversation.DOMAIN
    )
    deadlines = {"light.turn_on": 60.0, "HassTurnOn": 30.0}
    args = {"name": "Bed Light"}
    assert plan(hass, tool, args).deadline == 10
    assert plan(hass, tool, args, deadlines=deadlines).deadline == 60
    assert plan(hass, tool, args).goes_on
    turn_on = RenamedTool("another_name", intent_tool(hass, "HassTurnOn"))
    assert plan(hass, turn_on, args, deadlines=deadlines).deadline == 30
    assert not plan(hass, turn_on, args).goes_on
    assert plan(hass, turn_on, args, deadline=5).deadline == 5


async def test_the_integrations_of_what_is_written_have_caps(
    hass: HomeAssistant,
) -> None:
    """A light of Zigbee works its radio, whichever tool turns it on."""
    lamp = er.async_get(hass).async_get_or_create("light", "zha", "lamp")
    er.async_get(hass).async_update_entity(lamp.entity_id, name="Zigbee Lamp")
    hass.states.async_set(lamp.entity_id, "off")
    async_expose_entity(hass, conversation.DOMAIN, lamp.entity_id, True)
    turn_on = intent_tool(hass, "HassTurnOn")
    get_state = intent_tool(hass, "HassGetState", read_only=True)
    args = {"name": "Zigbee Lamp"}
    assert plan(hass, turn_on, args).integrations == {"zha"}
    assert plan(hass, get_state, args).integrations == frozenset()
    assert plan(hass, turn_on, {"name": "Bed Light"}).integrations == frozenset()
    assert plan(hass, turn_on, args, integration_caps={}).integrations == frozenset()
    caps = {"intent": 1, "demo": 2}
    bed = plan(hass, turn_on, {"name": "Bed Light"}, integration_caps=caps)
    assert bed.integrations == {"demo", "intent"}


def test_options_that_a_form_has_not_stored_are_the_defaults() -> None:
    """An agent that was set up by an older form."""
    assert DispatchOptions.from_subentry({}) == DispatchOptions()
    assert DispatchOptions.from_subentry({}).integration_caps == INTEGRATION_CAPS
    nobody = DispatchOptions.from_subentry({"integration_caps": []})
    assert nobody.integration_caps == {}
