"""OpenAI's newer protocol is offered, never switched to."""

from typing import Any
from unittest.mock import patch

from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.const import DOMAIN

OPENAI = "https://api.openai.com/v1"


async def entry_at(hass: HomeAssistant, url: str, provider: str) -> MockConfigEntry:
    """Return a loaded entry whose server lists no model."""
    for component in ("homeassistant", "conversation", "repairs"):
        assert await async_setup_component(hass, component, {})
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="OpenAI",
        data={"provider": provider, "url": url, "api_key": "key"},
        subentries_data=[
            ConfigSubentryData(
                subentry_type="conversation",
                title="Jeeves",
                unique_id=None,
                data={"model": "gpt-4.1"},
            )
        ],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


@pytest.fixture(autouse=True)
def _no_network() -> Any:
    """Answer for all servers."""
    with patch(
        "custom_components.chatterbox.providers.client.HttpProvider.get_json",
        return_value={"data": [{"id": "gpt-4.1"}], "models": []},
    ):
        yield


def offers(hass: HomeAssistant) -> list[ir.IssueEntry]:
    """Return the offers that are shown."""
    issues = ir.async_get(hass).issues.values()
    return [issue for issue in issues if issue.domain == DOMAIN and issue.active]


async def test_the_offer_is_taken(hass: HomeAssistant) -> None:
    """An old entry stays as it is until a person presses the button."""
    entry = await entry_at(hass, OPENAI, "openai")
    (issue,) = offers(hass)
    assert issue.translation_placeholders == {"name": "OpenAI"}
    assert entry.data["provider"] == "openai"
    manager = repairs_flow_manager(hass)
    assert manager is not None
    form = await manager.async_init(DOMAIN, context={"issue_id": issue.issue_id})
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "confirm")
    assert entry.data["provider"] == "openai"
    done = await manager.async_configure(form["flow_id"], {})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert entry.data == {"provider": "responses", "url": OPENAI, "api_key": "key"}
    assert offers(hass) == []


async def test_an_offer_that_is_ignored_stays_ignored(hass: HomeAssistant) -> None:
    entry = await entry_at(hass, OPENAI, "openai")
    (issue,) = offers(hass)
    ir.async_ignore_issue(hass, DOMAIN, issue.issue_id, ignore=True)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    (issue,) = offers(hass)
    assert issue.dismissed_version is not None
    await hass.config_entries.async_remove(entry.entry_id)
    assert offers(hass) == []


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        (OPENAI, "responses"),
        ("https://openrouter.ai/api/v1", "openai"),
        ("http://127.0.0.1:9/v1", "openai"),
    ],
)
async def test_others_are_offered_nothing(
    hass: HomeAssistant, url: str, provider: str
) -> None:
    await entry_at(hass, url, provider)
    assert offers(hass) == []
