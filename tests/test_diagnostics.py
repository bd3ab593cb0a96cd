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
    assert "127.0.0.1" not in text
    assert found["server"] == {
        "state": "loaded",
        "fault": "server_error",
        "provider": "openai",
        "url": f"http://{REDACTED}:{model_server.port}",
        "api_key": REDACTED,
    }
    assert found["agents"] == {
        "Chatterbox": {
            "model": "demo",
            "llm_hass_api": [TEST_API],
            "prompt": REDACTED,
        }
    }
    assert found["entities"][agent.entity_id] == {"disabled_by": None}


async def test_diagnostics_of_a_service_that_is_not_loaded(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """Which service it is says much, and nothing of a person."""
    agent = await setup_agent(hass, model_server)
    await hass.config_entries.async_unload(agent.entry.entry_id)
    url = "https://api.openai.com/v1"
    hass.config_entries.async_update_entry(
        agent.entry, data={**agent.entry.data, "url": url}
    )
    found = await async_get_config_entry_diagnostics(hass, agent.entry)
    assert found["server"]["url"] == "https://api.openai.com:443"
    assert found["server"]["state"] == "not_loaded"
    assert found["tool_cache"] is None


async def test_diagnostics_name_the_fault(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """What keeps the server from answering is the first thing to know."""
    await model_server.close()
    agent = await setup_agent(hass, model_server)
    await hass.async_block_till_done(wait_background_tasks=True)
    found = await async_get_config_entry_diagnostics(hass, agent.entry)
    assert found["server"]["fault"] == "cannot_connect"
