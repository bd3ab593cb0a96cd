"""Tests for how services behave."""

from homeassistant.core import SupportsResponse
from homeassistant.helpers import llm
import pytest

from custom_components.chatterbox.tools.services.annotations import (
    EXCEPTIONS,
    annotations_of,
)


def test_the_table_speaks_of_services_that_exist(shipped: set[str]) -> None:
    """A row for what does not exist helps nobody and hides a typing error."""
    assert set(EXCEPTIONS) <= shipped


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
