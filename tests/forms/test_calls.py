"""Tests for the fields of how many calls run at once, and how long."""

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest

from custom_components.chatterbox.agent.options import AgentOptions
from custom_components.chatterbox.tools.dispatch.limits import (
    INTEGRATION_CAPS,
    DispatchOptions,
)

from ..home import Agent
from .test_agent_flow import AGENT, start, submit


async def test_what_the_form_says_is_what_the_dispatcher_does(
    hass: HomeAssistant, agent: Agent
) -> None:
    """From the form through the subentry to the options."""
    hass.services.async_register("script", "bedtime", lambda _call: None)
    result = await submit(
        hass,
        await start(hass, agent),
        **AGENT,
        actions={
            "tool_deadline": 20.0,
            "tool_deadlines": [{"tool": "script.bedtime", "seconds": 120}],
            "max_in_flight": 3.0,
            "integration_caps": [{"integration": "zha", "calls": 1}],
        },
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    second = list(agent.entry.subentries.values())[1]
    assert AgentOptions.from_subentry(second.data).dispatch == DispatchOptions(
        deadline=20.0,
        deadlines={"script.bedtime": 120.0},
        max_in_flight=3,
        integration_caps={"zha": 1},
    )


async def test_an_untouched_form_is_the_default(
    hass: HomeAssistant, agent: Agent
) -> None:
    """The form shows the caps that hold without it."""
    await submit(hass, await start(hass, agent), **AGENT, actions={})
    second = list(agent.entry.subentries.values())[1]
    options = AgentOptions.from_subentry(second.data).dispatch
    assert options == DispatchOptions()
    assert dict(options.integration_caps) == dict(INTEGRATION_CAPS)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"tool_deadline": 0}, id="no time at all"),
        pytest.param({"max_in_flight": 0}, id="no call at all"),
        pytest.param({"tool_deadlines": [{"tool": "x"}]}, id="no seconds"),
        pytest.param(
            {"integration_caps": [{"integration": "zha", "calls": 0}]}, id="cap of 0"
        ),
        pytest.param(
            {"integration_caps": [{"integration": "Philips Hue", "calls": 1}]},
            id="no such integration",
        ),
        pytest.param(
            {"tool_deadlines": [{"tool": "script.gone", "seconds": 5}]},
            id="no such tool",
        ),
    ],
)
async def test_values_that_would_stop_everything(
    hass: HomeAssistant, agent: Agent, bad: dict[str, object]
) -> None:
    """The form refuses them."""
    form = await start(hass, agent)
    with pytest.raises(InvalidData):
        await submit(hass, form, **AGENT, actions=bad)
