"""What is heard before a person is asked never says that it was done."""

import asyncio
from typing import Any

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import llm
import pytest

from scripts.demo_model import ModelServer, Step, Text, whole_call

from ..danger_home import FRONT, SWITCH, Danger, danger_fixture, make_danger  # noqa: F401
from ..home import open_session, spoken
from ..providers.protocols.wire import PROTOCOLS, Call, Protocol
from ..providers.replay import Answer, ReplayServer

UNLOCK = ("intent__HassTurnOff", {"name": "Front door"})
QUESTION = "Shall I really unlock Front door?"
NOT_YET = "That has not been done yet."
LONG = (
    "Certainly, with the greatest of pleasure, and as you have asked for it so nicely,"
    " the Front door stands open for you. "
)


def pieces(text: str) -> list[Step]:
    """Return a text as a model gives it, a few letters at a time."""
    return [Text(text[at : at + 4]) for at in range(0, len(text), 4)]


async def heard(
    danger: Danger, sentence: str, *, voice: bool = True, **kwargs: Any
) -> str:
    """Say something to a satellite, or type it; return all that comes of it, in order."""
    result, deltas = await danger.agent.say_streamed(
        sentence,
        **{
            "context": Context(user_id=danger.anna.id),
            "device_id": danger.hall if voice else None,
            **kwargs,
        },
    )
    said = "".join(d.get("content") or "" for d in deltas if d.get("role") != "tool")
    return said or spoken(result)


CLAIMS = [
    ("en", "Unlock the front door", "I have unlocked the front door. ", QUESTION),
    ("en", "Would you open up, please", "Sesame! It stands open. ", QUESTION),
    ("en", "Let my guests come in", LONG, QUESTION),
    (
        "de",
        "Schließ die Haustür (front door) auf",
        "Ich habe sie aufgeschlossen. ",
        "Soll ich wirklich Front door aufschließen?",
    ),
    (
        "fr",
        "Déverrouille front door",
        "Voilà, la porte est déverrouillée. ",
        "Dois-je vraiment déverrouiller Front door ?",
    ),
    (
        "es",
        "Desbloquea front door",
        "Listo, ya está desbloqueada. ",
        "¿De verdad debo desbloquear Front door?",
    ),
    (
        "it",
        "Sblocca front door",
        "Fatto, la porta è aperta. ",
        "Devo davvero sbloccare Front door?",
    ),
    (
        "nl",
        "Ontgrendel front door",
        "De deur is van het slot. ",
        "Moet ik echt Front door ontgrendelen?",
    ),
]


@pytest.mark.parametrize("ending", ["", "Is there anything else?"])
@pytest.mark.parametrize(("language", "sentence", "claim", "question"), CLAIMS)
async def test_only_the_question_is_heard(
    danger: Danger,
    language: str,
    sentence: str,
    claim: str,
    question: str,
    ending: str,
) -> None:
    """The text before the call, and after it, is dropped."""
    danger.agent.server.script(
        *pieces(claim + ending), *whole_call(*UNLOCK), *pieces(claim + ending)
    )
    assert await heard(danger, sentence, language=language) == question
    assert danger.done == []


async def test_a_language_without_words(danger: Danger) -> None:
    """The call is refused there, and what was said of it is dropped all the same."""
    danger.agent.server.script(
        *pieces("Odblokowałem już drzwi wejściowe. "), *whole_call(*UNLOCK)
    )
    for _ in range(2):
        danger.agent.server.reply("Tego nie mogę zrobić.")
    said = await heard(danger, "Odblokuj front door", language="pl")
    assert said == "Tego nie mogę zrobić."
    assert danger.done == []


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"danger_policy": "never"}, id="never"),
        pytest.param({"danger_policy": "code"}, id="no code"),
    ],
)
async def test_what_is_refused(
    hass: HomeAssistant, model_server: ModelServer, options: dict[str, str]
) -> None:
    danger = await make_danger(hass, model_server, **options)
    model_server.script(*pieces("The door is open now. "), *whole_call(*UNLOCK))
    model_server.reply("I can't open that.")
    assert await heard(danger, "Unlock the front door") == "I can't open that."


async def test_an_earlier_response_of_the_turn(danger: Danger) -> None:
    """It has called something harmless, and said what is not so."""
    context = ("homeassistant__GetLiveContext", {})
    danger.agent.server.script(
        *pieces("I have unlocked it. "), *whole_call(*context), *pieces("All is done.")
    )
    danger.agent.server.call(UNLOCK)
    assert await heard(danger, "Unlock the front door") == QUESTION


@pytest.mark.parametrize("marked", ["a script", "an entity"])
async def test_what_leads_to_danger_and_what_the_user_marked(
    hass: HomeAssistant, model_server: ModelServer, marked: str
) -> None:
    danger = await make_danger(hass, model_server, danger_entities=[SWITCH])
    async_expose_entity(hass, "conversation", "script.let_in", True)
    name, sentence = {
        "a script": ("let_in", "please let_in"),
        "an entity": ("Gate relay", "switch the gate on"),
    }[marked]
    text = "With pleasure, and a warm welcome to all of you who have come so far. Done."
    model_server.script(
        *pieces(text), *whole_call("intent__HassTurnOn", {"name": name})
    )
    said = await heard(danger, sentence)
    assert said.startswith("Shall I really"), said
    assert "Done" not in said


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda each: each.kind)
async def test_over_each_protocol(
    hass: HomeAssistant, socket_enabled: None, protocol: Protocol
) -> None:
    server = await ReplayServer().start()
    server.pages = {protocol.models_path: protocol.models, **protocol.pages}
    danger = await make_danger(
        hass,
        ModelServer(),
        speaks={"provider": protocol.kind, "url": server.origin + protocol.base},
        priming="off",
    )
    body = protocol.answer("The front ", "door is open. ", Call("c1", *UNLOCK))
    server.answers.append(Answer(body, protocol.content_type))
    assert await heard(danger, "Unlock the front door") == QUESTION
    await server.close()


@pytest.mark.parametrize("voice", [True, False])
async def test_what_was_heard_is_corrected(danger: Danger, voice: bool) -> None:
    """A long text of a sentence that names nothing may have been heard by then."""
    text = (
        "Make yourselves at home, dear guests, all of you who came from so far away. "
    )
    danger.agent.server.script(*pieces(text * 2), *whole_call(*UNLOCK))
    said = await heard(danger, "We would like to come over", voice=voice)
    assert said.startswith(text)
    assert said.endswith(f"{NOT_YET} {QUESTION}")


async def test_a_corrected_question_is_answered(danger: Danger) -> None:
    text = (
        "Make yourselves at home, dear guests, all of you who came from so far away. "
    )
    danger.agent.server.script(*pieces(text * 2), *whole_call(*UNLOCK))
    result = await danger.result("We would like to come over")
    assert spoken(result) == f"{NOT_YET} {QUESTION}"
    assert result.continue_conversation
    assert await danger.say("yes") == "Done."
    assert danger.done == [("lock.unlock", FRONT)]


async def test_where_all_is_allowed_it_is_heard(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    danger = await make_danger(hass, model_server, danger_policy="allow")
    model_server.script(*pieces("Let me unlock it. "), *whole_call(*UNLOCK))
    model_server.reply("It is open.")
    said = await heard(danger, "Unlock the front door")
    assert said == "Let me unlock it. It is open."


HARMLESS = "Once upon a time there was a lamp in a hall, which shone for all who came. "


@pytest.mark.parametrize(
    ("sentence", "first", "voice"),
    [
        pytest.param("Tell me a story", HARMLESS, True, id="said"),
        pytest.param("Tell me a story", HARMLESS, False, id="typed"),
        pytest.param("What is the hall lamp for", HARMLESS, True, id="of a thing"),
    ],
)
async def test_harmless_text_does_not_wait(
    danger: Danger, sentence: str, first: str, voice: bool
) -> None:
    """The server goes on only once the beginning is heard."""
    go_on = asyncio.Event()
    said: list[str] = []

    def listen(_: str, delta: dict[str, Any]) -> None:
        if text := delta.get("content"):
            said.append(text)
            go_on.set()

    danger.agent.server.script(Text(first), go_on, Text("The end, for today."))
    with (
        open_session(danger.hass) as session,
        conversation.async_get_chat_log(
            danger.hass, session, chat_log_delta_listener=listen
        ),
    ):
        async with asyncio.timeout(10):
            await danger.agent.say(
                sentence,
                session.conversation_id,
                context=Context(user_id=danger.anna.id),
                device_id=danger.hall if voice else None,
            )
    assert said[0].strip() == first.strip()


async def test_text_before_a_harmless_call_is_heard(danger: Danger) -> None:
    async def look(_: dict[str, Any]) -> str:
        return "sunny"

    danger.agent.tool("look", look, llm.ToolAnnotations(read_only=True))
    danger.agent.server.script(*pieces("Let me look. "), *whole_call("look", {}))
    danger.agent.server.reply("It is sunny.")
    said = await heard(danger, "What is the weather like")
    assert said == "Let me look. It is sunny."
