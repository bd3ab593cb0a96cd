"""Tests for setting up a model server whatever its state."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
import logging
from typing import Any

from homeassistant.components import assist_pipeline
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.const import DOMAIN
from custom_components.chatterbox.providers.base import ProviderErrorKind
from custom_components.chatterbox.tools.cache.store import STORAGE_KEY
from scripts.demo_model import ModelServer

from .home import setup_agent, spoken


@dataclass
class SilentServer:
    """A server that takes a connection and says nothing."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Read until the client goes."""
        await reader.readuntil(b"\r\n\r\n")
        self.asked.set()
        await reader.read()
        self.left.set()
        writer.close()


@pytest.fixture
async def silent(socket_enabled: None) -> AsyncIterator[SilentServer]:
    """Give a started silent server."""
    silent = SilentServer()
    server = await asyncio.start_server(silent.serve, "127.0.0.1")
    silent.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    yield silent
    server.close()
    server.close_clients()
    await server.wait_closed()


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the levels of what the server's health put into the log."""
    return [
        record.levelname
        for record in caplog.records
        if record.name.endswith("chatterbox.health") and record.levelno >= logging.INFO
    ]


async def test_setup_does_not_wait_for_the_server(
    hass: HomeAssistant, silent: SilentServer
) -> None:
    """The agent is there while the check goes on, and unloading ends the check."""
    server = ModelServer()
    server.port = int(silent.url.split(":")[2].removesuffix("/v1"))
    agent = await setup_agent(hass, server)
    assert agent.entry.state is ConfigEntryState.LOADED
    assert hass.states.get(agent.entity_id).state != "unavailable"
    await silent.asked.wait()
    assert not silent.left.is_set()

    assert await hass.config_entries.async_unload(agent.entry.entry_id)
    await silent.left.wait()
    assert agent.entry.state is ConfigEntryState.NOT_LOADED


async def test_server_that_is_down_is_said_and_logged_once(
    hass: HomeAssistant, model_server: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Down from the start, spoken to twice, then up again."""
    caplog.set_level(logging.INFO)
    port = model_server.port
    await model_server.close()
    agent = await setup_agent(hass, model_server)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert agent.entry.state is ConfigEntryState.LOADED
    health = agent.entry.runtime_data.health
    assert health.fault is ProviderErrorKind.CANNOT_CONNECT

    for _ in range(2):
        result = await agent.say("hello")
        assert spoken(result) == "Sorry, I can't reach my language model right now."
    assert logged(caplog) == ["WARNING"]

    await model_server.start(port)
    model_server.reply("Hello.")
    assert spoken(await agent.say("hello")) == "Hello."
    model_server.reply("Hello.")
    await agent.say("hello")
    assert logged(caplog) == ["WARNING", "INFO"]
    assert health.fault is None


async def test_refused_key_is_found_at_set_up(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """Nobody needs to speak to learn that the key is no longer good."""
    model_server.api_key = "new"
    agent = await setup_agent(hass, model_server)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert agent.entry.state is ConfigEntryState.LOADED
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_server_that_is_up_is_not_logged(
    hass: HomeAssistant, model_server: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    """What is as it should be is no news."""
    caplog.set_level(logging.INFO)
    agent = await setup_agent(hass, model_server)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [request.path for request in model_server.other_requests] == ["/v1/models"]
    assert agent.entry.runtime_data.health.fault is None
    assert logged(caplog) == []


async def test_unload_takes_the_agent_away(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """An unloaded agent leaves no one to speak to, and comes back with the entry."""
    agent = await setup_agent(hass, model_server)
    await hass.config_entries.async_unload(agent.entry.entry_id)
    assert hass.states.get(agent.entity_id).state == "unavailable"
    assert await hass.config_entries.async_setup(agent.entry.entry_id)
    assert hass.states.get(agent.entity_id).state != "unavailable"


async def test_removed_agent_is_gone(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """A subentry that is removed takes its entity with it."""
    agent = await setup_agent(hass, model_server)
    (subentry_id,) = agent.entry.subentries
    hass.config_entries.async_remove_subentry(agent.entry, subentry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert agent.entry.state is ConfigEntryState.LOADED
    assert hass.states.get(agent.entity_id) is None


async def test_wish_for_the_assistant_is_granted_once(
    hass: HomeAssistant, model_server: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    """A choice that is made later in the assistant's form stands over restarts."""
    for component in ("homeassistant", "assist_pipeline"):
        assert await async_setup_component(hass, component, {})
    caplog.set_level(logging.INFO)
    agent = await setup_agent(hass, model_server, use_in_pipeline=True)
    pipeline = assist_pipeline.pipeline.async_get_pipeline(hass)
    assert pipeline.conversation_engine == agent.entity_id
    await hass.async_block_till_done(wait_background_tasks=True)
    # A reload would have asked the server a second time.
    assert len(model_server.other_requests) == 1

    await assist_pipeline.async_update_pipeline(
        hass, pipeline, conversation_engine="conversation.home_assistant"
    )
    await hass.config_entries.async_reload(agent.entry.entry_id)
    pipeline = assist_pipeline.pipeline.async_get_pipeline(hass)
    assert pipeline.conversation_engine == "conversation.home_assistant"


async def test_wish_without_assistants_is_dropped(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """A home without Assist sets up all the same."""
    agent = await setup_agent(hass, model_server, use_in_pipeline=True)
    assert agent.entry.state is ConfigEntryState.LOADED
    (subentry,) = agent.entry.subentries.values()
    assert "use_in_pipeline" not in subentry.data


async def test_entry_without_agents(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """A server whose agents were all removed stays set up."""
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    entry = MockConfigEntry(
        domain=DOMAIN, data={"provider": "openai", "url": model_server.url}
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED


async def test_nothing_is_left_of_the_last_server(
    hass: HomeAssistant, model_server: ModelServer, hass_storage: dict[str, Any]
) -> None:
    """What tools told about a home does not outlive its agents."""
    agent = await setup_agent(hass, model_server)
    hass_storage[STORAGE_KEY] = {
        "version": 1,
        "minor_version": 1,
        "key": STORAGE_KEY,
        "data": {},
    }
    await hass.config_entries.async_remove(agent.entry.entry_id)
    assert STORAGE_KEY not in hass_storage
