"""Finding a model server and what it offers, for the forms and the check at set-up."""

import asyncio
from dataclasses import dataclass
from typing import Final

import aiohttp
from yarl import URL

from . import create_provider
from .base import LLMProvider, ProviderError, ProviderErrorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownService:
    """A service, or a program that people run, that serves models."""

    name: str
    """What it calls itself; empty for a server that is none of these."""
    url: str = ""
    """The address that its documentation gives."""
    provider: str = "openai"
    """The client that speaks its protocol, of `PROVIDERS`."""

    @property
    def online(self) -> bool:
        """Return whether it is one and the same for everybody, and wants a key."""
        return self.url.startswith("https:")


OTHER_SERVICE: Final = "other"
KNOWN_SERVICES: Final = {
    "openai": KnownService(name="OpenAI", url="https://api.openai.com/v1"),
    "gemini": KnownService(
        name="Gemini",
        url="https://generativelanguage.googleapis.com/v1beta/openai",
    ),
    "openrouter": KnownService(name="OpenRouter", url="https://openrouter.ai/api/v1"),
    "groq": KnownService(name="Groq", url="https://api.groq.com/openai/v1"),
    "mistral": KnownService(name="Mistral", url="https://api.mistral.ai/v1"),
    "ollama": KnownService(name="Ollama", url="http://localhost:11434/v1"),
    "llama_cpp": KnownService(name="llama.cpp", url="http://localhost:8080/v1"),
    "lm_studio": KnownService(name="LM Studio", url="http://localhost:1234/v1"),
    "vllm": KnownService(name="vLLM", url="http://localhost:8000/v1"),
    OTHER_SERVICE: KnownService(name=""),
}
"""What the form offers, in its order."""

LIST_MODELS_TIMEOUT: Final = 15
"""Seconds that a form or the check after set-up waits for the list of models."""

_DEFAULT_PATH: Final = "/v1"
"""Where servers that are given as a mere host keep their OpenAI-compatible side."""


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A model server that answered."""

    url: str
    """Where it answered: as given, or with the path that was missing."""
    models: tuple[str, ...]
    """Names of its models, sorted; may be empty."""


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


async def async_list_models(provider: LLMProvider) -> list[str]:
    """Return the names of a server's models, sorted, within 15 seconds.

    Raises ProviderError.
    """
    try:
        async with asyncio.timeout(LIST_MODELS_TIMEOUT):
            return await provider.list_models()
    except TimeoutError as err:
        raise ProviderError(
            ProviderErrorKind.TIMEOUT,
            f"no list of models within {LIST_MODELS_TIMEOUT} s",
        ) from err


async def async_find_server(
    session: aiohttp.ClientSession, kind: str, url: str, api_key: str | None
) -> FoundServer:
    """Ask a server for its models, at ``/v1`` too if only a host was given.

    Raises ProviderError, that of the address as given.
    """
    try:
        models = await async_list_models(create_provider(kind, session, url, api_key))
    except ProviderError as err:
        if err.kind is not ProviderErrorKind.NOT_A_MODEL_SERVER or URL(url).path != "/":
            raise
        url += _DEFAULT_PATH
        try:
            models = await async_list_models(
                create_provider(kind, session, url, api_key)
            )
        except ProviderError as inner:
            # Behind /v1 the server is more telling, as long as it is one.
            if inner.kind is ProviderErrorKind.NOT_A_MODEL_SERVER:
                raise err from None
            raise
    return FoundServer(url=url, models=tuple(models))
