"""The agents that are spoken to: ours, and Home Assistant's own."""

import os
from typing import Any

from homeassistant.components import conversation
from homeassistant.config_entries import HANDLERS, ConfigSubentryData
from homeassistant.const import CONF_LLM_HASS_API, CONF_MODEL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
from homeassistant.loader import async_get_integration
from pytest_homeassistant_custom_component.common import MockConfigEntry  # type: ignore[import-untyped]

from custom_components.chatterbox.const import CONF_DANGER_POLICY, CONF_PRIMING
from custom_components.chatterbox.forms.agent import new_agent
from custom_components.chatterbox.forms.choices import async_choices
from custom_components.chatterbox.tools.confirmation.options import Policy

from .jobs import OURS, AgentConfig


async def add_agent(hass: HomeAssistant, config: AgentConfig) -> str:
    """Set up the agent and return its entity id. Raises RuntimeError."""
    before = set(hass.states.async_entity_ids("conversation"))
    entry = (
        await _ours(hass, config)
        if config.domain == OURS
        else await _core(hass, config)
    )
    entry.add_to_hass(hass)
    if not await hass.config_entries.async_setup(entry.entry_id):
        raise RuntimeError(f"{config.domain} cannot be set up: {entry.reason}")
    await hass.async_block_till_done()
    added = set(hass.states.async_entity_ids("conversation")) - before
    return next(iter(added - {conversation.HOME_ASSISTANT_AGENT}))


async def _ours(hass: HomeAssistant, config: AgentConfig) -> MockConfigEntry:
    """Return an entry with one agent that has what a new one starts with."""
    choices = await async_choices(hass)
    agent = new_agent(hass, [], choices) | {
        CONF_MODEL: config.model,
        # What a model calls is judged, and nobody is there to say yes to it.
        CONF_DANGER_POLICY: Policy.ALLOW.value,
        # A fresh home is never idle before it is spoken to.
        CONF_PRIMING: "off",
        **config.options,
    }
    return MockConfigEntry(
        domain=OURS,
        title="Model server",
        data={
            "provider": config.provider,
            "url": config.url,
            "api_key": config.api_key,
        },
        subentries_data=[_subentry("Chatterbox", agent)],
    )


async def _core(hass: HomeAssistant, config: AgentConfig) -> MockConfigEntry:
    """Return an entry of Home Assistant's own agent, with Assist."""
    integration = await async_get_integration(hass, config.domain)
    await integration.async_get_platform("config_flow")
    # As its form makes it now: nothing is migrated.
    flow = HANDLERS[config.domain]
    agent = {CONF_LLM_HASS_API: [llm.LLM_API_ASSIST], **config.options}
    if config.domain == "ollama":
        data: dict[str, Any] = {"url": config.url.removesuffix("/v1")}
        agent = {"model": config.model, **agent}
    elif config.domain == "llama_cpp":
        data = {
            "base_url": config.url,
            "api_key": config.api_key,
            "streaming": True,
        }
        agent = {"chat_model": config.model, **agent}
    else:
        data = {"api_key": config.api_key}
        # It has no address of its own; its library takes one from here.
        os.environ["OPENAI_BASE_URL"] = config.url
        agent = {"chat_model": config.model, "recommended": False, **agent}
    return MockConfigEntry(
        domain=config.domain,
        version=flow.VERSION,
        minor_version=flow.MINOR_VERSION,
        title="Model server",
        data=data,
        subentries_data=[_subentry("Agent", agent)],
    )


def _subentry(title: str, data: dict[str, Any]) -> ConfigSubentryData:
    return ConfigSubentryData(
        subentry_type="conversation", title=title, unique_id=None, data=data
    )
