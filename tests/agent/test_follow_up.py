"""Tests of when a satellite goes on listening."""

import pytest

from custom_components.chatterbox.agent.follow_up import waits_for_answer
from scripts.demo_model import ModelServer

from ..home import Agent


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("Which lamp do you mean?", True),
        ("Which lamp do you mean? There is one in the kitchen and one here.", True),
        ('Shall I close "Blind 1"?', True),
        ("Do you want the lamp, or something else?", True),
        ("Hello! How can I help you?", True),
        ("It is off.", False),
        ("It is off. Anything else?", False),
        ("Done. Is there anything else I can help you with?", False),
        ("Anything else I can do? Just say so.", False),
        ("Erledigt. Kann ich sonst noch etwas für dich tun?", False),
        ("Welche Lampe meinst du?", True),
        ("Voilà. Autre chose ?", False),
        ("Hecho. ¿Necesitas algo más?", False),
        ("Fatto. Serve altro?", False),
        ("Klaar. Kan ik nog iets doen?", False),
        ("\u3069\u306e\u30e9\u30f3\u30d7\uff1f", True),
        ("", False),
    ],
)
def test_a_question_back_waits_and_an_offer_does_not(text: str, waits: bool) -> None:
    assert waits_for_answer(text) is waits


def test_the_model_knows_better() -> None:
    assert waits_for_answer("Tell me which.", told=True)
    assert not waits_for_answer("OK?", told=False)
    assert not waits_for_answer("Done. Anything else?", told=True)


@pytest.mark.parametrize(
    ("text", "listens"),
    [
        ("Which one? The lamp or the fan.", True),
        ("It is off. Can I do anything else for you?", False),
    ],
)
async def test_the_pipeline_is_told(
    agent: Agent, model_server: ModelServer, text: str, listens: bool
) -> None:
    model_server.reply(text)
    assert (await agent.say("off")).continue_conversation is listens
