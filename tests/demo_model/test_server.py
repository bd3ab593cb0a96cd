"""The scripted model server does what its script says."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from scripts.demo_model import (
    CallPiece,
    Drop,
    Finish,
    ModelServer,
    Raw,
    Stall,
    Thinking,
    UsageChunk,
    whole_call,
)

ASK = {"model": "demo", "messages": [{"role": "user", "content": "hi"}]}


def events(body: bytes) -> list[Any]:
    """Return the JSON of each event but [DONE]."""
    lines = [line for line in body.decode().split("\n\n") if line]
    assert lines.pop() == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines]


@pytest.fixture
async def client(model_server: ModelServer) -> Any:
    """Give a session."""
    async with aiohttp.ClientSession() as session:
        yield session


async def ask(
    client: aiohttp.ClientSession, server: ModelServer, **more: Any
) -> aiohttp.ClientResponse:
    """Ask the server, streaming."""
    return await client.post(
        f"{server.url}/chat/completions", json=ASK | {"stream": True} | more
    )


async def test_streams_text_in_its_pieces(
    client: aiohttp.ClientSession, model_server: ModelServer
) -> None:
    model_server.reply("It is ", "sunny.", usage=UsageChunk(7, 2, 5))
    answer = await ask(client, model_server)
    assert answer.content_type == "text/event-stream"
    chunks = events(await answer.read())
    assert [c["choices"][0]["delta"] for c in chunks[:3]] == [
        {"content": "It is "},
        {"content": "sunny."},
        {},
    ]
    assert chunks[2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[3]["choices"] == []
    assert chunks[3]["usage"]["prompt_tokens_details"] == {"cached_tokens": 5}


async def test_calls_are_streamed_by_index(
    client: aiohttp.ClientSession, model_server: ModelServer
) -> None:
    model_server.call(("a", {"x": 1}), ("b", {}))
    chunks = events(await (await ask(client, model_server)).read())
    pieces = [c["choices"][0]["delta"].get("tool_calls") for c in chunks[:-1]]
    assert [(p[0]["index"], p[0]["function"]) for p in pieces] == [
        (0, {"name": "a", "arguments": ""}),
        (0, {"arguments": '{"x": 1}'}),
        (1, {"name": "b", "arguments": ""}),
        (1, {"arguments": "{}"}),
    ]
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


async def test_answers_at_once_where_no_stream_is_asked_for(
    client: aiohttp.ClientSession, model_server: ModelServer
) -> None:
    model_server.script(
        Thinking("hm"), "Yes", *whole_call("a", {"x": 1}, size=2), UsageChunk(1, 2)
    )
    answer = await (await ask(client, model_server, stream=False)).json()
    assert answer["choices"][0]["message"] == {
        "role": "assistant",
        "content": "Yes",
        "reasoning_content": "hm",
        "tool_calls": [
            {
                "id": "call_0",
                "type": "function",
                "function": {"name": "a", "arguments": '{"x": 1}'},
            }
        ],
    }
    assert answer["usage"]["total_tokens"] == 3


async def test_an_event_gates_what_follows(
    client: aiohttp.ClientSession, model_server: ModelServer
) -> None:
    gate = asyncio.Event()
    reply = model_server.script("a", gate, "b")
    answer = await ask(client, model_server)
    first = await answer.content.readuntil(b"\n\n")
    assert b'"a"' in first
    assert not reply.sent.is_set()
    gate.set()
    assert b'"b"' in await answer.content.readuntil(b"\n\n")
    await answer.read()
    await reply.sent.wait()


async def test_the_server_notices_a_client_that_goes(
    client: aiohttp.ClientSession, model_server: ModelServer
) -> None:
    reply = model_server.script("a", Stall())
    answer = await ask(client, model_server)
    await answer.content.readuntil(b"\n\n")
    assert model_server.open_connections == 1
    answer.close()
    await reply.gone.wait()
    assert model_server.open_connections == 0


async def test_drops_the_connection(
    client: aiohttp.ClientSession, model_server: ModelServer
) -> None:
    model_server.script("a", Drop())
    answer = await ask(client, model_server)
    with pytest.raises(aiohttp.ClientError):
        await answer.read()


async def test_raw_bytes_go_out_as_they_are(
    client: aiohttp.ClientSession, model_server: ModelServer
) -> None:
    model_server.script(
        Raw(b": hello\r\n\r\n"), CallPiece(None, None, "x", {"a": 1}), Finish(None)
    )
    body = await (await ask(client, model_server)).read()
    assert body.startswith(b": hello\r\n\r\n")
    assert b'{"name": "x", "arguments": {"a": 1}}' in body


async def test_a_status_has_its_headers_and_body(
    client: aiohttp.ClientSession, model_server: ModelServer
) -> None:
    model_server.fail(429, {"error": {"message": "slow"}}, {"Retry-After": "2"})
    answer = await ask(client, model_server)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "2")
    assert await answer.json() == {"error": {"message": "slow"}}


async def test_a_request_without_a_reply_is_kept_as_unscripted(
    client: aiohttp.ClientSession, model_server: ModelServer
) -> None:
    assert (await ask(client, model_server)).status == 500
    assert [r.json["model"] for r in model_server.unscripted] == ["demo"]


async def test_the_key_is_asked_for(
    client: aiohttp.ClientSession, model_server: ModelServer
) -> None:
    model_server.api_key = "secret"
    answer = await client.get(f"{model_server.url}/models")
    assert answer.status == 401
    headers = {"Authorization": "Bearer secret"}
    answer = await client.get(f"{model_server.url}/models", headers=headers)
    assert (await answer.json())["data"] == [{"id": "demo", "object": "model"}]
    model_server.fail_models(503, "down")
    answer = await client.get(f"{model_server.url}/models", headers=headers)
    assert (answer.status, await answer.text()) == (503, "down")
