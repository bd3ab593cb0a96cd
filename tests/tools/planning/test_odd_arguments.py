"""Arguments and results that no schema allows: an error for the model, and no more."""

from typing import Any

from homeassistant.components import conversation
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm
import probatio
import pytest

from custom_components.chatterbox.tools.dispatch.limits import DispatchOptions
from custom_components.chatterbox.tools.planning.plan import plan_call
from tests.home import Agent

from ..exposure.exposed_home import Home, context, make_home

ODD: list[Any] = [
    None,
    True,
    10**400,
    1e300,
    "",
    "all",
    "P99999999999999D",
    "99:99",
    "9999-12-31T23:59:59+99:00",
    "1,000",
    "[" * 100_000,
    "#gggggg",
    [[]],
    [{}],
    {"entity_id": [{}]},
    {"area_id": {"a": 1}},
    {"hours": 10**400},
    {"": None},
]
SERVICES = [
    "light.turn_on",
    "light.turn_off",
    "media_player.join",
    "media_player.play_media",
    "media_player.volume_set",
    "notify.send_message",
    "homeassistant.turn_on",
    "group.set",
    "group.remove",
]


@pytest.mark.parametrize("service", SERVICES)
async def test_any_argument_is_taken_or_refused(
    hass: HomeAssistant, service: str
) -> None:
    """Nothing but a refusal that says why comes of an odd argument."""
    home: Home = await make_home(hass)
    tool = await home.tool(service)
    names = {*tool.json_schema["properties"], "target", "entity_id", "device"}
    for name in sorted(names):
        for value in ODD:
            args = {name: value}
            call = llm.ToolInput(tool.name, args)
            plan_call(hass, tool, call, context(), DispatchOptions())
            try:
                tool.resolve(hass, args, context())
            except (HomeAssistantError, probatio.Invalid) as err:
                assert str(err)  # noqa: PT017


async def test_a_result_that_is_no_object_becomes_one(agent: Agent) -> None:
    """What tells the model more has somewhere to put it."""

    async def numbers(_: dict[str, Any]) -> Any:
        return llm.ToolResult(data=[1, 2])  # type: ignore[arg-type]

    agent.tool("numbers", numbers)
    agent.server.call(("numbers", {}))
    agent.server.reply("One and two.")
    result = await agent.say("Count")
    contents = agent.log(result.conversation_id or "")
    (told,) = [c for c in contents if isinstance(c, conversation.ToolResultContent)]
    assert told.result.data == {"result": [1, 2]}
