"""Finding a model server and what it offers, for the forms and the check at set-up."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final

import aiohttp
from yarl import URL

from .base import LLMProvider, ModelInfo, ProviderError, ProviderErrorKind
from .registry import create_provider


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownService:
    """A service, or a program that people run, that serves models."""

    name: str
    url: str = ""
    """The address that its documentation gives."""
    provider: str = "openai"
    """The client, of `PROVIDERS`; a guess where the address may be anything's."""

    @property
    def online(self) -> bool:
        """Return whether it is one and the same for everybody, and wants a key."""
        return self.url.startswith("https:")


OTHER_SERVICE: Final = "other"
KNOWN_SERVICES: Final = {
    "openai": KnownService(
        name="OpenAI", url="https://api.openai.com/v1", provider="responses"
    ),
    "anthropic": KnownService(
        name="Anthropic", url="https://api.anthropic.com/v1", provider="anthropic"
    ),
    "gemini": KnownService(
        name="Gemini",
        url="https://generativelanguage.googleapis.com/v1beta/openai",
    ),
    "openrouter": KnownService(name="OpenRouter", url="https://openrouter.ai/api/v1"),
    "groq": KnownService(name="Groq", url="https://api.groq.com/openai/v1"),
    "mistral": KnownService(name="Mistral", url="https://api.mistral.ai/v1"),
    "ollama": KnownService(
        name="Ollama", url="http://localhost:11434", provider="ollama"
    ),
    "llama_cpp": KnownService(name="llama.cpp", url="http://localhost:8080/v1"),
    "lm_studio": KnownService(name="LM Studio", url="http://localhost:1234/v1"),
    "vllm": KnownService(name="vLLM", url="http://localhost:8000/v1"),
    OTHER_SERVICE: KnownService(name=""),
}
"""What the form offers, in its order."""

LIST_MODELS_TIMEOUT: Final = 15
"""Seconds that a form or the check after set-up waits for the list of models."""

_OLLAMA_PORT: Final = 11434

_OLLAMA_PATHS: Final = ("/v1", "/api")
"""What people put behind an Ollama's address."""


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A model server that answered."""

    url: str
    """Where it answered: as given, or with the path that was missing."""
    provider: str
    models: tuple[ModelInfo, ...]


def online_service(url: str) -> str | None:
    """Return the name of the known service at an address, None for a server at home."""
    for service in KNOWN_SERVICES.values():
        if service.online and url == service.url:
            return service.name
    return None


def server_title(url: str) -> str:
    """Return the name of a service, else the server's host, with its port if given."""
    if name := online_service(url):
        return name
    parsed = URL(url)
    if parsed.explicit_port is None:
        return str(parsed.host)
    return f"{parsed.host}:{parsed.explicit_port}"


def places(
    url: str, kind: str | None = None, *, likely: str | None = None
) -> list[tuple[str, str]]:
    """Return the clients to try, and where; first `likely`, only `kind` if that is known."""
    parsed = URL(url)
    path = parsed.path.rstrip("/")
    base = str(parsed.origin()) + path
    if kind is not None:
        return _places_of(kind, base, path)
    found = [] if likely is None else _places_of(likely, base, path)
    for guess in _guesses(parsed, path):
        found += [
            place for place in _places_of(guess, base, path) if place not in found
        ]
    return found


def _guesses(url: URL, path: str) -> tuple[str, ...]:
    host = url.host or ""
    if host.endswith("anthropic.com") or "anthropic" in path:
        return ("anthropic",)
    if host == "api.openai.com":
        return ("responses",)
    # Ollama speaks both, and in its own protocol all that it can do.
    if url.port == _OLLAMA_PORT or path.endswith("/api"):
        return ("ollama", "openai")
    return ("openai",) if path else ("openai", "ollama")


def _places_of(kind: str, base: str, path: str) -> list[tuple[str, str]]:
    if kind == "ollama":
        for ending in _OLLAMA_PATHS:
            base = base.removesuffix(ending)
        return [(kind, base)]
    # Anthropic's own clients are given addresses without it, whatever the path.
    if path and not (kind == "anthropic" and not path.endswith("/v1")):
        return [(kind, base)]
    return [(kind, base), (kind, base + "/v1")]


async def async_describe_models(provider: LLMProvider) -> list[ModelInfo]:
    """Return what a server tells of its models within 15 s. Raises ProviderError."""
    return await _async_within(provider.describe_models())


async def _async_within[T](answer: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(LIST_MODELS_TIMEOUT):
            return await answer
    except TimeoutError as err:
        raise ProviderError(
            ProviderErrorKind.TIMEOUT,
            f"no list of models within {LIST_MODELS_TIMEOUT} s",
        ) from err


async def async_is_spoken(
    session: aiohttp.ClientSession, kind: str, url: str, api_key: str | None
) -> bool:
    """Return within 15 s whether a server has a protocol. Raises ProviderError."""
    provider = create_provider(kind, session, url, api_key)
    return await _async_within(provider.is_spoken())


async def async_find_server(
    session: aiohttp.ClientSession,
    kind: str | None,
    url: str,
    api_key: str | None,
    *,
    likely: str | None = None,
) -> FoundServer:
    """Ask each of the `places`; raises the most telling ProviderError."""
    first: ProviderError | None = None
    for provider, place in places(url, kind, likely=likely):
        try:
            models = await async_describe_models(
                create_provider(provider, session, place, api_key)
            )
        except ProviderError as err:
            if err.kind is not ProviderErrorKind.NOT_A_MODEL_SERVER:
                # It is one, and says what is wrong.
                raise
            first = first or err
        else:
            return FoundServer(place, provider, tuple(models))
    assert first
    raise first
