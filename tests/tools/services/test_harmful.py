"""Tests for the tables of what is harmful."""

from fnmatch import fnmatchcase

from homeassistant.core import SupportsResponse
import pytest

from custom_components.chatterbox.tools.services.harmful import (
    HARMFUL,
    HARMLESS,
    chosen_at_first,
    why_harmful,
)

NOT_IN_A_FILE = {"chatterbox.*", "pyscript.*"}
"""Our own, and a custom integration that many homes have."""


@pytest.mark.parametrize(
    "service",
    [
        "homeassistant.restart",
        "homeassistant.stop",
        "homeassistant.reload_all",
        "hassio.host_reboot",
        "shell_command.anything",
        "python_script.anything",
        "recorder.purge",
        "recorder.purge_entities",
        "backup.create",
        "system_log.clear",
        "persistent_notification.create",
        "automation.reload",
    ],
)
def test_harmful(service: str) -> None:
    """What can harm the system is known, with a reason."""
    assert why_harmful(service)


@pytest.mark.parametrize(
    "service", ["light.turn_on", "weather.get_forecasts", "script.party", "tts.speak"]
)
def test_harmless(service: str) -> None:
    """What a home does every day is not."""
    assert why_harmful(service) is None


def test_the_table_speaks_of_services_that_exist(shipped: set[str]) -> None:
    """A row for what does not exist helps nobody and hides a typing error."""
    unused = {
        pattern
        for pattern in HARMFUL
        if not any(fnmatchcase(name, pattern) for name in shipped)
    }
    assert unused == NOT_IN_A_FILE


def test_chosen_at_first() -> None:
    """A new agent reads, and reads nothing that it should not."""
    only = SupportsResponse.ONLY
    assert chosen_at_first("weather.get_forecasts", only)
    assert not chosen_at_first("recorder.get_statistics", only)
    assert not chosen_at_first("assist_satellite.ask_question", only)
    assert not chosen_at_first("light.turn_on", SupportsResponse.NONE)


@pytest.mark.parametrize(
    "service",
    [
        "imap.fetch",
        "matter.get_lock_credential_status",
        "schlage.get_codes",
        "unifiprotect.get_user_keyring_info",
        "habitica.get_tasks",
        "media_extractor.extract_media_url",
        "almanac.look_up",
    ],
)
def test_a_new_agent_reads_nothing_private(service: str) -> None:
    """Only what is known to be harmless, not whatever only answers."""
    assert not chosen_at_first(service, SupportsResponse.ONLY)


def test_harmless_domains_answer(shipped: set[str]) -> None:
    """A row for what does not exist helps nobody."""
    assert set(HARMLESS) <= {name.partition(".")[0] for name in shipped}
