"""What earlier versions wrote loads, and goes on as its person left it."""

import json
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.agent.options import AgentOptions
from custom_components.chatterbox.const import DOMAIN
from custom_components.chatterbox.migration import MINOR_VERSION
from custom_components.chatterbox.tools.confirmation.options import DangerOptions
from scripts.demo_model import ModelServer

FIXTURE = Path(__file__).parent / "fixtures" / "entry_0.1.0.json"


async def loaded(hass: HomeAssistant, server: ModelServer) -> MockConfigEntry:
    """Return the entry of 0.1.0, loaded, with its address made the test server's."""
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    stored: dict[str, Any] = json.loads(
        FIXTURE.read_text().replace("@DEFAULT@", "%s")
        % json.dumps(llm.DEFAULT_INSTRUCTIONS_PROMPT)[1:-1]
    )
    stored["data"]["url"] = server.url
    entry = MockConfigEntry(**stored)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


def agent_of(entry: MockConfigEntry, title: str) -> dict[str, Any]:
    """Return the data of one agent."""
    (data,) = [s.data for s in entry.subentries.values() if s.title == title]
    return dict(data)


async def test_an_entry_of_0_1_0_loads(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """Both agents are there, and the entry says which version it is now."""
    entry = await loaded(hass, model_server)
    assert entry.state is ConfigEntryState.LOADED
    assert (entry.version, entry.minor_version) == (1, MINOR_VERSION)
    assert set(hass.states.async_entity_ids("conversation")) >= {
        "conversation.untouched",
        "conversation.changed",
    }


async def test_untouched_defaults_follow_new_ones(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """They are not stored any more; what may be done and asked is as it was."""
    before = json.loads(FIXTURE.read_text())["subentries_data"][0]["data"]
    data = agent_of(await loaded(hass, model_server), "Untouched")
    assert not data.keys() & {"prompt", "timeout", "tool_deadline", "integration_caps"}
    for key in ("model", "llm_hass_api", "services"):
        assert data[key] == before[key]
    assert AgentOptions.from_subentry(data) == AgentOptions(
        model="qwen3:8b",
        llm_hass_api=("assist",),
        services=("weather.get_forecasts", "calendar.get_events"),
        danger=DangerOptions(admin_without_user=True),
    )


async def test_what_a_person_chose_stays(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """Each value that differs from 0.1.0's default."""
    before = json.loads(FIXTURE.read_text())["subentries_data"][1]["data"]
    after = agent_of(await loaded(hass, model_server), "Changed")
    # What it may do at a satellite too: 0.1.0 had no such field.
    assert after == {**before, "admin_without_user": True}


async def test_a_later_major_version_is_not_loaded(hass: HomeAssistant) -> None:
    """After a downgrade nothing is lost."""
    assert await async_setup_component(hass, "homeassistant", {})
    entry = MockConfigEntry(domain=DOMAIN, version=2, data={"later": True})
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.MIGRATION_ERROR
    assert entry.data == {"later": True}
