"""Fixtures for tests of the clients."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from custom_components.chatterbox.providers.openai.client import OpenAIProvider
from scripts.demo_model import ModelServer

from .replay import ReplayServer


@pytest.fixture
async def session(socket_enabled: None) -> AsyncIterator[aiohttp.ClientSession]:
    """Give an aiohttp session."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def replay(socket_enabled: None) -> AsyncIterator[ReplayServer]:
    """Give a server that plays bytes."""
    server = await ReplayServer().start()
    yield server
    await server.close()


@pytest.fixture
def provider(
    session: aiohttp.ClientSession, model_server: ModelServer
) -> OpenAIProvider:
    """Give a client of the scripted server."""
    return OpenAIProvider(session, model_server.url, None)
