"""The wire protocols that a model server may speak, each with its client."""

from collections.abc import Callable

import aiohttp

from .anthropic.client import AnthropicProvider
from .client import HttpProvider
from .needs import Learnt
from .ollama.client import OllamaProvider
from .openai.client import OpenAIProvider
from .responses.client import ResponsesProvider

type ProviderFactory = Callable[
    [aiohttp.ClientSession, str, str | None, Learnt | None], HttpProvider
]

PROVIDERS: dict[str, ProviderFactory] = {
    "openai": OpenAIProvider,
    "responses": ResponsesProvider,
    "anthropic": AnthropicProvider,
    "ollama": OllamaProvider,
}


def create_provider(
    kind: str,
    session: aiohttp.ClientSession,
    url: str,
    api_key: str | None,
    learnt: Learnt | None = None,
) -> HttpProvider:
    """Return the client for a kind of server; it adds to `learnt`. Raises KeyError."""
    return PROVIDERS[kind](session, url, api_key, learnt)
