"""Tests for what is logged of a model server's health."""

import logging

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.const import DOMAIN
from custom_components.chatterbox.health import ServerHealth
from custom_components.chatterbox.providers.base import ProviderError, ProviderErrorKind

LOGGER = "custom_components.chatterbox.health"
LASTING = {
    ProviderErrorKind.INVALID_URL,
    ProviderErrorKind.CANNOT_CONNECT,
    ProviderErrorKind.NO_TLS,
    ProviderErrorKind.TIMEOUT,
    ProviderErrorKind.INVALID_AUTH,
    ProviderErrorKind.NOT_A_MODEL_SERVER,
}


@pytest.fixture
def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Return an entry that is known but not set up."""
    entry = MockConfigEntry(domain=DOMAIN, title="llama.local", data={})
    entry.add_to_hass(hass)
    return entry


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
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    kind: ProviderErrorKind,
) -> None:
    """A server that is down fills no log, however often it is asked."""
    caplog.set_level(logging.DEBUG)
    health = ServerHealth(hass, entry)
    health.answered()
    assert loud(caplog) == []

    for _ in range(3):
        health.failed(ProviderError(kind, "the cause"))
    assert health.fault is kind
    assert loud(caplog) == ["llama.local does not answer: the cause"]

    health.answered()
    health.answered()
    assert health.fault is None
    assert loud(caplog)[1:] == ["llama.local answers again"]

    health.failed(ProviderError(kind, "the cause"))
    assert len(loud(caplog)) == 3


async def test_another_lasting_fault_is_logged(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault that turns into another one is news."""
    health = ServerHealth(hass, entry)
    health.failed(ProviderError(ProviderErrorKind.TIMEOUT, "silence"))
    health.failed(ProviderError(ProviderErrorKind.CANNOT_CONNECT, "refused"))
    assert loud(caplog) == [
        "llama.local does not answer: silence",
        "llama.local does not answer: refused",
    ]


@pytest.mark.parametrize("kind", sorted(set(ProviderErrorKind) - LASTING), ids=str)
async def test_fault_of_one_request_is_logged_each_time(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    kind: ProviderErrorKind,
) -> None:
    """A server that refuses one request is there."""
    caplog.set_level(logging.INFO)
    health = ServerHealth(hass, entry)
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
