"""Tests for services as tools: what is sent to them, and what comes back."""

import asyncio
from datetime import datetime
from enum import StrEnum
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import (
    Context,
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import llm
from homeassistant.helpers.service import async_set_service_schema
import probatio
import pytest

from custom_components.chatterbox.tools.calls import ToolError
from scripts.demo_model import ModelServer, whole_call

from ...home import setup_agent, spoken
from ...test_conversation import tool_messages
from ..exposure.exposed_home import ASSISTANT, Home, context, make_home

LOOK_UP = {
    "name": "Look up",
    "description": "Looks something\n up.",
    "fields": {
        "level": {
            "required": True,
            "description": "How much",
            "selector": {"number": {"min": 0, "max": 100, "unit_of_measurement": "%"}},
        },
        "mode": {"selector": {"select": {"options": ["eco", "fast"]}}},
        "silent": {"selector": {"boolean": {}}},
        "words": {"selector": {"text": {"multiple": True}}},
        "extra": {"selector": {"object": {}}},
        "player": {"selector": {"entity": {"domain": "media_player"}}},
    },
}


@pytest.fixture
async def home(hass: HomeAssistant) -> Home:
    """Return a home with a hidden den and a hidden cellar."""
    return await make_home(hass)


class Almanac:
    """A service that remembers its calls, and answers or fails as it is told."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Register it."""
        self.calls: list[ServiceCall] = []
        self.answer: ServiceResponse = {}
        self.error: Exception | None = None
        self.ended = False
        self.released = asyncio.Event()
        self.released.set()
        hass.services.async_register(
            "almanac",
            "look_up",
            self._async_look_up,
            supports_response=SupportsResponse.OPTIONAL,
        )
        async_set_service_schema(hass, "almanac", "look_up", LOOK_UP)

    async def _async_look_up(self, call: ServiceCall) -> ServiceResponse:
        self.calls.append(call)
        await self.released.wait()
        self.ended = True
        if self.error:
            raise self.error
        return self.answer

    @property
    def data(self) -> dict[str, Any]:
        """Return what the last call brought."""
        return dict(self.calls[-1].data)


@pytest.fixture
def almanac(home: Home) -> Almanac:
    """Register a service of many fields."""
    return Almanac(home.hass)


async def test_schema(home: Home, almanac: Almanac) -> None:
    """One parameter per field, with what its selector says."""
    tool = await home.tool("almanac.look_up")
    assert tool.name == "almanac__look_up"
    assert tool.integration == "almanac"
    assert tool.title == "Look up"
    assert tool.description == "Looks something up."
    assert tool.json_schema == {
        "type": "object",
        "properties": {
            "level": {
                "description": "How much (%)",
                "type": "number",
                "minimum": 0,
                "maximum": 100,
            },
            "mode": {"type": "string", "enum": ["eco", "fast"]},
            "silent": {"type": "boolean"},
            "words": {"type": "array", "items": {"type": "string"}},
            "extra": {"type": "object"},
            "player": {"description": "name or id", "type": "string"},
        },
        "required": ["level"],
        "additionalProperties": False,
    }


async def test_other_users_of_tools_get_parameters(
    home: Home, almanac: Almanac
) -> None:
    """The tool serves an MCP server, which reads `parameters`, as well."""
    tool = await home.tool("almanac.look_up")
    schema = probatio.to_openapi(
        tool.parameters,
        custom_serializer=llm.selector_serializer,
        openapi_version="3.1.0",
    )
    assert list(schema["properties"]) == list(tool.json_schema["properties"])
    assert schema["required"] == ["level"]
    light = await home.tool("light.turn_on")
    assert (
        "area"
        in probatio.to_openapi(
            light.parameters, custom_serializer=llm.selector_serializer
        )["properties"]
    )


async def test_near_misses_are_mended(home: Home, almanac: Almanac) -> None:
    """What has one meaning is passed on as the service takes it."""
    await home.call(
        "almanac.look_up",
        level="50%",
        mode="ECO",
        silent="true",
        words="milk",
        extra='{"a": 1}',
        player="radio",
    )
    assert almanac.data == {
        "level": 50,
        "mode": "eco",
        "silent": True,
        "words": ["milk"],
        "extra": {"a": 1},
        "player": "media_player.radio",
    }


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({}, "level is missing"),
        ({"level": None}, "level is missing"),
        ({"level": 101}, "level: 101 is out of range: 0 to 100 %"),
        ({"level": "high"}, 'level: "high" is not a number'),
        ({"level": 1, "mode": "slow"}, 'mode: "slow" is not one of: eco, fast'),
        ({"level": 1, "speed": 2}, "'speed' is not an argument of almanac__look_up"),
        ({"level": 1, "area": "Kitchen"}, "It takes: level, mode, silent"),
        ({"level": 1, "player": "Walkman"}, 'There is: "Radio" (media_player.radio'),
    ],
)
async def test_what_is_refused(
    home: Home, almanac: Almanac, args: dict[str, Any], says: str
) -> None:
    """The message says what is accepted; the service is not called."""
    with pytest.raises(ToolError) as refused:
        await home.call("almanac.look_up", **args)
    assert says in str(refused.value)
    assert not almanac.calls


async def test_null_is_nothing(home: Home, almanac: Almanac) -> None:
    """Models write null for what they leave out."""
    await home.call("almanac.look_up", level=1, mode=None, player=None)
    assert almanac.data == {"level": 1}


async def test_call_is_made_in_the_users_name(home: Home, almanac: Almanac) -> None:
    """So that the logbook shows who did it."""
    tool = await home.tool("almanac.look_up")
    spoken_by = context()
    spoken_by.context = Context(user_id=None, parent_id="sentence")
    await tool.async_call(home.hass, llm.ToolInput(tool.name, {"level": 1}), spoken_by)
    assert almanac.calls[0].context is spoken_by.context


class Mood(StrEnum):
    """What a response may hold."""

    GOOD = "good"


async def test_response_is_returned_as_json(home: Home, almanac: Almanac) -> None:
    """Whatever a service answers, a model can read."""
    almanac.answer = {"at": datetime(2026, 11, 23, 7), "moods": {Mood.GOOD}}
    result = await home.call("almanac.look_up", level=1)
    assert result.data == {"at": "2026-11-23T07:00:00", "moods": ["good"]}
    assert not result.error


async def test_long_response_is_shortened(home: Home, almanac: Almanac) -> None:
    """To what a model is asked to read for one answer."""
    almanac.answer = {"lines": ["x" * 100] * 1000}
    result = await home.call("almanac.look_up", level=1)
    lines = result.data["lines"]
    assert lines[-1] == {"left_out": 1001 - len(lines)}


async def test_translated_error_reaches_the_model(home: Home) -> None:
    """Home Assistant's own words say what is wrong."""
    home.hass.services.async_register(
        "almanac", "fail", _raise(ServiceValidationError("No such day"))
    )
    with pytest.raises(ServiceValidationError, match="No such day"):
        await home.call("almanac.fail")


def _raise(error: Exception) -> Any:
    async def service(_: ServiceCall) -> None:
        raise error

    return service


async def test_targets_are_called_and_named(home: Home) -> None:
    """The result says what was acted on."""
    result = await home.call("light.turn_on", area="Kitchen", brightness_pct="40%")
    assert result.data == {"success": True, "entity_ids": ["light.kitchen"]}
    (call,) = home.calls
    assert call == ("light.kitchen", "turn_on", {"brightness": 102})


async def test_unavailable_target_is_no_success(home: Home) -> None:
    """Home Assistant passes over it in silence; the model is told."""
    home.hass.states.async_set("light.kitchen", "unavailable")
    with pytest.raises(ToolError, match=r"light.kitchen cannot be reached"):
        await home.call("light.turn_on", name="Kitchen light")
    result = await home.call("light.turn_on", floor="Ground floor")
    assert result.data == {
        "success": True,
        "entity_ids": ["light.bedroom"],
        "unavailable": ["light.kitchen"],
    }


async def test_volume_in_an_area(home: Home) -> None:
    """A player is known by where it is."""
    await home.call("media_player.volume_set", area="Bedroom", volume_level="30%")
    assert home.calls == [("media_player.tv", "volume_set", {"volume": 0.3})]


async def test_resolved_call(home: Home) -> None:
    """What a call touches is known before it runs."""
    tool = await home.tool("media_player.join")
    call = tool.resolve(
        home.hass,
        {"entity_id": "TV", "group_members": ["Radio"]},
        context(),
    )
    assert call.entity_ids == ("media_player.tv",)
    assert call.data == {"group_members": ["media_player.radio"]}
    assert call.referenced == ("media_player.radio",)
    assert call.service_data["entity_id"] == ["media_player.tv"]
    assert not home.calls


async def test_field_that_is_called_as_a_part_of_the_target(home: Home) -> None:
    """The field keeps its name, the target's part gets another."""
    home.hass.services.async_register("test", "rename", lambda _: None)
    async_set_service_schema(
        home.hass,
        "test",
        "rename",
        {
            "target": {"entity": {"domain": "light"}},
            "fields": {"name": {"selector": {"text": {}}}},
        },
    )
    tool = await home.tool("test.rename")
    assert {"target_name", "name", "area"} <= set(tool.json_schema["properties"])
    call = tool.resolve(
        home.hass, {"target_name": "Kitchen light", "name": "Sun"}, context()
    )
    assert call.service_data == {"name": "Sun", "entity_id": ["light.kitchen"]}


async def test_what_fails_is_told_to_the_model_and_nothing_else_breaks(
    home: Home, almanac: Almanac, model_server: ModelServer
) -> None:
    """In a turn, an error of a service is the result of its call."""
    agent = await setup_agent(
        home.hass, model_server, services=["almanac.look_up", "light.turn_on"]
    )
    almanac.error = ServiceValidationError("No such day")
    model_server.script(
        *whole_call("almanac__look_up", {"level": 1}, index=0, id="a"),
        *whole_call("light__turn_on", {"name": "Den lamp"}, index=1, id="b"),
        *whole_call("light__turn_on", {"area": "Kitchen"}, index=2, id="c"),
    )
    model_server.reply("There is no such day.")
    assert spoken(await agent.say("Look up the day")) == "There is no such day."
    failed, refused, done = tool_messages(model_server)
    assert "No such day" in failed["error"]
    assert "light.den" not in refused["error"]
    assert done["success"] is True
    assert home.reached == {"light.kitchen"}


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"services_not_awaited": ["almanac.look_up"]}, id="not awaited"),
        pytest.param(
            {"tool_deadlines": [{"tool": "almanac.look_up", "seconds": 0.05}]},
            id="past its deadline",
        ),
    ],
)
async def test_action_that_goes_on(
    home: Home, almanac: Almanac, model_server: ModelServer, options: dict[str, Any]
) -> None:
    """The model is told that it is still running; it has not failed, nor is it cut off."""
    agent = await setup_agent(
        home.hass, model_server, services=["almanac.look_up"], **options
    )
    almanac.released.clear()
    model_server.script(*whole_call("almanac__look_up", {"level": 1}))
    model_server.reply("It has started.")
    assert spoken(await agent.say("Look it up")) == "It has started."
    (told,) = tool_messages(model_server)
    assert told["status"] == "started, still running"
    assert not almanac.ended
    almanac.released.set()
    await home.hass.async_block_till_done()
    assert almanac.ended


async def test_hidden_between_listing_and_call(
    home: Home, model_server: ModelServer
) -> None:
    """A turn that has begun does not keep what is no longer exposed."""
    agent = await setup_agent(home.hass, model_server, services=["light.turn_on"])
    async_expose_entity(home.hass, ASSISTANT, "light.kitchen", False)
    model_server.script(*whole_call("light__turn_on", {"area": "Kitchen"}))
    model_server.reply("There is none.")
    await agent.say("Light the kitchen")
    (told,) = tool_messages(model_server)
    assert "error" in told
    assert not home.calls
