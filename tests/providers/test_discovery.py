"""Finding out how a server is spoken to, from its address and what it answers."""

from typing import Any

import aiohttp
from aiohttp import web
import pytest

from custom_components.chatterbox.providers.base import (
    ModelInfo,
    ProviderError,
    ProviderErrorKind as Kind,
)
from custom_components.chatterbox.providers.discovery import (
    KNOWN_SERVICES,
    async_find_server,
    async_is_spoken,
    places,
)

from .replay import ReplayServer

TAGS = {"models": [{"name": "qwen3:8b", "size": 5_200_000_000}, {"name": "gemma:2b"}]}
SHOWN = {
    "qwen3:8b": {
        "capabilities": ["completion", "tools", "thinking"],
        "model_info": {"qwen3.context_length": 40_960},
    },
    "gemma:2b": {"capabilities": ["completion"], "model_info": {}},
}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.openai.com/v1", [("responses", "https://api.openai.com/v1")]),
        (
            "https://api.anthropic.com",
            [
                ("anthropic", "https://api.anthropic.com"),
                ("anthropic", "https://api.anthropic.com/v1"),
            ],
        ),
        (
            "https://example.com/anthropic/v1",
            [("anthropic", "https://example.com/anthropic/v1")],
        ),
        (
            "https://gateway.example.com/anthropic",
            [
                ("anthropic", "https://gateway.example.com/anthropic"),
                ("anthropic", "https://gateway.example.com/anthropic/v1"),
            ],
        ),
        (
            "http://nas:11434/v1",
            [("ollama", "http://nas:11434"), ("openai", "http://nas:11434/v1")],
        ),
        (
            "http://nas:11434",
            [
                ("ollama", "http://nas:11434"),
                ("openai", "http://nas:11434"),
                ("openai", "http://nas:11434/v1"),
            ],
        ),
        (
            "http://nas:8080",
            [
                ("openai", "http://nas:8080"),
                ("openai", "http://nas:8080/v1"),
                ("ollama", "http://nas:8080"),
            ],
        ),
        ("http://nas:8080/llama/v1", [("openai", "http://nas:8080/llama/v1")]),
    ],
)
def test_the_address_tells_what_is_likely(
    url: str, expected: list[tuple[str, str]]
) -> None:
    assert places(url) == expected


@pytest.mark.parametrize("service", KNOWN_SERVICES.values(), ids=KNOWN_SERVICES)
def test_a_services_own_address_needs_no_guess(service: Any) -> None:
    if service.url:
        assert places(service.url, service.provider)[0] == (
            service.provider,
            service.url,
        )


def test_what_was_picked_is_tried_before_what_the_address_makes_likely() -> None:
    """An Ollama behind a proxy's port speaks chat completions too."""
    found = places("https://llm.example.com", likely="ollama")
    assert found[0] == ("ollama", "https://llm.example.com")
    assert ("openai", "https://llm.example.com/v1") in found
    assert len(found) == len(set(found))


async def test_ollama_is_found_with_what_its_models_can_do(
    session: aiohttp.ClientSession, replay: ReplayServer
) -> None:
    replay.pages = {
        "/api/tags": TAGS,
        "/api/show": lambda asked: web.json_response(SHOWN[asked.json["model"]]),
    }
    found = await async_find_server(session, None, replay.origin, None)
    assert (found.provider, found.url) == ("ollama", replay.origin)
    assert found.models == (
        ModelInfo(name="gemma:2b", tools=False, thinking=False, vision=False),
        ModelInfo(
            name="qwen3:8b",
            tools=True,
            thinking=True,
            vision=False,
            context_tokens=40_960,
            size=5_200_000_000,
        ),
    )


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        pytest.param(
            {
                "id": "m",
                "supported_parameters": ["temperature"],
                "context_length": 8192,
            },
            ModelInfo(name="m", tools=False, context_tokens=8192),
            id="OpenRouter",
        ),
        pytest.param(
            {"id": "m", "capabilities": {"function_calling": True}},
            ModelInfo(name="m", tools=True),
            id="Mistral",
        ),
        pytest.param(
            {"id": "m", "meta": {"n_ctx": 12_288, "size": 7}},
            ModelInfo(name="m", context_tokens=12_288, size=7),
            id="llama.cpp",
        ),
        pytest.param(
            {"id": "claude", "max_input_tokens": 200_000, "capabilities": {}},
            ModelInfo(name="claude", context_tokens=200_000),
            id="Anthropic",
        ),
    ],
)
async def test_what_a_list_tells_of_a_model(
    session: aiohttp.ClientSession,
    replay: ReplayServer,
    model: dict[str, Any],
    expected: ModelInfo,
) -> None:
    replay.pages = {"/v1/models": {"data": [model]}}
    found = await async_find_server(session, None, replay.origin, None)
    assert (found.provider, found.url) == ("openai", replay.origin + "/v1")
    assert found.models == (expected,)


async def test_a_refused_key_ends_the_guessing(
    session: aiohttp.ClientSession, replay: ReplayServer
) -> None:
    """The server is there: its word is more telling than another's 404."""
    replay.pages = {"/v1/models": lambda _: web.Response(status=401)}
    with pytest.raises(ProviderError) as caught:
        await async_find_server(session, None, replay.origin, "wrong")
    assert caught.value.kind is Kind.INVALID_AUTH
    assert [asked.path for asked in replay.other] == ["/models", "/v1/models"]


UNKNOWN_PATH = "Unexpected endpoint or method. (POST /v1/responses)"


@pytest.mark.parametrize(
    ("status", "page", "spoken"),
    [
        pytest.param(
            400, {"error": {"message": "'input' is required"}}, True, id="400"
        ),
        pytest.param(422, {"detail": [{"msg": "Field required"}]}, True, id="vLLM"),
        pytest.param(
            500,
            {"error": {"message": "'messages' is required", "type": "server_error"}},
            True,
            id="llama.cpp's Messages",
        ),
        pytest.param(404, {"error": "model '' not found"}, True, id="Ollama"),
        pytest.param(
            404,
            {"error": {"message": "File Not Found", "type": "not_found_error"}},
            False,
            id="llama.cpp of old",
        ),
        pytest.param(404, {"detail": "Not Found"}, False, id="vLLM of old"),
        pytest.param(405, {"detail": "Method Not Allowed"}, False, id="405"),
        pytest.param(200, {"error": UNKNOWN_PATH}, False, id="LM Studio of old"),
    ],
)
@pytest.mark.parametrize(
    ("kind", "path"), [("responses", "/v1/responses"), ("anthropic", "/v1/messages")]
)
async def test_whether_a_protocol_is_spoken_is_asked_without_running_a_model(
    session: aiohttp.ClientSession,
    replay: ReplayServer,
    kind: str,
    path: str,
    status: int,
    page: Any,
    spoken: bool,
) -> None:
    replay.pages = {path: lambda _: web.json_response(page, status=status)}
    url = replay.origin + "/v1"
    assert await async_is_spoken(session, kind, url, "key") is spoken
    (asked,) = replay.other
    assert (asked.method, asked.json) == ("POST", {})
