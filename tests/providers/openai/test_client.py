"""The OpenAI client over a real connection: what it asks and what it understands."""

import asyncio
from contextlib import aclosing
from itertools import pairwise
from typing import Any

import aiohttp
import pytest

from custom_components.chatterbox.providers.base import (
    FinishReason,
    TextDelta,
    ToolCall,
    Usage,
)
from custom_components.chatterbox.providers.openai.client import OpenAIProvider
from custom_components.chatterbox.providers.registry import create_provider
from scripts.demo_model import (
    CallPiece,
    Finish,
    ModelServer,
    Stall,
    UsageChunk,
    whole_call,
)

from ..asking import HISTORY, ask, calls, reason, request, said


async def test_text_comes_piece_by_piece(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    gate = asyncio.Event()
    model_server.script("It is ", gate, "sunny.", UsageChunk(7, 2, 5))
    async with aclosing(provider.stream(request())) as events:
        assert await anext(events) == TextDelta("It is ")
        gate.set()
        rest = [event async for event in events]
    assert rest[:2] == [TextDelta("sunny."), Usage(7, 2, 5)]
    assert reason(rest) is FinishReason.STOP


async def test_a_call_comes_before_the_next_has_arrived(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    gate = asyncio.Event()
    model_server.script(
        *whole_call("a", {"x": 1}, index=0, size=3),
        CallPiece(1, "call_1", "b", ""),
        gate,
        CallPiece(1, arguments='{"y": 2}'),
    )
    async with aclosing(provider.stream(request())) as events:
        assert await anext(events) == ToolCall("call_0", "a", {"x": 1})
        gate.set()
        rest = [event async for event in events]
    assert calls(rest) == [("b", {"y": 2})]
    assert reason(rest) is FinishReason.TOOL_CALLS


async def test_the_last_call_comes_with_the_finish_reason(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    gate = asyncio.Event()
    model_server.script(*whole_call("a", {"x": 1}), Finish("tool_calls"), gate)
    async with aclosing(provider.stream(request())) as events:
        assert await anext(events) == ToolCall("call_0", "a", {"x": 1})
        gate.set()


async def test_the_request(provider: OpenAIProvider, model_server: ModelServer) -> None:
    model_server.reply("ok")
    await ask(provider, request(*HISTORY, temperature=0.5, max_tokens=100))
    (sent,) = model_server.requests
    assert sent.path == "/v1/chat/completions"
    assert "Authorization" not in sent.headers
    assert list(sent.json)[-1] == "messages"
    assert sent.json == {
        "model": "demo",
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "max_tokens": 100,
        "parallel_tool_calls": True,
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "HassTurnOn",
                    "description": "Turns on",
                    "parameters": {"type": "object", "properties": {}},
                },
            }
        ],
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Lamp on, and the time?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {
                            "name": "HassTurnOn",
                            "arguments": '{"name":"Lamp ☀"}',
                        },
                    },
                    {
                        "id": "call_2",
                        "type": "function",
                        "function": {"name": "GetDateTime", "arguments": "{}"},
                    },
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": '{"ok": true}'},
            {"role": "tool", "tool_call_id": "call_2", "content": '{"time": "16:21"}'},
            {"role": "assistant", "content": "It is on, and 16:21."},
            {"role": "user", "content": "Thanks"},
        ],
    }


async def test_no_tools_and_no_options_are_not_sent(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    model_server.reply("ok")
    await ask(provider, request(tools=()))
    assert set(model_server.requests[0].json) == {
        "model",
        "stream",
        "stream_options",
        "messages",
    }


async def test_a_longer_history_begins_with_the_same_bytes(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    for length in range(2, len(HISTORY) + 1):
        model_server.reply("ok")
        await ask(provider, request(*HISTORY[:length]))
    bodies = [sent.body for sent in model_server.requests]
    for shorter, longer in pairwise(bodies):
        assert longer.startswith(shorter.removesuffix(b"]}"))


async def test_the_key_is_sent(
    session: aiohttp.ClientSession, model_server: ModelServer
) -> None:
    model_server.api_key = "secret"
    provider = create_provider("openai", session, model_server.url, " secret\n")
    model_server.reply("ok")
    assert said(await ask(provider)) == "ok"
    assert await provider.list_models() == ["demo"]


@pytest.mark.parametrize("ending", ["", "/"])
async def test_the_address_may_end_in_a_slash(
    session: aiohttp.ClientSession, model_server: ModelServer, ending: str
) -> None:
    model_server.reply("ok")
    provider = OpenAIProvider(session, f" {model_server.url}{ending} ")
    assert said(await ask(provider)) == "ok"


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"data": [{"id": "b"}, {"id": "a"}, {"id": "b"}]}, ["a", "b"]),
        ({"data": [{"id": "models/gemini"}]}, ["gemini"]),
        ({"data": [{"name": "x"}, 7, {"id": ""}]}, []),
    ],
)
async def test_lists_models(
    provider: OpenAIProvider,
    model_server: ModelServer,
    body: dict[str, Any],
    names: list[str],
) -> None:
    model_server.fail_models(200, body)
    assert await provider.list_models() == names


async def test_a_connection_is_used_again(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    await provider.list_models()
    model_server.reply("ok", usage=UsageChunk(1, 1))
    model_server.script("ok", stream=False)
    model_server.fail(429, "slow down", {"Retry-After": "0"})
    model_server.reply("ok")
    for _ in range(3):
        assert said(await ask(provider)) == "ok"
    assert len(model_server.requests) == 4
    assert len(model_server.client_ports) == 1


@pytest.mark.parametrize("when", ["in text", "before the first event"])
async def test_closing_the_answer_closes_the_connection(
    provider: OpenAIProvider, model_server: ModelServer, when: str
) -> None:
    if when == "in text":
        reply = model_server.script("a", Stall())
        events = provider.stream(request())
        assert await anext(events) == TextDelta("a")
        await events.aclose()
    else:
        reply = model_server.script(Stall())
        task = asyncio.create_task(ask(provider))
        await reply.started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await reply.gone.wait()
    assert model_server.open_connections == 0
