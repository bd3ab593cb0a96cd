"""Who the agent asks: clients for model servers.

Nothing here knows of Home Assistant but the aiohttp session that it is handed.
"""

from collections.abc import Callable

import aiohttp

from .anthropic.client import AnthropicProvider
from .base import LLMProvider
from .needs import Learnt
from .ollama.client import OllamaProvider
from .openai.client import OpenAIProvider
from .responses.client import ResponsesProvider

type ProviderFactory = Callable[
    [aiohttp.ClientSession, str, str | None, Learnt | None], LLMProvider
]

PROVIDERS: dict[str, ProviderFactory] = {
    "openai": OpenAIProvider,
    "responses": ResponsesProvider,
    "anthropic": AnthropicProvider,
    "ollama": OllamaProvider,
}
"""Kind of provider to the client that speaks its protocol."""


def create_provider(
    kind: str,
    session: aiohttp.ClientSession,
    url: str,
    api_key: str | None,
    learnt: Learnt | None = None,
) -> LLMProvider:
    """Return the client for a kind of model server; `learnt` is kept up to date by it.

    Raises KeyError for a kind that there is no client for.
    """
    return PROVIDERS[kind](session, url, api_key, learnt)
