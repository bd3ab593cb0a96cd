"""Tests of what stands between an agent and a model server."""

import json
from typing import Any

import aiohttp
import pytest

from scripts.demo_model import ModelServer, Text, UsageChunk
from scripts.evaluation.relay import Relay, Usage, tokens_in

MESSAGES = [{"role": "user", "content": "Hello"}]


def events(*data: dict[str, Any]) -> bytes:
    """Return a stream of server-sent events."""
    return b"".join(b"data: %s\n\n" % json.dumps(item).encode() for item in data)


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        pytest.param(
            events(
                {"choices": []},
                {
                    "usage": {
                        "prompt_tokens": 900,
                        "completion_tokens": 20,
                        "prompt_tokens_details": {"cached_tokens": 800},
                    }
                },
            )
            + b"data: [DONE]\n\n",
            {"input": 900, "output": 20, "cached": 800},
            id="chat completions",
        ),
        pytest.param(
            json.dumps(
                {"usage": {"prompt_tokens": 7, "completion_tokens": 2}}
            ).encode(),
            {"input": 7, "output": 2},
            id="one answer",
        ),
        pytest.param(
            events(
                {
                    "response": {
                        "usage": {
                            "input_tokens": 50,
                            "output_tokens": 5,
                            "input_tokens_details": {"cached_tokens": 40},
                        }
                    }
                }
            ),
            {"input": 50, "output": 5, "cached": 40},
            id="responses",
        ),
        pytest.param(
            events(
                {"message": {"usage": {"input_tokens": 9, "output_tokens": 1}}},
                {"usage": {"output_tokens": 12}},
            ),
            {"input": 9, "output": 12},
            id="messages",
        ),
        pytest.param(
            b'{"message": {}}\n{"done": true, "prompt_eval_count": 30, "eval_count": 4}\n',
            {"input": 30, "output": 4},
            id="ollama",
        ),
        pytest.param(
            events({"timings": {"prompt_n": 12, "cache_n": 900, "predicted_n": 31}}),
            {"input": 912, "output": 31, "cached": 900},
            id="llama.cpp, not asked for usage",
        ),
        pytest.param(b"<html>", {}, id="no answer at all"),
    ],
)
def test_tokens_are_read_as_each_server_tells_them(
    body: bytes, tokens: dict[str, int]
) -> None:
    assert tokens_in(body) == tokens


async def test_what_goes_through_is_counted(socket_enabled: None) -> None:
    server = await ModelServer(
        lambda _: [Text("Good "), Text("evening."), UsageChunk(40, 3, 8)]
    ).start()
    relay = await Relay(server.url).start()
    async with aiohttp.ClientSession() as session:
        for more in ({}, {"stream": True}, {"max_tokens": 1}):
            async with session.post(
                f"{relay.url}/chat/completions", json={"messages": MESSAGES, **more}
            ) as answer:
                body = await answer.read()
        async with session.get(f"{relay.url}/models") as listed:
            models = await listed.json()
    await relay.close()
    await server.close()

    assert body
    assert models["data"][0]["id"] == "demo"
    # The request for a single token has the prompt read, and is no call.
    assert relay.usage == Usage(2, 80, 6, 16)
    assert relay.lost is None


async def test_a_server_that_is_not_there_is_told(socket_enabled: None) -> None:
    relay = await Relay("http://127.0.0.1:9/v1").start()
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"{relay.url}/models")
    await relay.close()

    assert relay.lost
    assert "127.0.0.1:9" in relay.lost
