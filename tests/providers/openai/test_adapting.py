"""A request that a server refuses in part is adapted, and the adaptation is kept."""

import re
from typing import Any

import pytest

from custom_components.chatterbox.providers.base import (
    AssistantMessage,
    ProviderErrorKind as Kind,
    ToolCall,
    ToolResultMessage,
    UserMessage,
)
from custom_components.chatterbox.providers.openai.client import OpenAIProvider
from scripts.demo_model import Chunk, ModelServer, Thinking, whole_call

from ..asking import HISTORY, ask, calls, fault, request, said

EXTRA = (
    '{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body",'
    '"stream_options","include_usage"],"msg":"Extra inputs are not permitted"}]}}'
)
COMPLETION = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
    "'max_completion_tokens' instead."
)
TEMPERATURE = "Unsupported value: 'temperature' does not support 0.5 with this model."
PARALLEL = "Unsupported parameter: 'parallel_tool_calls' is not supported."
CONTENT = "Invalid 'content': 'content' field must be a string or an array of objects."


@pytest.mark.parametrize(
    ("status", "refusal", "gone", "new"),
    [
        pytest.param(422, EXTRA, "stream_options", {}, id="usage"),
        pytest.param(
            400,
            COMPLETION,
            "max_tokens",
            {"max_completion_tokens": 100},
            id="max-tokens",
        ),
        pytest.param(400, TEMPERATURE, "temperature", {}, id="temperature"),
        pytest.param(400, PARALLEL, "parallel_tool_calls", {}, id="parallel"),
    ],
)
async def test_a_parameter_that_is_refused_is_left_out(
    provider: OpenAIProvider,
    model_server: ModelServer,
    status: int,
    refusal: str,
    gone: str,
    new: dict[str, Any],
) -> None:
    model_server.fail(status, refusal)
    model_server.reply("ok")
    model_server.reply("ok")
    for _ in range(2):
        assert said(await ask(provider, request(temperature=0.5, max_tokens=100)))
    refused, adapted, kept = (sent.json for sent in model_server.requests)
    assert gone in refused
    assert adapted == {k: v for k, v in refused.items() if k != gone} | new
    assert kept == adapted


async def test_several_refusals_are_met_one_after_another(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    for refusal in (COMPLETION, TEMPERATURE, PARALLEL):
        model_server.fail(400, {"error": {"message": refusal}})
    model_server.reply("ok")
    await ask(provider, request(temperature=0.5, max_tokens=100))
    assert set(model_server.requests[-1].json) == {
        "model",
        "stream",
        "stream_options",
        "max_completion_tokens",
        "tools",
        "messages",
    }


async def test_the_same_refusal_again_is_final(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    model_server.fail(400, TEMPERATURE)
    model_server.fail(400, TEMPERATURE)
    _, error = await fault(provider, request(temperature=0.5))
    assert error.kind is Kind.REQUEST_REFUSED
    assert "temperature" in str(error)
    # What did not help is not kept.
    model_server.reply("ok")
    await ask(provider, request(temperature=0.5))
    assert "temperature" in model_server.requests[-1].json


async def test_a_refusal_of_what_was_not_sent_is_final(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    model_server.fail(400, TEMPERATURE)
    _, error = await fault(provider)
    assert error.kind is Kind.REQUEST_REFUSED
    assert len(model_server.requests) == 1


async def test_an_adaptation_is_for_its_model(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    model_server.fail(422, EXTRA)
    model_server.reply("ok")
    model_server.reply("ok")
    await ask(provider)
    other = request()
    object.__setattr__(other, "model", "other")
    await ask(provider, other)
    assert "stream_options" in model_server.requests[-1].json


async def test_content_is_text_where_null_is_refused(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    model_server.fail(400, CONTENT)
    model_server.reply("ok")
    await ask(provider, request(*HISTORY))
    contents = [sent.messages[2]["content"] for sent in model_server.requests]
    assert contents == [None, ""]


async def test_ids_are_shortened_where_they_must_be(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    refusal = "Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9."
    model_server.fail(400, refusal)
    model_server.reply("ok")
    kept = ToolCall("abcDEF123", "b", {})
    history = (
        UserMessage("Hi"),
        AssistantMessage("", (ToolCall("call_1", "a", {}), kept)),
        ToolResultMessage("call_1", "a", "{}"),
        ToolResultMessage("abcDEF123", "b", "{}"),
    )
    await ask(provider, request(*history))
    messages = model_server.requests[-1].messages
    ids = [call["id"] for call in messages[1]["tool_calls"]]
    assert re.fullmatch(r"[a-zA-Z0-9]{9}", ids[0])
    assert ids[1] == "abcDEF123"
    assert [m["tool_call_id"] for m in messages[2:]] == ids


async def test_thinking_is_sent_back_where_it_is_asked_for(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    model_server.script(Thinking("I "), Thinking("see"), *whole_call("a", id="c1"))
    events = await ask(provider)
    assert calls(events) == [("a", {})]
    history = (
        UserMessage("Hi"),
        AssistantMessage("", (ToolCall("c1", "a", {}),)),
        ToolResultMessage("c1", "a", "{}"),
    )
    model_server.fail(
        400,
        "The reasoning_content in the thinking mode must be passed back to the API.",
    )
    model_server.reply("ok")
    await ask(provider, request(*history))
    asked, adapted = (sent.messages[1] for sent in model_server.requests[1:])
    assert "reasoning_content" not in asked
    assert adapted["reasoning_content"] == "I see"


async def test_a_calls_signature_is_sent_back(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    signature = {"google": {"thought_signature": "c2lnbmVk"}}
    piece = {
        "id": "c1",
        "type": "function",
        "function": {"name": "a", "arguments": "{}"},
        "extra_content": signature,
    }
    model_server.script(Chunk({"choices": [{"delta": {"tool_calls": [piece]}}]}))
    await ask(provider)
    model_server.reply("ok")
    made = (ToolCall("c1", "a", {}), ToolCall("c2", "b", {}))
    await ask(provider, request(UserMessage("Hi"), AssistantMessage("", made)))
    sent = model_server.requests[-1].messages[1]["tool_calls"]
    assert sent[0]["extra_content"] == signature
    assert "extra_content" not in sent[1]


async def test_a_name_that_the_model_made_up_does_not_spoil_the_history(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    model_server.reply("ok")
    call = ToolCall("c1", "light.turn on(" + "x" * 80, {})
    await ask(provider, request(UserMessage("Hi"), AssistantMessage("", (call,))))
    sent = model_server.requests[0].messages[1]["tool_calls"][0]["function"]["name"]
    assert re.fullmatch(r"light_turn_on_x{50}", sent)
