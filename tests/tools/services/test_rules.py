"""Tests for the tables of what services do."""

from fnmatch import fnmatchcase

from homeassistant.core import SupportsResponse
from homeassistant.helpers import llm
import pytest

from custom_components.chatterbox.tools.services.rules import (
    EXCEPTIONS,
    HARMFUL,
    HARMLESS,
    annotations_of,
    chosen_at_first,
    harm_of,
    without_twins,
)

from .test_every_service import _descriptions

NOT_IN_A_FILE = {"chatterbox.*", "pyscript.*"}
"""Our own, and a custom integration that many homes have."""


@pytest.fixture(scope="module")
def shipped() -> set[str]:
    """Return all services that Home Assistant ships."""
    return {name for name, _ in _descriptions()}


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
    assert harm_of(service)


@pytest.mark.parametrize(
    "service", ["light.turn_on", "weather.get_forecasts", "script.party", "tts.speak"]
)
def test_harmless(service: str) -> None:
    """What a home does every day is not."""
    assert harm_of(service) is None


def test_tables_speak_of_services_that_exist(shipped: set[str]) -> None:
    """A row for what does not exist helps nobody and hides a typing error."""
    assert set(EXCEPTIONS) <= shipped
    unused = {
        pattern
        for pattern in HARMFUL
        if not any(fnmatchcase(name, pattern) for name in shipped)
    }
    assert unused == NOT_IN_A_FILE


def test_what_only_answers_reads() -> None:
    """Home Assistant says so of them."""
    made = annotations_of("almanac.look_up", SupportsResponse.ONLY)
    assert made.read_only
    assert not made.destructive


@pytest.mark.parametrize("answers", [SupportsResponse.NONE, SupportsResponse.OPTIONAL])
def test_all_else_is_taken_for_the_worst(answers: SupportsResponse) -> None:
    """A service that nothing is known of may do anything."""
    assert annotations_of("almanac.write", answers) == llm.ToolAnnotations()


def test_exceptions_go_both_ways() -> None:
    """Some that only answer write, some that write do no harm."""
    asks = annotations_of("assist_satellite.ask_question", SupportsResponse.ONLY)
    assert not asks.read_only
    adds = annotations_of("todo.add_item", SupportsResponse.NONE)
    assert not adds.destructive
    assert not adds.read_only


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


class _Tool(llm.Tool):
    def __init__(self, name: str) -> None:
        self.name = name
        self.integration = name.split("__", maxsplit=1)[0]


class _Script(llm.ActionTool):
    def __init__(self, name: str) -> None:
        self.name = name
        self.integration = "script"


def test_twins() -> None:
    """What Assist has made for a service wins, unless it does less or checks less."""
    of_assist = [
        _Tool("todo__get_items"),
        _Tool("calendar__get_events"),
        _Script("script__party"),
        _Script("script__other"),
    ]
    services = [
        _Tool("calendar__get_events"),
        _Tool("script__party"),
        _Tool("todo__get_items"),
        _Tool("weather__get_forecasts"),
    ]
    (_, theirs), (_, ours) = without_twins([("Assist", of_assist)], services)
    assert list(theirs) == [of_assist[0], of_assist[3]]
    assert list(ours) == [services[0], services[1], services[3]]
