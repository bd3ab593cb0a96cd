"""Tests for actions that Home Assistant understands and the model does not call."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
import pytest

from custom_components.chatterbox.agent.claims import Claims
from custom_components.chatterbox.agent.missed_mentions import Sentence
from custom_components.chatterbox.agent.opposites import is_not_what_was_asked
from scripts.demo_model import ModelServer

from ..home import Agent, setup_agent, spoken
from ..house import House, make_house


@pytest.fixture
async def house(hass: HomeAssistant) -> House:
    """Give a house with a lamp and a lock."""
    house = await make_house(hass, "lock")
    kitchen = house.area("Kitchen")
    house.entity("light.lamp", "Big Lamp", "on", area=kitchen)
    house.entity("light.other", "Small Lamp", "on", area=kitchen)
    house.entity("lock.door", "Front Door", "locked", area=kitchen)
    hass.services.async_register("lock", "unlock", house.handle)
    return house


@pytest.fixture
async def agent(hass: HomeAssistant, model_server: ModelServer, house: House) -> Agent:
    """Give an agent that controls the house."""
    return await setup_agent(hass, model_server, llm_hass_api=["assist"])


async def test_what_was_not_called_is_asked_for_and_then_done(
    agent: Agent, model_server: ModelServer, house: House
) -> None:
    model_server.reply("The big lamp is off now.")
    model_server.reply("I turned it off.")
    result, deltas = await agent.say_streamed("turn off the big lamp")
    assert [call.data["entity_id"] for call in house.calls] == [["light.lamp"]]
    assert spoken(result) == "Done: Big Lamp."
    assert "off now" not in str(deltas)
    assert len(model_server.requests) == 2
    assert "Nothing was called" in model_server.requests[1].messages[-1]["content"]


async def test_the_model_may_call_it_after_all(
    agent: Agent, model_server: ModelServer, house: House
) -> None:
    model_server.reply("The big lamp is off now.")
    model_server.call(
        ("intent__HassTurnOff", {"name": "Big Lamp"}), ("reply", {"say": "It is off."})
    )
    result = await agent.say("turn off the big lamp")
    assert spoken(result) == "It is off."
    assert len(house.calls) == 1


@pytest.mark.parametrize(
    "answer", ["I can't do that.", "Which lamp do you mean?", "Sorry, that failed."]
)
async def test_a_refusal_or_a_question_back_is_spoken(
    agent: Agent, model_server: ModelServer, house: House, answer: str
) -> None:
    model_server.reply(*(f"{word} " for word in answer.split()))
    result = await agent.say("turn off the big lamp")
    assert spoken(result).strip() == answer
    assert len(model_server.requests) == 1
    assert house.calls == []


@pytest.mark.parametrize(
    "sentence",
    [
        pytest.param("turn off the big lamp in ten minutes", id="later"),
        pytest.param("turn off the big lamp if it is dark", id="a condition"),
        pytest.param("should I turn off the big lamp", id="a question"),
        pytest.param("make the enormous lamp dark", id="not understood"),
    ],
)
async def test_nothing_else_is_held_or_done(
    agent: Agent, model_server: ModelServer, house: House, sentence: str
) -> None:
    first = "I have heard what you would like to be done, word for word and all. "
    model_server.reply(first, "As you ", "like.")
    result, deltas = await agent.say_streamed(sentence)
    assert spoken(result) == f"{first}As you like."
    heard = [delta["content"] for delta in deltas if delta.get("content")]
    assert heard == [first, "As you ", "like."]
    assert len(model_server.requests) == 1
    assert house.calls == []


async def test_danger_is_held_until_it_is_known_that_nothing_is_called(
    agent: Agent, model_server: ModelServer, house: House
) -> None:
    model_server.reply("I have heard what you would like, ", "and that is all.")
    _, deltas = await agent.say_streamed("unlock the front door")
    heard = [delta["content"] for delta in deltas if delta.get("content")]
    assert heard == ["I have heard what you would like, and that is all."]
    assert len(model_server.requests) == 1
    assert house.calls == []


async def test_what_was_called_is_not_done_again(
    agent: Agent, model_server: ModelServer, house: House
) -> None:
    model_server.call(("intent__HassTurnOff", {"name": "Big Lamp"}))
    model_server.reply("The big lamp is off.")
    result = await agent.say("turn off the big lamp")
    assert spoken(result) == "The big lamp is off."
    assert len(house.calls) == 1
    assert len(model_server.requests) == 2


async def test_the_opposite_of_what_was_asked_is_not_done(
    agent: Agent, model_server: ModelServer, house: House
) -> None:
    model_server.call(("intent__HassTurnOff", {"name": "Big Lamp"}))
    model_server.reply("The big lamp is on now.")
    model_server.call(("intent__HassTurnOn", {"name": "Big Lamp"}))
    model_server.reply("The big lamp is on.")
    result = await agent.say("turn on the big lamp")
    assert spoken(result) == "The big lamp is on."
    assert "not what the person asked" in str(model_server.requests[2].messages[-1])


@pytest.mark.parametrize(
    ("sentence", "tool", "args", "other"),
    [
        ("Close the curtain", "HassSetPosition", {"position": 100}, True),
        ("Close the curtain", "HassSetPosition", {"position": 0}, False),
        ("Close the curtain", "cover__close_cover", {}, False),
        ("Close it and open the window", "cover__open_cover", {}, False),
        ("The door is open again", "HassTurnOff", {}, False),
        ("Turn off the lights", "HassLightSet", {"brightness": 50}, True),
        ("Turn off the lights", "HassLightSet", {"brightness": 0}, False),
        ("Turn off the lamp on the desk", "HassTurnOn", {}, False),
        ("Turn off the TV", "HassTurnOn", {"domain": ["script"]}, False),
        ("Turn off the music", "HassMediaPause", {}, True),
        ("Öffne das Fenster", "HassTurnOff", {}, True),
        ("Make it cosy", "HassTurnOff", {}, False),
    ],
)
def test_what_is_not_what_was_asked(
    sentence: str, tool: str, args: dict[str, Any], other: bool
) -> None:
    called = llm.ToolInput(tool_name=tool, tool_args=args)
    assert is_not_what_was_asked(sentence, None, called) is other


async def test_what_is_not_understood_is_asked_for_once_more_and_not_done(
    agent: Agent, model_server: ModelServer, house: House
) -> None:
    model_server.reply("It is off now.")
    model_server.reply("I have turned it off.")
    result = await agent.say("please turn off the enormous lamp")
    assert spoken(result) == "Sorry, I found no answer to that."
    assert len(model_server.requests) == 2
    assert house.calls == []


async def test_a_reply_without_any_call_is_not_spoken_for_done(
    agent: Agent, model_server: ModelServer, house: House
) -> None:
    model_server.call(("reply", {"say": "The lamp is off."}))
    model_server.call(
        ("intent__HassTurnOff", {"name": "Big Lamp"}), ("reply", {"say": "It is off."})
    )
    result = await agent.say("please turn off the enormous lamp")
    assert spoken(result) == "It is off."
    assert len(house.calls) == 1


@pytest.mark.parametrize(
    ("sentence", "answer", "entity_id", "state"),
    [
        (
            "please turn off the enormous lamp",
            "The big lamp is already off.",
            "light.lamp",
            "off",
        ),
        ("lock the front door", "It is already locked.", "lock.door", "locked"),
        ("turn the big lamp off", "The Big Lamp is already off.", "light.lamp", "off"),
    ],
)
async def test_what_is_so_already_is_spoken(
    agent: Agent,
    model_server: ModelServer,
    house: House,
    sentence: str,
    answer: str,
    entity_id: str,
    state: str,
) -> None:
    house.hass.states.async_set(entity_id, state)
    model_server.reply(answer)
    result = await agent.say(sentence)
    assert spoken(result) == answer
    assert len(model_server.requests) == 1


@pytest.mark.parametrize(
    ("sentence", "answer", "so"),
    [
        (
            "lock the front door",
            "The lock is already locked.",
            "Front Door is unlocked",
        ),
        ("lock the front door", "It is locked already.", "Front Door is unlocked"),
        (
            "Now the big lamp too",
            "Big Lamp is already off.",
            "Big Lamp is on, not off.",
        ),
        ("Die Big Lamp auch", "Big Lamp ist bereits off.", "Big Lamp is on, not off."),
    ],
)
async def test_what_is_not_so_already_is_not_spoken(
    agent: Agent,
    model_server: ModelServer,
    house: House,
    sentence: str,
    answer: str,
    so: str,
) -> None:
    house.hass.states.async_set("lock.door", "unlocked")
    for _ in range(2):
        model_server.reply(answer)
    result, deltas = await agent.say_streamed(sentence)
    assert spoken(result) == "Sorry, I found no answer to that."
    assert "already" not in str(deltas)
    assert so in model_server.requests[1].messages[-1]["content"]
    assert house.calls == []


async def test_it_is_not_said_to_be_off_where_it_was_turned_on_again(
    agent: Agent, model_server: ModelServer, house: House
) -> None:
    model_server.call(("intent__HassTurnOff", {"name": "Big Lamp"}))
    model_server.call(("intent__HassTurnOn", {"name": "Big Lamp"}))
    model_server.reply("The big lamp ", "is now off.")
    model_server.reply("The big lamp is on.")
    result, deltas = await agent.say_streamed("blink the big lamp")
    assert spoken(result) == "The big lamp is on."
    assert "now off" not in str(deltas)
    told = model_server.requests[3].messages[-1]["content"]
    assert "Big Lamp is on, not off." in told


async def test_one_that_insists_is_not_heard(
    agent: Agent, model_server: ModelServer, house: House
) -> None:
    model_server.call(("intent__HassTurnOff", {"name": "Big Lamp"}))
    model_server.call(
        ("intent__HassTurnOn", {"name": "Big Lamp"}),
    )
    model_server.call(("reply", {"say": "The big lamp is off."}))
    model_server.reply("The big lamp is off.")
    model_server.reply("It is off.")
    result, deltas = await agent.say_streamed("blink the big lamp")
    assert spoken(result) == "Done: Big Lamp."
    assert "is off" not in str([d.get("content") for d in deltas])


@pytest.mark.parametrize(
    ("sentence", "answer", "claims"),
    [
        ("No, the ceiling light", "The lights in the bedroom are turned on.", True),
        ("The other one off", "I've now switched it off.", True),
        ("And off again", "The reading lamp is now off.", True),
        ("Now dim it", "Done: Reading Lamp.", True),
        ("Und dunkler", "Erledigt: Leselampe.", True),
        ("Is it done", "Done: Reading Lamp.", False),
        ("Und wieder aus", "Die Leselampe ist jetzt aus.", True),
        ("Das andere auch", "Ich habe das Licht ausgeschaltet.", True),
        ("L'autre aussi", "J'ai éteint la lampe.", True),
        ("La otra", "He apagado la lámpara.", True),
        ("Anche l'altra", "Ho spento la lampada.", True),
        ("De andere ook", "Ik heb de lamp uitgezet.", True),
        ("which lights are on", "The lights in the hall are turned on.", False),
        ("welche Lampen sind an", "In der Küche ist das Licht eingeschaltet.", False),
        ("it is dark", "Shall I turn on the light?", False),
        ("hello", "Hello, how can I help?", False),
    ],
)
def test_what_claims_an_action(
    hass: HomeAssistant, sentence: str, answer: str, claims: bool
) -> None:
    said = Claims("en", sentence=Sentence(hass, "conversation", sentence))
    assert said.release(answer) == ("" if claims else answer)


async def test_a_claim_without_any_call_is_not_spoken(
    agent: Agent, model_server: ModelServer, house: House
) -> None:
    model_server.reply("The big lamp is turned off.")
    model_server.call(("intent__HassTurnOff", {"name": "Big Lamp"}))
    model_server.reply("The big lamp is off.")
    result, deltas = await agent.say_streamed("no, the big one")
    assert spoken(result) == "The big lamp is off."
    assert "turned off" not in str(deltas)
    assert len(house.calls) == 1
