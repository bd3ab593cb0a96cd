"""Agents that are older than the policy for what is dangerous."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from custom_components.chatterbox.agent.options import AgentOptions
from custom_components.chatterbox.const import DOMAIN
from custom_components.chatterbox.tools.confirmation.options import Policy
from scripts.demo_model import ModelServer

from .home import setup_agent


def issues(hass: HomeAssistant) -> list[str]:
    """Return the issues of this kind."""
    return [
        issue_id
        for domain, issue_id in ir.async_get(hass).issues
        if domain == DOMAIN and issue_id.startswith("danger_policy_")
    ]


async def test_an_older_agent_is_asked_for_from_now_on_and_told(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """It gets the safe policy, and an issue until its form is saved."""
    agent = await setup_agent(hass, model_server)
    (subentry,) = agent.entry.subentries.values()
    assert AgentOptions.from_subentry(subentry.data).danger.policy is Policy.CONFIRM
    assert issues(hass) == [f"danger_policy_{subentry.subentry_id}"]
    hass.config_entries.async_update_subentry(
        agent.entry, subentry, data={**subentry.data, "danger_policy": "confirm"}
    )
    await hass.async_block_till_done()
    assert issues(hass) == []


async def test_an_agent_that_does_nothing_is_not_told(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """There is nothing to ask for."""
    await setup_agent(hass, model_server, llm_hass_api=[])
    assert issues(hass) == []


async def test_removed(hass: HomeAssistant, model_server: ModelServer) -> None:
    """No issue outlives its entry."""
    agent = await setup_agent(hass, model_server)
    assert issues(hass)
    await hass.config_entries.async_remove(agent.entry.entry_id)
    assert issues(hass) == []
