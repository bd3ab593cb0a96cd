"""Tests for the actions that an agent's form offers."""

import json
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.helpers.service import async_set_service_schema
import pytest

from custom_components.chatterbox.forms.actions import async_service_choices
from scripts.demo_model import ModelServer, whole_call

from ..home import Agent, setup_agent
from ..test_config_flow import connect, field, options, submit, suggested
from ..tools.exposure.exposed_home import ASSISTANT, Home, make_home
from .test_agent_flow import AGENT, change, start


@pytest.fixture
async def looked_up(hass: HomeAssistant) -> Home:
    """Register an action that only answers, for lights."""
    home = await make_home(hass)
    hass.services.async_register(
        "almanac",
        "look_up",
        lambda _call: {"answer": 42},
        supports_response=SupportsResponse.ONLY,
    )
    async_set_service_schema(
        hass,
        "almanac",
        "look_up",
        {"name": "Look up", "target": {"entity": {"domain": "light"}}, "fields": {}},
    )
    return home


def values(options: Any) -> list[str]:
    """Return what can be chosen."""
    return [option["value"] for option in options]


async def test_order_and_names(hass: HomeAssistant, looked_up: Home) -> None:
    """Those that answer first, those that can harm last, marked; with their names."""
    choices = await async_service_choices(hass)
    order = values(choices.options)
    assert order[0] == "almanac.look_up"
    assert order.index("light.turn_on") < order.index("homeassistant.restart")
    labels = {option["value"]: option["label"] for option in choices.options}
    assert labels["light.turn_on"] == "Light: Turn on light (light.turn_on)"
    assert labels["homeassistant.restart"].startswith("⚠️ ")
    harmful = [name for name in order if labels[name].startswith("⚠️")]
    assert order[-len(harmful) :] == harmful


async def test_actions_that_let_someone_in_are_marked(
    hass: HomeAssistant, looked_up: Home
) -> None:
    """They look like any other action, and are chosen as fast."""
    hass.services.async_register("lock", "unlock", lambda _call: None)
    hass.services.async_register(
        "alarm_control_panel", "alarm_disarm", lambda _call: None
    )
    choices = await async_service_choices(hass)
    marked = {o["value"] for o in choices.options if o["label"].startswith("⚠️ ")}
    assert {"lock.unlock", "alarm_control_panel.alarm_disarm"} <= marked


async def test_new_agent_starts_with_what_is_known_to_be_harmless(
    hass: HomeAssistant, looked_up: Home
) -> None:
    """Nothing that acts is chosen for anyone, nor what nobody knows the answer of."""
    choices = await async_service_choices(hass)
    assert choices.at_first == (
        "media_player.browse_media",
        "media_player.search_media",
    )
    assert "almanac.look_up" not in values(choices.acting)
    assert "light.turn_on" in values(choices.acting)


async def test_own_actions_are_chosen_for_nobody(
    hass: HomeAssistant, agent: Agent
) -> None:
    """What the cache holds was asked by others, too."""
    choices = await async_service_choices(hass)
    assert "chatterbox.get_cache" in values(choices.options)
    assert "chatterbox.get_cache" not in choices.at_first


async def test_hint_on_what_to_expose(hass: HomeAssistant, looked_up: Home) -> None:
    """It names what chosen actions could work on, once nothing of it is exposed."""
    assert (await async_service_choices(hass)).not_exposed == ""
    for entity_id in hass.states.async_entity_ids("light"):
        async_expose_entity(hass, ASSISTANT, entity_id, False)
    data = {"services": ["almanac.look_up"]}
    choices = await async_service_choices(hass, data)
    assert choices.not_exposed == (
        "Still to be exposed for the chosen actions: Bedroom light, "
        "Boiler Cellar lamp, Ceiling Den lamp, Ceiling Kitchen light."
    )
    chosen = await async_service_choices(hass, {"services": ["homeassistant.restart"]})
    assert chosen.not_exposed == ""


async def test_chosen_action_that_is_gone_stays(
    hass: HomeAssistant, agent: Agent
) -> None:
    """Whoever saves the form does not lose what is away for now."""
    choices = await async_service_choices(
        hass, {"services": ["gone.by"], "services_not_awaited": ["gone.too"]}
    )
    assert choices.options[-1] == {"value": "gone.by", "label": "❓ gone.by"}
    assert choices.acting[-1] == {"value": "gone.too", "label": "❓ gone.too"}
    assert "gone.by" not in values(choices.there)


async def test_first_agent(
    hass: HomeAssistant, looked_up: Home, model_server: ModelServer
) -> None:
    """The form of the first agent offers actions, and keeps what is chosen."""
    form = await connect(hass, model_server.url)
    assert suggested(form, "services")[0] == "media_player.browse_media"
    assert form["description_placeholders"]["not_exposed"] == ""
    assert field(form, "services")
    result = await submit(
        hass, form, **AGENT, services=["almanac.look_up", "light.turn_on"]
    )
    (subentry,) = result["result"].subentries.values()
    assert subentry.data["services"] == ["almanac.look_up", "light.turn_on"]


async def test_further_agent_and_change(hass: HomeAssistant, agent: Agent) -> None:
    """The form of an agent shows its own actions, a new one's those of a new agent."""
    hass.services.async_register("script", "party", lambda _call: None)
    form = await start(hass, agent)
    assert suggested(form, "services") == []
    assert "script.party" in values(options(form, "services"))
    form = await change(hass, agent)
    result = await hass.config_entries.subentries.async_configure(
        form["flow_id"],
        {
            **AGENT,
            "services": ["script.party"],
            "actions": {"services_not_awaited": ["script.party"]},
        },
    )
    assert result["reason"] == "reconfigure_successful"
    (subentry,) = agent.entry.subentries.values()
    assert subentry.data["services"] == ["script.party"]
    assert subentry.data["services_not_awaited"] == ["script.party"]


async def test_model_is_offered_what_was_chosen(
    hass: HomeAssistant, looked_up: Home, model_server: ModelServer
) -> None:
    """The chosen actions are tools of a turn, and what they answer reaches the model."""
    agent = await setup_agent(
        hass, model_server, services=["almanac.look_up", "light.turn_on", "gone.by"]
    )
    model_server.script(*whole_call("light__turn_on", {"area": "Kitchen"}))
    model_server.reply("Done.")
    await agent.say("Light the kitchen")
    offered = {
        tool["function"]["name"] for tool in model_server.requests[0].json["tools"]
    }
    assert {"almanac__look_up", "light__turn_on"} <= offered
    assert "gone__by" not in offered
    assert looked_up.reached == {"light.kitchen"}
    told = model_server.requests[1].messages[-1]
    assert told["role"] == "tool"
    assert json.loads(told["content"]) == {
        "success": True,
        "entity_ids": ["light.kitchen"],
    }
