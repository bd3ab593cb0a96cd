"""Finding a model server and what it offers, for the forms and the check at set-up."""

import asyncio
from dataclasses import dataclass
import re
from typing import Final

import aiohttp
from yarl import URL

from . import create_provider
from .base import LLMProvider, ProviderError, ProviderErrorKind
from .http import parse_url

KNOWN_SERVERS: Final = {
    "OpenAI": "https://api.openai.com/v1",
    "Ollama": "http://localhost:11434/v1",
    "llama.cpp": "http://localhost:8080/v1",
    "LM Studio": "http://localhost:1234/v1",
    "vLLM": "http://localhost:8000/v1",
    "OpenRouter": "https://openrouter.ai/api/v1",
    "Groq": "https://api.groq.com/openai/v1",
    "Mistral": "https://api.mistral.ai/v1",
    "Gemini": "https://generativelanguage.googleapis.com/v1beta/openai",
}
"""Name to the address that its documentation gives for OpenAI's protocol."""

LIST_MODELS_TIMEOUT: Final = 15
"""Seconds that a form or the check after set-up waits for the list of models."""

# What people paste from a server's documentation behind the address proper.
_ENDPOINTS: Final = ("/chat/completions", "/completions", "/models")

_DEFAULT_PATH: Final = "/v1"
"""Where servers that are given as a mere host keep their OpenAI-compatible side."""


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A model server that answered."""

    url: str
    """Where it answered: as given, or with the path that was missing."""
    models: tuple[str, ...]
    """Names of its models, sorted; may be empty."""


def normalize_url(text: str) -> str:
    """Return a server's address without endpoint and trailing slash.

    Raises ProviderError with INVALID_URL unless it is http(s) with a host and without
    user, query and fragment: a password in it would reach the log, and endpoints are
    appended to it.
    """
    text = text.strip()
    url = parse_url(text)
    extras = (url.user, url.password, url.query_string, url.fragment)
    if any(extras) or re.search(r"\s", text):
        raise ProviderError(
            ProviderErrorKind.INVALID_URL, "The address is more than a place"
        )
    address = str(url).rstrip("/")
    for endpoint in _ENDPOINTS:
        address = address.removesuffix(endpoint)
    return address.rstrip("/")


def online_service(url: str) -> str | None:
    """Return the name of the known service at an address, None for a server at home."""
    for name, known in KNOWN_SERVERS.items():
        if url == known and url.startswith("https:"):
            return name
    return None


def server_title(url: str) -> str:
    """Return the name of a service, else the server's host, with its port if given."""
    if name := online_service(url):
        return name
    parsed = URL(url)
    if parsed.explicit_port is None:
        return str(parsed.host)
    return f"{parsed.host}:{parsed.explicit_port}"


def is_same_server(address: str, url: str) -> bool:
    """Return whether what was typed has the scheme, host and port of an address."""
    try:
        typed, known = URL(address.strip()), URL(url)
    except ValueError:
        return False
    places = [(place.scheme, place.host, place.port) for place in (typed, known)]
    return places[0] == places[1]


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
