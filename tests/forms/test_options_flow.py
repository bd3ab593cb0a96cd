"""Tests for what holds for all agents of a server."""

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from ..home import Agent

DEFAULTS = {"keep_results": True, "keep_sentences": False}


@pytest.mark.parametrize("switch", DEFAULTS)
@pytest.mark.parametrize("keep", [False, True])
async def test_what_is_kept_is_a_choice(
    hass: HomeAssistant, agent: Agent, switch: str, keep: bool
) -> None:
    """The form shows what holds, keeps the answer and loads the entry with it."""
    for shown in (DEFAULTS[switch], keep):
        form = await hass.config_entries.options.async_init(agent.entry.entry_id)
        assert form["type"] is FlowResultType.FORM
        (marker,) = (m for m in form["data_schema"].schema if m == switch)
        description = marker.description or {}
        assert description.get("suggested_value", marker.default()) is shown
        provider = agent.entry.runtime_data.provider
        result = await hass.config_entries.options.async_configure(
            form["flow_id"], {switch: keep}
        )
        assert result["type"] is FlowResultType.CREATE_ENTRY
        await hass.async_block_till_done(wait_background_tasks=True)
    assert agent.entry.options == {**DEFAULTS, switch: keep}
    # The second answer was the same as the first, which is no reason to load again.
    assert agent.entry.runtime_data.provider is provider
