"""Tests of half done, all claimed."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.chatterbox.agent.missed_mentions import Reached, Sentence
from scripts.demo_model import ModelServer

from ..home import Agent, setup_agent, spoken
from ..house import House, make_house


@pytest.fixture
async def house(hass: HomeAssistant) -> House:
    """Give a house with lamps, one of them on."""
    house = await make_house(hass)
    kitchen = house.area("Kitchen")
    house.entity("light.big", "Big Lamp", "off", area=kitchen)
    house.entity("light.small", "Small Lamp", "on", area=kitchen)
    house.entity("light.top", "Lamp", "on", area=kitchen)
    house.entity("light.desk", "Desk Light", "off", area=kitchen)
    house.entity("sensor.warm", "Warmth", "21", area=kitchen)
    return house


@pytest.mark.parametrize(
    ("sentence", "items", "beside"),
    [
        ("put milk and eggs on the list", ["milk"], {"eggs"}),
        ("put milk and eggs on the list", ["eggs"], {"milk"}),
        ("put milk and eggs on the list", ["milk", "eggs"], set()),
        ("put milk and eggs on the list", ["milk and eggs"], set()),
        ("add milk, brown bread and some eggs", ["milk", "eggs"], {"brown", "bread"}),
        ("add milk, ham and eggs please", ["milk"], {"ham", "eggs"}),
        ("Setz Milch und Eier auf die Liste", ["Milch"], {"eier"}),
        ("Ajoute du lait et des œufs", ["lait"], {"œufs"}),
        ("Aggiungi latte e uova", ["latte"], {"uova"}),
        ("put milk on the list", ["milk"], set()),
        ("if there is no milk and eggs, add milk", ["milk"], set()),
    ],
)
async def test_items_beside_those_that_were_added(
    hass: HomeAssistant, sentence: str, items: list[str], beside: set[str]
) -> None:
    reached = [Reached(frozenset(i.casefold().split()), i) for i in items]
    assert set(Sentence(hass, "conversation", sentence).unreached(reached)) == beside


@pytest.mark.parametrize(
    ("sentence", "reached", "left"),
    [
        ("big lamp and small lamp off", "big lamp", ["Small Lamp"]),
        ("big lamp and small lamp off", "big lamp small lamp", []),
        ("big lamp off, how warm is the warmth", "big lamp", []),
        ("big lamp off but not the small lamp", "big lamp", []),
        ("big lamp off", "big lamp", []),
        ("turn off the big lamp, turn on the desk light", "big lamp", ["Desk Light"]),
        ("turn off the big lamp and turn on the small lamp", "big lamp", []),
        ("turn on the big lamp then turn off the desk light", "big lamp", []),
        ("turn off big lamp and close the desk light", "big lamp", []),
        ("big lamp off, desk light on", "big lamp", ["Desk Light"]),
        ("Tischlampe: big lamp aus, desk light an", "big lamp", ["Desk Light"]),
        ("big lamp on, desk light off", "big lamp", []),
    ],
)
async def test_things_beside_those_that_were_reached(
    hass: HomeAssistant, house: House, sentence: str, reached: str, left: list[str]
) -> None:
    call = Reached(frozenset(reached.split()))
    found = Sentence(hass, "conversation", sentence).unreached([call])
    assert list(found) == left


@pytest.fixture
async def agent(hass: HomeAssistant, model_server: ModelServer, house: House) -> Agent:
    """Give an agent with a list beside the house."""
    agent = await setup_agent(hass, model_server, llm_hass_api=["assist", "test_api"])

    async def add(args: dict[str, Any]) -> str:
        return "added"

    agent.tool("add", add)
    return agent


async def test_half_done_is_not_said_to_be_all_done(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.call(("add", {"item": "milk"}))
    model_server.reply("I added milk ", "and eggs to the list.")
    result, deltas = await agent.say_streamed("put milk and eggs on the list")
    assert spoken(result) == "milk is done, but this did not work: eggs."
    assert "and eggs to" not in str(deltas)
    assert len(model_server.requests) == 2


async def test_a_closing_that_claims_no_more_is_spoken(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.call(("add", {"item": "milk"}))
    model_server.reply("I added milk.")
    result = await agent.say("put milk and eggs on the list")
    assert spoken(result) == "I added milk."


async def test_a_reply_that_claims_all_gets_the_rest_called(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.call(
        ("add", {"item": "milk"}), ("reply", {"say": "Milk and eggs are on it."})
    )
    model_server.call(("add", {"item": "eggs"}))
    model_server.reply("Milk and eggs are on it.")
    result = await agent.say("put milk and eggs on the list")
    assert spoken(result) == "Milk and eggs are on it."


async def test_nothing_is_held_where_all_was_reached(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.call(("add", {"item": "milk"}), ("add", {"item": "eggs"}))
    model_server.reply("Milk and ", "eggs are on it.")
    _, deltas = await agent.say_streamed("put milk and eggs on the list")
    texts = [delta["content"] for delta in deltas if delta.get("content")]
    assert texts == ["Milk and ", "eggs are on it."]
