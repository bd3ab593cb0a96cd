"""Tests for adding models that do tasks, and changing them."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component

from ..home import Agent
from ..test_config_flow import options, suggested
from .test_agent_flow import submit

ADVANCED = {"thinking": "low", "timeout": 60}


async def test_added_and_changed(hass: HomeAssistant, agent: Agent) -> None:
    """It has an entity beside the agent's, and keeps what it was given."""
    assert await async_setup_component(hass, "ai_task", {})
    agent.server.models = ["demo", "sees"]
    form = await hass.config_entries.subentries.async_init(
        (agent.entry.entry_id, "ai_task_data"), context={"source": SOURCE_USER}
    )
    assert (form["step_id"], form["errors"]) == ("task", {})
    assert [m["value"] for m in options(form, "model")] == ["demo", "sees"]
    form = await submit(hass, form, model=" ")
    assert form["errors"] == {"model": "model_required"}
    form = await submit(hass, form, model="unknown", advanced=ADVANCED)
    assert form["errors"] == {"model": "model_not_listed"}
    result = await submit(hass, form, name="Eyes", model="sees", advanced=ADVANCED)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    subentry = list(agent.entry.subentries.values())[1]
    assert (subentry.subentry_type, subentry.title) == ("ai_task_data", "Eyes")
    assert dict(subentry.data) == {"model": "sees", **ADVANCED}
    assert hass.states.async_entity_ids("ai_task") == ["ai_task.eyes"]
    form = await agent.entry.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    assert suggested(form, "model") == "sees"
    assert suggested(form, "name") == "Eyes"
    changed: dict[str, Any] = {**ADVANCED, "timeout": 90}
    (spare,) = options(form, "stand_ins")
    assert spare["label"] == "Chatterbox (demo · Model server)"
    stand_ins = [spare["value"]]
    result = await submit(
        hass, form, name="Eyes", model="demo", stand_ins=stand_ins, advanced=changed
    )
    assert result["type"] is FlowResultType.ABORT
    subentry = list(agent.entry.subentries.values())[1]
    assert dict(subentry.data) == {"model": "demo", "stand_ins": stand_ins, **changed}
    # The agent is as it was.
    agent.server.reply("Here.")
    assert (await agent.say("Hello?")).response.speech["plain"]["speech"] == "Here."


async def test_server_that_is_down(hass: HomeAssistant, agent: Agent) -> None:
    """A model's name can be typed."""
    await agent.server.close()
    form = await hass.config_entries.subentries.async_init(
        (agent.entry.entry_id, "ai_task_data"), context={"source": SOURCE_USER}
    )
    assert form["errors"] == {"model": "models_not_listed"}
    assert await async_setup_component(hass, "ai_task", {})
    result = await submit(hass, form, model="typed", advanced=ADVANCED)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "typed"
