"""Tests for the part of an agent's form that says who stands in."""

from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.agent.options import AgentOptions
from custom_components.chatterbox.const import DOMAIN

from ..home import Agent
from .test_agent_flow import AGENT, change, start, submit

DEFAULTS = {"first_token_timeout": 8, "hedge": False, "last_resort": True}


def offered(form: SubentryFlowResult) -> list[dict[str, Any]]:
    """Return the models that can be picked."""
    assert form["data_schema"] is not None
    fields = form["data_schema"].schema["failover"].schema.schema
    selector = {str(key): value for key, value in fields.items()}["stand_ins"]
    options: list[dict[str, Any]] = selector.config["options"]
    return options


async def test_a_stand_in_is_picked(hass: HomeAssistant, agent: Agent) -> None:
    """The models of all other agents are offered, those outside marked."""
    online = MockConfigEntry(
        domain=DOMAIN,
        title="Online",
        data={"provider": "openai", "url": "https://api.example.com/v1"},
        subentries_data=[
            {
                "subentry_type": "conversation",
                "subentry_id": "01ONLINE",
                "title": "Clever",
                "unique_id": None,
                "data": {"model": "big"},
            }
        ],
    )
    online.add_to_hass(hass)
    (own,) = agent.entry.subentries
    assert offered(await start(hass, agent)) == [
        {"value": own, "label": "Chatterbox (demo · Model server)"},
        {"value": "01ONLINE", "label": "☁️ Clever (big · Online)"},
    ]
    form = await change(hass, agent)
    assert [option["value"] for option in offered(form)] == ["01ONLINE"]
    result = await submit(
        hass, form, **AGENT, failover={**DEFAULTS, "stand_ins": ["01ONLINE"]}
    )
    assert result["type"] is FlowResultType.ABORT
    options = AgentOptions.from_subentry(agent.entry.subentries[own].data)
    assert options.stand_ins == ("01ONLINE",)
    # One that is gone stays until it is taken out, and is marked.
    await hass.config_entries.async_remove(online.entry_id)
    (gone,) = offered(await change(hass, agent))
    assert gone["value"] == "01ONLINE"
    assert "❓" in gone["label"]


async def test_an_agent_of_an_earlier_version(agent: Agent) -> None:
    """Nobody new hears what is said; Home Assistant's own intents help from now on."""
    (subentry,) = agent.entry.subentries.values()
    options = AgentOptions.from_subentry(subentry.data)
    assert options.stand_ins == ()
    assert options.first_token_timeout == 8
    assert not options.hedge
    assert options.last_resort
