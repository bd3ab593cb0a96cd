"""Fixtures for all tests."""

from collections.abc import AsyncIterator
import os

from homeassistant.core import HomeAssistant
from hypothesis import HealthCheck, settings
import pytest

# Imported first, so that this repository's custom_components wins over the plugin's own.
import custom_components.chatterbox  # noqa: F401
from scripts.demo_model import ModelServer

from .home import Agent, setup_agent

# How fast a machine makes examples says nothing of the code.
settings.register_profile(
    "any machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=int(os.environ.get("CHATTERBOX_EXAMPLES", "100")),
)
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def _enable_custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant load Chatterbox in every test."""


@pytest.fixture
async def model_server(socket_enabled: None) -> AsyncIterator[ModelServer]:
    """Give a started model server on 127.0.0.1 that plays what a test queues."""
    server = await ModelServer().start()
    yield server
    await server.close()


@pytest.fixture
async def agent(hass: HomeAssistant, model_server: ModelServer) -> Agent:
    """Give a Home Assistant with one agent that has the test's own tools."""
    return await setup_agent(hass, model_server)
