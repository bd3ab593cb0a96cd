"""Who the agent asks: clients for model servers.

Nothing here knows of Home Assistant but the aiohttp session that it is handed.
"""

from collections.abc import Callable

import aiohttp

from .base import LLMProvider
from .openai.client import OpenAIProvider

type ProviderFactory = Callable[[aiohttp.ClientSession, str, str | None], LLMProvider]

PROVIDERS: dict[str, ProviderFactory] = {"openai": OpenAIProvider}
"""Kind of provider to the client that speaks its protocol."""


def create_provider(
    kind: str, session: aiohttp.ClientSession, url: str, api_key: str | None
) -> LLMProvider:
    """Return the client for a kind of model server.

    Raises KeyError for a kind that there is no client for.
    """
    return PROVIDERS[kind](session, url, api_key)
