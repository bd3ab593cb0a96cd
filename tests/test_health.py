"""Tests for what is logged of a model server's health."""

import logging
from typing import cast

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.chatterbox.const import DOMAIN
from custom_components.chatterbox.health import CHECK_INTERVAL, ServerHealth
from custom_components.chatterbox.providers.base import (
    LLMProvider,
    ModelInfo,
    ProviderError,
    ProviderErrorKind,
)
from custom_components.chatterbox.providers.needs import Learnt

from .home import Agent

LOGGER = "custom_components.chatterbox.health"
LASTING = {
    ProviderErrorKind.INVALID_URL,
    ProviderErrorKind.CANNOT_CONNECT,
    ProviderErrorKind.NO_TLS,
    ProviderErrorKind.TIMEOUT,
    ProviderErrorKind.INVALID_AUTH,
    ProviderErrorKind.NOT_A_MODEL_SERVER,
    ProviderErrorKind.SERVER_ERROR,
}
OF_MODEL = {ProviderErrorKind.MODEL_NOT_FOUND, ProviderErrorKind.NO_CREDIT}


@pytest.fixture
def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Return an entry that is known but not set up."""
    entry = MockConfigEntry(domain=DOMAIN, title="llama.local", data={})
    entry.add_to_hass(hass)
    return entry


class Server:
    """A model server that lists its models, or does not."""

    def __init__(self) -> None:
        """Be well."""
        self.fault: ProviderError | None = None

    async def describe_models(self) -> list[ModelInfo]:
        """Return one model, or raise the fault."""
        if self.fault:
            raise self.fault
        return [ModelInfo(name="demo")]


@pytest.fixture
def server() -> Server:
    """Return a server that is well."""
    return Server()


@pytest.fixture
def health(hass: HomeAssistant, entry: MockConfigEntry, server: Server) -> ServerHealth:
    """Return the health of a server that nothing is known of yet."""
    return ServerHealth(hass, entry, cast("LLMProvider", server), Learnt())


def issues(hass: HomeAssistant) -> list[str]:
    """Return the keys of what is shown under Repairs about the server."""
    return sorted(
        issue.translation_key or ""
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.translation_key != "danger_policy"
    )


def loud(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what people see in their log by default, that is from INFO up."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name == LOGGER and record.levelno >= logging.INFO
    ]


@pytest.mark.parametrize(
    "kind", sorted(LASTING - {ProviderErrorKind.INVALID_AUTH}), ids=str
)
async def test_lasting_fault_is_logged_once_and_once_when_over(
    hass: HomeAssistant,
    health: ServerHealth,
    caplog: pytest.LogCaptureFixture,
    kind: ProviderErrorKind,
) -> None:
    """A server that is down fills no log, however often it is asked."""
    caplog.set_level(logging.DEBUG)
    health.answered()
    assert loud(caplog) == []

    for _ in range(3):
        health.failed(ProviderError(kind, "the cause"))
    assert health.fault is kind
    assert issues(hass) == ["server_down"]
    assert loud(caplog) == ["llama.local does not answer: the cause"]

    health.answered()
    health.answered()
    assert health.fault is None
    assert issues(hass) == []
    assert loud(caplog)[1:] == ["llama.local answers again"]

    health.failed(ProviderError(kind, "the cause"))
    assert len(loud(caplog)) == 3


async def test_another_lasting_fault_is_logged(
    health: ServerHealth, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault that turns into another one is news."""
    health.failed(ProviderError(ProviderErrorKind.TIMEOUT, "silence"))
    health.failed(ProviderError(ProviderErrorKind.CANNOT_CONNECT, "refused"))
    assert loud(caplog) == [
        "llama.local does not answer: silence",
        "llama.local does not answer: refused",
    ]


@pytest.mark.parametrize(
    "kind", sorted(set(ProviderErrorKind) - LASTING - OF_MODEL), ids=str
)
async def test_fault_of_one_request_is_logged_each_time(
    hass: HomeAssistant,
    health: ServerHealth,
    caplog: pytest.LogCaptureFixture,
    kind: ProviderErrorKind,
) -> None:
    """A server that refuses one request is there."""
    caplog.set_level(logging.INFO)
    health.failed(ProviderError(ProviderErrorKind.CANNOT_CONNECT, "refused"))
    health.failed(ProviderError(kind, "one"))
    health.failed(ProviderError(kind, "two"))
    assert health.fault is None
    assert loud(caplog) == [
        "llama.local does not answer: refused",
        "llama.local answers again",
        "llama.local: one",
        "llama.local: two",
    ]


async def test_proxy_that_answers_for_a_server_that_is_away(
    hass: HomeAssistant, health: ServerHealth, caplog: pytest.LogCaptureFixture
) -> None:
    """Its 503 between two refused connections is no sign of health, nor news each time."""
    refused = ProviderError(ProviderErrorKind.CANNOT_CONNECT, "refused")
    away = ProviderError(ProviderErrorKind.SERVER_ERROR, "Status 503")
    for err in (refused, away, refused, away):
        health.failed(err)
        assert health.fault is err.kind
    assert loud(caplog) == [
        "llama.local does not answer: refused",
        "llama.local does not answer: Status 503",
    ]
    assert issues(hass) == ["server_down"]


async def test_server_that_is_down_is_asked_until_it_answers(
    hass: HomeAssistant,
    health: ServerHealth,
    server: Server,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Nobody has to speak for the issue to go."""
    server.fault = ProviderError(ProviderErrorKind.CANNOT_CONNECT, "refused")
    health.failed(server.fault)
    for fault, left in ((server.fault, ["server_down"]), (None, [])):
        server.fault = fault
        freezer.tick(CHECK_INTERVAL)
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert issues(hass) == left
    assert health.fault is None


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (ProviderErrorKind.MODEL_NOT_FOUND, "model_gone"),
        (ProviderErrorKind.NO_CREDIT, "no_credit"),
    ],
)
async def test_fault_of_a_model(
    hass: HomeAssistant,
    health: ServerHealth,
    caplog: pytest.LogCaptureFixture,
    kind: ProviderErrorKind,
    key: str,
) -> None:
    """It is said once, and stays until that model answers, whatever the others do."""
    for _ in range(2):
        health.failed(ProviderError(kind, "the cause"), "small")
        health.answered("large")
        health.answered()
    assert health.fault is None
    assert issues(hass) == [key]
    assert loud(caplog) == ["llama.local: the cause"]
    health.answered("small")
    assert issues(hass) == []


async def test_listeners_hear_of_another_fault(health: ServerHealth) -> None:
    """Each change is told once, until one listens no more."""
    heard: list[ProviderErrorKind | None] = []
    stop = health.async_listen(lambda: heard.append(health.fault))
    for _ in range(2):
        health.failed(ProviderError(ProviderErrorKind.CANNOT_CONNECT, "refused"))
    health.answered()
    stop()
    health.failed(ProviderError(ProviderErrorKind.TIMEOUT, "silence"))
    assert heard == [ProviderErrorKind.CANNOT_CONNECT, None]


async def test_entry_that_goes_leaves_no_issue(
    hass: HomeAssistant, agent: Agent
) -> None:
    """Whatever was wrong with it."""
    agent.server.fail(404, '{"error": {"message": "model `demo` not found"}}')
    await agent.say("Hello?")
    await agent.server.close()
    await agent.say("Hello?")
    assert issues(hass) == ["model_gone", "server_down"]
    (model,) = [
        issue
        for issue in ir.async_get(hass).issues.values()
        if issue.translation_key == "model_gone"
    ]
    assert model.translation_placeholders == {
        "name": "Model server",
        "model": "demo",
        "agents": "Chatterbox",
    }
    await hass.config_entries.async_remove(agent.entry.entry_id)
    assert issues(hass) == []
