"""An LLM API that stands outside exposure and is for administrators."""

import logging
from typing import override

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import llm
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from scripts.demo_model import ModelServer

from .home import ToolsAPI, setup_agent


class AdminAPI(ToolsAPI):
    """An API as Home Assistant's own of that kind."""

    requires_admin = True

    @override
    async def async_get_api_instance(
        self, llm_context: llm.LLMContext
    ) -> llm.APIInstance:
        """Return the tools. Raises Unauthorized for anyone but an admin."""
        user_id = llm_context.context and llm_context.context.user_id
        user = await self.hass.auth.async_get_user(user_id) if user_id else None
        if user is None or not user.is_admin:
            raise Unauthorized(context=llm_context.context)
        return await super().async_get_api_instance(llm_context)


class DoAnything(llm.Tool):
    """A tool that reaches everything."""

    name = "homeassistant__call_action"
    description = "Call any action"
    parameters = probatio.Schema({}, extra=probatio.ALLOW_EXTRA)
    integration = "homeassistant"

    @override
    async def async_call(
        self,
        hass: HomeAssistant,
        tool_input: llm.ToolInput,
        llm_context: llm.LLMContext,
    ) -> llm.ToolResult:
        """Do nothing."""
        return llm.ToolResult({})


async def test_it_is_for_admins_and_nobody_is_warned(
    hass: HomeAssistant, model_server: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    """A satellite's turn goes without its tools, and the log does not fill with that."""
    api = AdminAPI(hass, "everything", "Everything")
    api.tools.append(DoAnything())
    llm.async_register_api(hass, api)
    agent = await setup_agent(
        hass, model_server, llm_hass_api=["everything"], priming="on"
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    model_server.brain = lambda request: ["Hello."]
    await agent.say("Hello")
    assert model_server.requests[-1].tool_names == []
    admin = MockUser(is_owner=True).add_to_hass(hass)
    await agent.say("Hello", context=Context(user_id=admin.id))
    assert "homeassistant__call_action" in model_server.requests[-1].tool_names
    ours = [r for r in caplog.records if r.name.startswith("custom_components")]
    assert [r for r in ours if r.levelno >= logging.WARNING] == []
