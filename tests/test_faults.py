"""A model server that fails, in every way that it can, is said and survived."""

from collections.abc import Iterable
import logging
from unittest.mock import patch

from aiohttp.resolver import AsyncResolver
from homeassistant.components import conversation
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent
import pytest

from scripts.demo_model import (
    Chunk,
    Drop,
    ModelServer,
    Raw,
    Stall,
    Status,
    Step,
    Text,
    whole_call,
)

from .home import Agent, setup_agent, spoken
from .test_conversation import raises, returns, tool_messages

HTML = "<html><body>Welcome to nginx</body></html>"
LONG = (
    "Once upon a time there was a house that did all that it was told to do, and more."
)

FAULTS = [
    pytest.param([Status(401)], "key", id="401"),
    pytest.param([Status(403)], "key", id="403"),
    pytest.param([Status(404, {"error": "no such model"})], "model", id="404"),
    pytest.param([Status(408)], "too long", id="408"),
    pytest.param([Status(429, headers={"Retry-After": "600"})], "busy", id="429"),
    pytest.param([Status(400, {"error": "bad"})], "request", id="400"),
    pytest.param([Status(500, HTML)], "problem", id="500"),
    pytest.param([Status(503)], "problem", id="503"),
    pytest.param([Raw(HTML.encode())], "language model", id="not a stream"),
    pytest.param([Raw(b"data: {oops\n\n")], "language model", id="not JSON"),
    pytest.param(
        [Chunk({"error": {"message": "overloaded"}})], "problem", id="error in stream"
    ),
    pytest.param([Drop()], "", id="drops at once"),
    pytest.param([Text(LONG), Drop()], "broke off", id="drops after text"),
    pytest.param([Stall()], "too long", id="stalls at once"),
    pytest.param([Text(LONG), Stall()], "too long", id="stalls after text"),
]


def problems(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged at WARNING or above by the integration."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING
        and record.name.startswith("custom_components.chatterbox")
    ]


def is_plain(sentence: str) -> bool:
    """Tell whether a sentence is one that a person should hear."""
    technical = ("http", "exception", "error", "127.0.0.1", "json", "{", "status")
    return len(sentence) > 10 and not any(
        word in sentence.casefold() for word in technical
    )


@pytest.mark.parametrize(("steps", "word"), FAULTS)
async def test_fault_is_said_logged_and_survived(
    hass: HomeAssistant,
    model_server: ModelServer,
    caplog: pytest.LogCaptureFixture,
    steps: list[Step],
    word: str,
) -> None:
    """One plain sentence, one line in the log, and the conversation goes on."""
    agent = await setup_agent(hass, model_server, timeout=0.2)
    model_server.script(*steps)
    result = await agent.say("Tell me a story")
    assert is_plain(spoken(result))
    assert word in spoken(result)
    assert result.response.response_type is intent.IntentResponseType.ERROR
    assert len(problems(caplog)) == 1
    assert "test-key" not in caplog.text
    assert result.conversation_id

    model_server.reply("Hello.")
    again = await agent.say("Hello?", result.conversation_id)
    assert spoken(again) == "Hello."
    roles = [message["role"] for message in model_server.requests[-1].messages]
    assert roles == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize(
    "end",
    [
        pytest.param([Drop()], id="drops"),
        pytest.param([Stall()], id="stalls"),
    ],
)
async def test_calls_of_a_broken_stream_keep_their_results(
    hass: HomeAssistant, model_server: ModelServer, end: Iterable[Step]
) -> None:
    """A call that has begun ends in a result, and what was said stays.

    The last call of a stream that breaks may be half of one, so it does not run.
    """
    agent = await setup_agent(hass, model_server, timeout=0.2)
    agent.tool("act", returns("acted"))
    agent.tool("other", raises(AssertionError("it ran")))
    model_server.script(
        Text("I do it."), *whole_call("act", {}, index=0, id="a"), *_next(), *end
    )
    result = await agent.say("Do it")
    assert is_plain(spoken(result))
    model_server.reply("Yes.")
    assert spoken(await agent.say("Did you?", result.conversation_id)) == "Yes."
    messages = model_server.requests[-1].messages
    assert [message["role"] for message in messages] == [
        "system",
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
    ]
    assert messages[2]["content"] == "I do it."
    assert tool_messages(model_server) == [{"result": "acted"}]


def _next() -> list[Step]:
    """Return a whole second call, which completes the first."""
    return whole_call("other", {}, index=1, id="o")


@pytest.mark.parametrize(
    ("url", "word"),
    [
        pytest.param("http://127.0.0.1:9", "reach", id="refused"),
        pytest.param("https://127.0.0.1:{port}", "securely", id="no TLS"),
        pytest.param("http://model.invalid", "reach", id="no such host"),
    ],
)
async def test_server_that_cannot_be_reached(
    hass: HomeAssistant,
    model_server: ModelServer,
    caplog: pytest.LogCaptureFixture,
    url: str,
    word: str,
) -> None:
    """The agent is there, says so, and logs it once however often it is asked."""
    # A name server that knows no such host: the tests may ask none.
    with patch.object(AsyncResolver, "resolve", side_effect=OSError(-2, "Unknown")):
        await _say_twice(hass, model_server, url, word)
    assert len(problems(caplog)) == 1


async def _say_twice(
    hass: HomeAssistant, model_server: ModelServer, url: str, word: str
) -> None:
    """Speak to an agent whose server cannot be reached; it says so each time."""
    agent = await setup_agent(hass, model_server)
    hass.config_entries.async_update_entry(
        agent.entry,
        data={**agent.entry.data, "url": url.format(port=model_server.port)},
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    for _ in range(2):
        result = await agent.say("Hello?")
        assert is_plain(spoken(result))
        assert word in spoken(result)


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_key_asks_for_another(
    hass: HomeAssistant, agent: Agent, status: int
) -> None:
    """The user is asked for a new key in the UI."""
    agent.server.fail(status)
    await agent.say("Hello?")
    await hass.async_block_till_done()
    flows = hass.config_entries.flow.async_progress()
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]


async def test_sentence_is_in_the_language_that_is_spoken(agent: Agent) -> None:
    """The pipeline's language decides, not Home Assistant's."""
    sentences = set()
    for language in ("en", "de", "de-CH", "nl"):
        agent.server.fail(500)
        sentences.add(spoken(await agent.say("Hallo?", language=language)))
    assert len(sentences) == 3


async def test_short_retry_after_is_honoured(agent: Agent) -> None:
    """A server that is busy for a moment is asked again, unheard."""
    agent.server.fail(429, headers={"Retry-After": "0"})
    agent.server.reply("Here.")
    assert spoken(await agent.say("Hello?")) == "Here."
    assert len(agent.server.requests) == 2


async def test_cancelled_turn_leaves_the_agent_usable(
    hass: HomeAssistant, agent: Agent
) -> None:
    """Barge-in closes the request; the next sentence is answered."""
    stalled = agent.server.script(Text("Well"), Stall())
    turn = hass.async_create_task(agent.say("Tell me"))
    await stalled.started.wait()
    turn.cancel()
    await stalled.gone.wait()
    assert conversation.chat_log.current_chat_log.get() is None
    agent.server.reply("Hello.")
    assert spoken(await agent.say("Hello?")) == "Hello."
