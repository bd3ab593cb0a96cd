"""Tests for the diagnostics of a model server."""

import json

from homeassistant.components.diagnostics import REDACTED
from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import JSONEncoder

from custom_components.chatterbox.diagnostics import async_get_config_entry_diagnostics
from scripts.demo_model import ModelServer

from .home import TEST_API, setup_agent


async def test_diagnostics_hold_no_secret(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """Settings and health are there; the key and the instructions are not."""
    agent = await setup_agent(hass, model_server, prompt="My son is called Emil.")
    await agent.say("nobody scripted an answer to this")
    found = await async_get_config_entry_diagnostics(hass, agent.entry)
    text = json.dumps(found, cls=JSONEncoder)
    assert "test-key" not in text
    assert "Emil" not in text
    assert "nobody" not in text
    assert found["server"] == {
        "title": "Model server",
        "fault": None,
        "provider": "openai",
        "url": model_server.url,
        "api_key": REDACTED,
    }
    assert found["agents"] == {
        "Chatterbox": {
            "model": "demo",
            "llm_hass_api": [TEST_API],
            "prompt": REDACTED,
        }
    }
    assert found["entities"] == {agent.entity_id: {"disabled_by": None}}


async def test_diagnostics_name_the_fault(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """What keeps the server from answering is the first thing to know."""
    await model_server.close()
    agent = await setup_agent(hass, model_server)
    await hass.async_block_till_done(wait_background_tasks=True)
    found = await async_get_config_entry_diagnostics(hass, agent.entry)
    assert found["server"]["fault"] == "cannot_connect"
