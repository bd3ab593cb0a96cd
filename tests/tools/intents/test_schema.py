"""Tests for what a model is told of an intent's parameters."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
import pytest

from custom_components.chatterbox.agent.tool_specs import build_tool_specs
from custom_components.chatterbox.tools.api import ChatterboxAPI

from ...house import House, make_house


@pytest.fixture
async def house(hass: HomeAssistant) -> House:
    """Give a house on one floor with one kind of cover."""
    house = await make_house(hass, "media_player")
    kitchen = house.area("Kitchen", "Ground Floor")
    house.entity("light.one", "Lamp", area=kitchen)
    house.entity("cover.one", "Blind", area=kitchen, device_class="blind")
    house.entity("media_player.one", "Radio", area=kitchen, supported_features=4)
    return house


async def parameters(hass: HomeAssistant, tool: str) -> dict[str, Any]:
    """Return the parameters of a tool."""
    nobody = llm.LLMContext("chatterbox", None, "en", "conversation", None)
    toolbox = await ChatterboxAPI(hass, ["assist"]).async_get_api_instance(nobody)
    (spec,) = (spec for spec in build_tool_specs(toolbox) if spec.name == tool)
    properties = spec.parameters["properties"]
    assert isinstance(properties, dict)
    return properties


async def test_what_tells_nothing_apart_is_left_out(house: House) -> None:
    assert set(await parameters(house.hass, "intent__HassTurnOn")) == {
        "name",
        "area",
        "domain",
    }
    assert set(await parameters(house.hass, "media_player__HassSetVolume")) == {
        "name",
        "area",
        "volume_level",
    }


async def test_floors_and_classes_that_tell_things_apart_are_there(
    house: House,
) -> None:
    attic = house.area("Attic", "Roof")
    house.entity("cover.two", "Roof Window", area=attic, device_class="window")
    turn_on = await parameters(house.hass, "intent__HassTurnOn")
    assert "floor" in turn_on
    assert turn_on["device_class"]["enum"] == ["blind", "window"]
    assert "device_class" not in await parameters(
        house.hass, "media_player__HassSetVolume"
    )


async def test_what_is_hidden_tells_nothing_apart(house: House) -> None:
    attic = house.area("Attic", "Roof")
    house.entity(
        "cover.two", "Roof Window", area=attic, device_class="window", exposed=False
    )
    turn_on = await parameters(house.hass, "intent__HassTurnOn")
    assert not turn_on.keys() & {"floor", "device_class"}


async def test_kinds_of_one_domain_are_called_by_name(house: House) -> None:
    house.entity("media_player.two", "Radio 2", supported_features=8, device_class="tv")
    house.entity(
        "media_player.three", "Radio 3", supported_features=8, device_class="speaker"
    )
    assert set(await parameters(house.hass, "media_player__HassMediaPlayerMute")) == {
        "name",
        "area",
    }
