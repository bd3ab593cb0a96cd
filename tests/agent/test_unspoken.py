"""Tests of what a model writes and nobody hears."""

import json

import pytest

from custom_components.chatterbox.agent.unspoken import Unspoken
from scripts.demo_model import ModelServer

from ..home import Agent, spoken
from ..test_conversation import returns


def heard(*pieces: str, announces: bool = False, placeholders: bool = True) -> str:
    """Return what is spoken of an answer."""
    unspoken = Unspoken(announces, placeholders)
    return "".join(map(unspoken.feed, pieces)) + unspoken.end()


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("It is [value from tool] now.", "It is "),
        ("It is [temperature].", "It is "),
        ("It is [insert_temperature_here].", "It is "),
        ("Es ist [Wert aus dem Werkzeug].", "Es ist "),
        ("It is {temperature} degrees.", "It is "),
        ("It is {{ states('sensor.hall') }}.", "It is "),
        ("It is <current temperature>.", "It is "),
        ("It is [21] degrees.", None),
        ("See [the manual](https://example.com).", None),
        ("- [ ] milk\n- [x] eggs", None),
        ("Press [Enter].", None),
        ('{"name": "on"}', None),
        ("a <b>bold</b> word", None),
        ("x < y, {a}, [", None),
    ],
)
def test_nothing_is_spoken_from_a_placeholder_on(text: str, spoken: str | None) -> None:
    expected = text if spoken is None else spoken
    assert heard(text) == expected
    assert heard(*text) == expected


def test_who_reads_sees_it_all() -> None:
    assert heard("Use {name} here.", placeholders=False) == "Use {name} here."


def test_the_first_sentence_waits_for_a_call_that_it_announces() -> None:
    unspoken = Unspoken(announces=True, placeholders=True)
    assert unspoken.feed("To switch the lamp, you can use the following command:") == ""
    unspoken.drop()
    assert unspoken.end() == ""
    assert heard("It is on.", announces=True) == "It is on."


def test_it_waits_no_longer_than_home_assistant() -> None:
    unspoken = Unspoken(announces=True, placeholders=True)
    assert unspoken.feed("It is on. ") == ""
    first = "The lamp in the hall is the only one that is on at the moment."
    assert unspoken.feed(first) == ""
    assert unspoken.feed(" It") == f"It is on. {first} It"
    assert unspoken.feed(" is") == " is"


async def test_text_before_a_written_call_is_not_spoken(
    agent: Agent, model_server: ModelServer
) -> None:
    agent.tool("look", returns("sunny"))
    call = json.dumps({"name": "look", "arguments": {}})
    model_server.reply("You can use this ", "command:\n", f"```json\n{call}\n```")
    model_server.reply("It is sunny.")
    result, deltas = await agent.say_streamed("weather")
    assert spoken(result) == "It is sunny."
    assert "command" not in str(deltas)


async def test_text_before_a_real_call_is_spoken(
    agent: Agent, model_server: ModelServer
) -> None:
    agent.tool("look", returns("sunny"))
    model_server.call(("look", {}), text="Let me look.")
    model_server.reply("It is sunny.")
    _, deltas = await agent.say_streamed("weather")
    texts = [delta["content"] for delta in deltas if delta.get("content")]
    assert texts == ["Let me look.", "It is sunny."]


@pytest.mark.parametrize(
    ("sentence", "held"),
    [
        pytest.param("what is a horse", False, id="question"),
        pytest.param("the other one too", True, id="may be done"),
    ],
)
async def test_a_model_that_calls_natively_is_heard_at_once(
    agent: Agent, model_server: ModelServer, sentence: str, held: bool
) -> None:
    agent.tool("look", returns("sunny"))
    model_server.call(("look", {}))
    model_server.reply("It is sunny.")
    await agent.say("weather")
    model_server.reply("An animal", " with hooves.")
    _, deltas = await agent.say_streamed(sentence)
    texts = [delta["content"] for delta in deltas if delta.get("content")]
    whole = "An animal with hooves."
    assert texts == ([whole] if held else ["An animal", " with hooves."])


async def test_a_model_that_has_written_a_call_is_held_again(
    agent: Agent, model_server: ModelServer
) -> None:
    agent.tool("look", returns("sunny"))
    call = json.dumps({"name": "look", "arguments": {}})
    model_server.call(("look", {}))
    model_server.reply("It is sunny.")
    await agent.say("weather")
    for _ in range(2):
        model_server.reply("You can use this ", "command:\n", f"```json\n{call}\n```")
        model_server.reply("It is sunny.")
        _, deltas = await agent.say_streamed("what is the weather")
    assert "command" not in str(deltas)


@pytest.mark.parametrize("same", [False, True])
async def test_a_claim_in_pieces_is_not_heard_either(
    agent: Agent, model_server: ModelServer, same: bool
) -> None:
    """The model is known to call natively, and says done without a call."""
    agent.tool("look", returns("sunny"))
    model_server.call(("look", {}))
    model_server.reply("It is sunny.")
    first = await agent.say("weather")
    model_server.reply("I", " have", " switched", " it", " off.")
    model_server.call(("look", {}))
    model_server.reply("It is still sunny.")
    result, deltas = await agent.say_streamed(
        "the other one too", first.conversation_id if same else None
    )
    assert spoken(result) == "It is still sunny."
    assert "switched" not in str(deltas)


async def test_a_placeholder_is_asked_for_once_more(
    agent: Agent, model_server: ModelServer
) -> None:
    agent.tool("look", returns("21"))
    model_server.reply("[Temperature from the tool] degrees.")
    model_server.call(("look", {}))
    model_server.reply("21 degrees.")
    result = await agent.say("how warm is it", device_id="a satellite")
    assert spoken(result) == "21 degrees."
    assert "placeholder" in model_server.requests[1].messages[-1]["content"]


async def test_the_name_of_a_tool_is_not_spoken(
    agent: Agent, model_server: ModelServer
) -> None:
    agent.tool("look", returns("21"))
    model_server.reply("You can call `home__look` with no arguments.")
    model_server.call(("look", {}))
    model_server.reply("21 degrees.")
    result, deltas = await agent.say_streamed("how warm is it")
    assert spoken(result) == "21 degrees."
    assert "home__look" not in str(deltas)
    assert "named a tool" in model_server.requests[1].messages[-1]["content"]


async def test_a_result_that_is_repeated_is_not_heard(
    agent: Agent, model_server: ModelServer
) -> None:
    """In the tag that its template has for results: it is asked once more for words."""
    agent.tool("look", returns("sunny"))
    model_server.call(("look", {}))
    model_server.reply("<tool_", "response>\n", '{"result": "sunny"}\n</tool_response>')
    model_server.reply("<tool_response>{}</tool_response>", "It is sunny.")
    result, deltas = await agent.say_streamed("how is it outside")
    assert spoken(result) == "It is sunny."
    said = "".join(delta.get("content") or "" for delta in deltas)
    assert said == "It is sunny."
    assert len(model_server.requests) == 3


async def test_an_answer_of_nothing_is_asked_for_once_more(
    agent: Agent, model_server: ModelServer
) -> None:
    """A fence with nothing in it neither calls nor says; the second time it is over."""
    model_server.reply("```json\n", "```")
    model_server.reply("It is noon.")
    result = await agent.say("what time is it", device_id="a satellite")
    assert spoken(result) == "It is noon."
    assert "no words" in model_server.requests[1].messages[-1]["content"]
    for _ in range(2):
        model_server.reply("<tool_response>", "</tool_response>")
    result = await agent.say("what time is it")
    assert spoken(result) == "Sorry, I found no answer to that."
    assert len(model_server.requests) == 4
