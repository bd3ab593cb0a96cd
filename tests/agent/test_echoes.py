"""A model that repeats what it was told to do is not heard with it."""

from collections.abc import Callable
import re

import pytest

from custom_components.chatterbox.agent.echoes import Echoes
from custom_components.chatterbox.tools.instructions import ANSWER_NOW, INSTRUCTIONS
from scripts.demo_model import ModelServer

from ..home import Agent, spoken
from ..test_conversation import returns

WHOLE = [
    text.format(
        **dict.fromkeys(("most", "kelvin"), 3000), floor="Up", area="Loft", color="red"
    )
    for text in INSTRUCTIONS
]
CLAUSES = sorted(
    {clause.strip() for text in WHOLE for clause in re.findall(r"[^.:;]+[.:;]?", text)}
)
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "with other blanks": lambda text: "  " + re.sub(" ", "  ", text) + " ",
    "quoted": lambda text: f"\u201c{text}\u201d",
    "as a note": lambda text: f"[Home Assistant: {text}]",
    "without commas": lambda text: text.replace(",", ""),
    "marked": lambda text: f"**{text}**",
}


def in_tokens(text: str) -> list[str]:
    """Return a text as a model streams it: a word with the blank before it."""
    return re.findall(r"\s*\w+|\s*[^\w\s]|\s+", text)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
async def test_no_instruction_is_heard(
    agent: Agent, model_server: ModelServer, form: Callable[[str], str]
) -> None:
    for text in WHOLE:
        model_server.reply(*in_tokens(f"The hall is warm. {form(text)}"))
        result, deltas = await agent.say_streamed("what is a horse")
        assert spoken(result).strip() == "The hall is warm.", text
        heard = "".join(delta.get("content") or "" for delta in deltas)
        assert heard.strip(' \u201c[*"') == "The hall is warm.", text


async def test_no_clause_of_one_is_heard(
    agent: Agent, model_server: ModelServer
) -> None:
    for text in CLAUSES:
        for pieces in ([text], list(text), in_tokens(text)):
            model_server.reply("It rains.\n", *pieces)
            result, _ = await agent.say_streamed("what is a horse")
            assert spoken(result).strip() == "It rains.", text


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (f"{ANSWER_NOW} It is 21 degrees.", "It is 21 degrees."),
        (
            "The answer named a tool and was not spoken. It is 21 degrees.",
            "It is 21 degrees.",
        ),
        ("It is on: this is done only by a call.", "It is on:"),
    ],
)
async def test_what_stands_beside_one_is_heard(
    agent: Agent, model_server: ModelServer, answer: str, expected: str
) -> None:
    model_server.reply(*in_tokens(answer))
    result, _ = await agent.say_streamed("what is a horse")
    assert spoken(result).strip() == expected


@pytest.mark.parametrize(
    "answer",
    [
        "I will answer now.",
        "The results are in: Ajax won.",
        "Call the plumber again with the name of the street, and do not forget it.",
        "You made this cake before; nothing has changed since.",
        "If you want it brighter, say so.",
        "Nothing was called, so nothing was done.",
        "Your answer was right, and you named a tool: the hammer.",
        "The lamp is on. Do not touch it again.",
        "This is done only by hand. Look at the results of the test: then decide.",
        "Tell the person at the door to wait.",
        "It was not done, the window is open.",
    ],
)
@pytest.mark.parametrize("reads", [True, False])
async def test_ordinary_speech_that_resembles_one_is_heard(
    agent: Agent, model_server: ModelServer, answer: str, reads: bool
) -> None:
    agent.tool("look", returns("sunny"))
    if reads:
        model_server.call(("look", {}))
    model_server.reply(*in_tokens(answer))
    result, deltas = await agent.say_streamed("what is a horse")
    assert spoken(result) == answer
    assert "".join(d.get("content") or "" for d in deltas) == answer


async def test_it_is_asked_once_more_for_an_answer(
    agent: Agent, model_server: ModelServer
) -> None:
    agent.tool("look", returns("21"))
    model_server.call(("look", {}))
    model_server.reply(*in_tokens(ANSWER_NOW))
    model_server.reply("21 degrees.")
    assert spoken(await agent.say("how warm is it")) == "21 degrees."
    assert "repeated a note" in model_server.requests[2].messages[-1]["content"]


async def test_one_that_only_repeats_has_found_no_answer(
    agent: Agent, model_server: ModelServer
) -> None:
    for _ in range(2):
        model_server.reply(*in_tokens(ANSWER_NOW))
    result = await agent.say("how warm is it")
    assert spoken(result) == "Sorry, I found no answer to that."
    assert len(model_server.requests) == 2


async def test_a_reply_is_no_instruction_either(
    agent: Agent, model_server: ModelServer
) -> None:
    agent.tool("look", returns("21"))
    model_server.call(("reply", {"say": ANSWER_NOW}))
    model_server.call(("reply", {"say": f"It is warm. {ANSWER_NOW}"}))
    assert spoken(await agent.say("how warm is it")) == "It is warm."


def test_text_without_an_end_costs_no_more_the_longer_it_is() -> None:
    """It is let through as it comes, and no more than a clause of it is looked at."""
    echoes = Echoes()
    said = "".join(echoes.feed(f"word{number} ") for number in range(20_000))
    assert said.count("word") > 19_900
    assert (said + echoes.end()).count("word") == 20_000
    assert len(echoes.feed("a, " * 200_000) + echoes.end()) == 600_000
    assert len(echoes.feed("It is. " * 100_000) + echoes.end()) == 700_000
    assert echoes.feed(f"{ANSWER_NOW[:-1]} {'and ' * 200_000}") == ""
