"""What Home Assistant keeps for administrators needs to know who speaks."""

from typing import Any

from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.helpers.service import async_register_admin_service
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.chatterbox.tools.services.admin import is_for_admins
from scripts.demo_model import ModelServer

from ...danger_home import Danger, make_danger


async def home(
    hass: HomeAssistant, server: ModelServer, **options: Any
) -> tuple[Danger, list[ServiceCall]]:
    """Furnish the house with an action for administrators that harms nobody."""
    calls: list[ServiceCall] = []
    async_register_admin_service(hass, "light", "reset", calls.append)
    return await make_danger(hass, server, services=["light.reset"], **options), calls


@pytest.mark.parametrize("policy", ["confirm", "allow"])
async def test_refused_where_nobody_is_known(
    hass: HomeAssistant, model_server: ModelServer, policy: str
) -> None:
    """It is offered, for the prompt is the same for all, and refused at the call."""
    danger, calls = await home(hass, model_server, danger_policy=policy)
    model_server.call(("light__reset", {}))
    model_server.reply("That did not work.")
    assert await danger.say("Reset", context=Context()) == "That did not work."
    assert "light__reset" in model_server.requests[0].tool_names
    assert "for administrators" in danger.told()
    assert not calls
    assert danger.outcomes == ["refused"]


async def test_done_where_the_form_allows_it(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """As every agent of an earlier version does."""
    danger, calls = await home(hass, model_server, admin_without_user=True)
    model_server.call(("light__reset", {}))
    model_server.reply("Done.")
    assert await danger.say("Reset", context=Context()) == "Done."
    assert len(calls) == 1


@pytest.mark.parametrize("allowed", [True, False])
async def test_a_user_acts_with_the_rights_of_a_user(
    hass: HomeAssistant, model_server: ModelServer, allowed: bool
) -> None:
    """An administrator may, whatever the form says; another may not."""
    danger, calls = await home(hass, model_server, admin_without_user=allowed)
    model_server.call(("light__reset", {}))
    model_server.reply("Done.")
    assert await danger.say("Reset", user=danger.anna) == "Done."
    assert len(calls) == 1
    guest = MockUser(name="Guest").add_to_hass(hass)
    model_server.call(("light__reset", {}))
    model_server.reply("That did not work.")
    await danger.say("Reset", user=guest, conversation_id=None)
    assert len(calls) == 1


async def test_the_tool_for_any_action(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """It is no way around."""
    danger, calls = await home(hass, model_server, llm_hass_api=["assist", "test_api"])
    ran = []

    async def call_action(given: dict[str, Any]) -> str:
        ran.append(given)
        return "done"

    danger.agent.tool("homeassistant__call_action", call_action)
    model_server.call(("homeassistant__call_action", {"action": " Light.RESET"}))
    model_server.reply("That did not work.")
    await danger.say("Reset", context=Context())
    assert "for administrators" in danger.told()
    assert not calls
    assert not ran


async def test_what_home_assistant_keeps_for_administrators(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """Its own are known by how they were registered."""
    await make_danger(hass, model_server)
    assert is_for_admins(hass, "homeassistant.restart")
    assert is_for_admins(hass, "homeassistant.reload_all")
    assert is_for_admins(hass, "scene.reload")
    assert not is_for_admins(hass, "script.turn_on")
    assert not is_for_admins(hass, "light.turn_on")
    assert not is_for_admins(hass, "no.such")
