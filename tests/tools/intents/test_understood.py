"""A look at the home, with arguments that the tool does not take."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest

from scripts.demo_model import ModelServer

from ...home import Agent, setup_agent, spoken
from ...house import House, make_house
from ...test_conversation import tool_messages

LOOK = "homeassistant__GetLiveContext"


@pytest.fixture
async def house(hass: HomeAssistant) -> House:
    """Give a house of two floors, the upper one of one room."""
    house = await make_house(hass)
    kitchen = house.area("Kitchen", "Ground Floor")
    hall = house.area("Hall", "Ground Floor")
    bedroom = house.area("Bedroom", "Upstairs")
    house.entity("light.kitchen", "Kitchen Lamp", area=kitchen)
    house.entity("light.hall", "Hall Lamp", area=hall)
    house.entity("light.bedroom", "Bedroom Lamp", area=bedroom)
    return house


@pytest.fixture
async def agent(hass: HomeAssistant, model_server: ModelServer, house: House) -> Agent:
    """Give an agent that reads the house."""
    return await setup_agent(hass, model_server, llm_hass_api=["assist"])


KITCHEN, HALL, BEDROOM = "Kitchen Lamp", "Hall Lamp", "Bedroom Lamp"


@pytest.mark.parametrize(
    ("args", "read"),
    [
        ({"area": "Hall", "floor": "Ground Floor"}, {HALL}),
        ({"name": KITCHEN, "floor": "Cellar"}, {KITCHEN}),
        ({"floor": "Upstairs"}, {BEDROOM}),
        ({"floor": "upstairs", "domain": "light"}, {BEDROOM}),
        ({"floor": "Ground Floor"}, {KITCHEN, HALL, BEDROOM}),
        ({"floor": "Kitchen"}, {KITCHEN}),
        ({"floor": "", "area": "", "name": HALL}, {HALL}),
        ({"domain": "light", "device_class": "lamp"}, {KITCHEN, HALL, BEDROOM}),
        ({"area": "Hall"}, {HALL}),
        ({}, {KITCHEN, HALL, BEDROOM}),
    ],
)
async def test_what_the_tool_does_not_take_is_honoured_or_left_out(
    agent: Agent, model_server: ModelServer, args: dict[str, Any], read: set[str]
) -> None:
    model_server.call((LOOK, args))
    model_server.reply("It is dark.")
    assert spoken(await agent.say("is it dark")) == "It is dark."
    result = str(tool_messages(model_server)[-1])
    assert {name for name in (KITCHEN, HALL, BEDROOM) if name in result} == read


@pytest.mark.parametrize("name", ["Dusty", ""])
async def test_what_cannot_do_it_is_named(
    hass: HomeAssistant, model_server: ModelServer, house: House, name: str
) -> None:
    assert await async_setup_component(hass, "vacuum", {})
    house.entity("vacuum.dusty", "Dusty", "docked", supported_features=8192)
    agent = await setup_agent(hass, model_server, llm_hass_api=["assist"])
    args = {"area": "Hall", "name": name}
    model_server.call(("vacuum__HassVacuumCleanArea", args))
    model_server.reply("It could not.")
    await agent.say("Send Dusty to the hall")
    error = tool_messages(model_server)[-1]["error"]
    assert '"Dusty" (vacuum) cannot do this. Nothing was done.' in error


async def test_a_floor_that_is_none_is_told(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.call((LOOK, {"floor": "Cellar", "domain": "light"}))
    model_server.reply("There is no cellar.")
    await agent.say("is it dark in the cellar")
    error = tool_messages(model_server)[-1]["error"]
    assert 'There is no floor "Cellar". There is: Ground Floor, Upstairs.' in error
