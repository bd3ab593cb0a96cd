"""Tests that nothing is said to be done that failed."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm
import pytest

from custom_components.chatterbox.agent.claims import Claims
from custom_components.chatterbox.agent.failure_words import (
    FAILURE_WORDS,
    tells_of_failure,
)
from scripts.demo_model import ModelServer

from ..home import Agent, spoken


@pytest.fixture(autouse=True)
def lamp(agent: Agent) -> list[dict[str, Any]]:
    """Give a switch that works for the hall alone."""
    calls: list[dict[str, Any]] = []

    async def switch(args: dict[str, Any]) -> str:
        calls.append(args)
        if args["name"] != "Hall":
            raise HomeAssistantError(f"{args['name']} does not answer")
        return "done"

    agent.tool("switch", switch)
    return calls


def requests(server: ModelServer) -> list[str]:
    """Return the last message of each request."""
    return [request.messages[-1]["content"] for request in server.requests]


@pytest.mark.parametrize(
    ("text", "language", "tells"),
    [
        ("The lamp could not be reached.", "en", True),
        ("I couldn't reach it.", "en-GB", True),
        ("No problem, it is off.", "en", False),
        ("It is off now.", "en", False),
        ("There is no such lamp.", "en", True),
        ("It is no longer on.", "en", False),
        ("Das Licht ging leider nicht aus.", "de-CH", True),
        ("Kein Problem, es ist aus.", "de", False),
        ("La lampe n'a pas répondu.", "fr", True),
        ("Pas de problème, c'est fait.", "fr", False),
        ("No se pudo apagar.", "es", True),
        ("Hecho.", "es", False),
        ("Het is niet gelukt.", "nl", True),
        ("Geen probleem, gedaan.", "nl", False),
        ("Non ha funzionato.", "it", True),
        ("Nessun problema, fatto.", "it", False),
        ("できませんでした。", "ja", None),
    ],
)
def test_words_of_failure(text: str, language: str, tells: bool | None) -> None:
    assert tells_of_failure(text, language) is tells


@pytest.mark.parametrize("step", [1, 3, 7, 50])
@pytest.mark.parametrize("before", [0, 1, 30, 79, 80, 81, 500])
@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("it could not be reached", True),
        ("it is unfortunately off", True),
        ("a knot and a snob, tied", False),
    ],
)
def test_held_text_is_searched_in_pieces(
    text: str, tells: bool, before: int, step: int
) -> None:
    """A word of failure is found wherever pieces part it, and no half of another word."""
    claims = Claims("en", expected=llm.ToolInput(tool_name="x", tool_args={}))
    text = f"{'words ' * 100}"[:before] + f" {text} here"
    released = "".join(
        claims.release(text[at : at + step]) for at in range(0, len(text), step)
    )
    assert released == (text if tells else "")
    assert claims.held == ("" if tells else text)


def test_every_language_has_them() -> None:
    assert set(FAILURE_WORDS) == {"de", "en", "es", "fr", "it", "nl"}


async def test_an_honest_closing_costs_no_further_question(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.call(("switch", {"name": "Attic"}))
    model_server.reply("The attic lamp ", "does not ", "answer.")
    result, deltas = await agent.say_streamed("attic light off")
    assert spoken(result) == "The attic lamp does not answer."
    assert len(model_server.requests) == 2
    # Held up to its first word of failure, and no longer.
    texts = [delta["content"] for delta in deltas if delta.get("content")]
    assert texts == ["The attic lamp does not ", "answer."]


async def test_a_false_closing_is_asked_again(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.call(("switch", {"name": "Attic"}))
    model_server.reply("The attic lamp is off now.")
    model_server.reply("Sorry, the attic lamp does not answer.")
    result, deltas = await agent.say_streamed("attic light off")
    assert spoken(result) == "Sorry, the attic lamp does not answer."
    assert "is off now" not in str(deltas)
    assert "Attic: switch failed: Attic does not answer" in requests(model_server)[2]
    assert "is off now" not in str(agent.log(result.conversation_id or ""))


async def test_what_stays_false_is_said_in_our_words(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.call(("switch", {"name": "Attic"}), ("switch", {"name": "Hall"}))
    model_server.reply("Both lamps are off.")
    model_server.reply("All lamps are off.")
    result, deltas = await agent.say_streamed("lights off")
    assert spoken(result) == "Hall is done, but this did not work: Attic."
    assert "lamps are off" not in str(deltas)
    assert len(model_server.requests) == 3


async def test_a_later_success_makes_it_good(
    agent: Agent, model_server: ModelServer, lamp: list[dict[str, Any]]
) -> None:
    model_server.call(("switch", {"name": "Hall Lamp"}))
    model_server.call(("switch", {"name": "Hall"}))
    model_server.reply("The hall lamp is off.")
    result = await agent.say("hall light off")
    assert spoken(result) == "The hall lamp is off."
    assert len(model_server.requests) == 3


async def test_another_success_makes_nothing_good(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.call(("switch", {"name": "Attic"}))
    model_server.call(("switch", {"name": "Hall"}))
    model_server.reply("All done.")
    model_server.reply("The hall is off, the attic is not.")
    result = await agent.say("hall and attic off")
    assert spoken(result) == "The hall is off, the attic is not."


async def test_a_failed_read_holds_nothing(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer
) -> None:
    model_server.reply("It is off.")
    result = await agent.say("is it off")
    assert spoken(result) == "It is off."
    assert len(model_server.requests) == 1


async def test_without_words_for_a_language_the_model_is_asked_once_more(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.call(("switch", {"name": "Attic"}))
    model_server.reply("消えました。")
    model_server.reply("消せませんでした。")
    result = await agent.say("屋根裏の電気を消して", language="ja")
    assert spoken(result) == "消せませんでした。"
    assert len(model_server.requests) == 3


async def test_a_reply_that_hides_an_earlier_failure_is_not_spoken(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.call(("switch", {"name": "Attic"}))
    model_server.call(("reply", {"say": "All lamps are off."}))
    model_server.reply("The attic lamp did not answer.")
    result = await agent.say("lights off")
    assert spoken(result) == "The attic lamp did not answer."
