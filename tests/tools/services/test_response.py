"""Tests for what a service answers, as JSON that is short enough."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum, IntEnum, StrEnum
import json
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.chatterbox.tools.plain_json import json_safe
from custom_components.chatterbox.tools.services.response import size, trim


class Colour(StrEnum):
    """An enum of texts."""

    RED = "red"


class Level(IntEnum):
    """An enum of numbers."""

    LOW = 1


class Odd(Enum):
    """An enum of dates."""

    DAY = date(2026, 11, 23)


@dataclass
class Thing:
    """Has a dict of its own."""

    def as_dict(self) -> dict[str, Any]:
        """Return it."""
        return {"at": time(7, 30)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2026, 11, 23, 7, tzinfo=UTC), "2026-11-23T07:00:00+00:00"),
        (date(2026, 11, 23), "2026-11-23"),
        (timedelta(minutes=1), 60.0),
        ({3, 1, 2}, [1, 2, 3]),
        ((1, None), [1, None]),
        (Colour.RED, "red"),
        (Level.LOW, 1),
        (Odd.DAY, "2026-11-23"),
        (float("nan"), None),
        (b"abc", "3 bytes"),
        ({Colour.RED: {1}, 2: True}, {"red": [1], "2": True}),
        (Thing(), {"at": "07:30:00"}),
        (object, "<class 'object'>"),
    ],
)
def test_json_safe(value: Any, expected: Any) -> None:
    """Everything has a form in JSON."""
    safe = json_safe(value)
    assert safe == expected
    assert json.loads(json.dumps(safe, allow_nan=False)) == expected


def test_small_response_is_left_alone() -> None:
    """Nothing is left out that need not be."""
    response = {"events": [{"n": n} for n in range(10)]}
    assert trim(response) == response


def test_long_list_says_how_many_are_left_out() -> None:
    """What is there, and what is not, add up."""
    response = {"a": {"events": [{"summary": "x" * 50, "n": n} for n in range(500)]}}
    events = trim(response, 8192)["a"]["events"]
    assert events[-1]["left_out"] == 500 - (len(events) - 1)
    assert [event["n"] for event in events[:-1]] == list(range(len(events) - 1))
    assert 7500 < size(trim(response, 8192)) <= 8192


def test_longest_list_is_shortened_first() -> None:
    """A short list beside a long one keeps all it has."""
    response = {"long": ["x" * 20] * 1000, "short": ["y" * 20] * 10}
    trimmed = trim(response, 4096)
    assert trimmed["short"] == response["short"]
    assert trimmed["long"][-1]["left_out"] > 0


def test_long_text_is_cut() -> None:
    """One long text does not hide what is beside it."""
    trimmed = trim({"page": "x" * 20_000, "title": "News"}, 4096)
    assert trimmed["title"] == "News"
    assert trimmed["page"].endswith("… (cut)")
    assert size(trimmed) <= 4096


def test_what_cannot_be_shortened_is_said_to_be_too_large() -> None:
    """A thousand keys are no answer, but no lie either."""
    trimmed = trim({f"key {n}": n for n in range(5000)}, 4096)
    assert list(trimmed) == ["note"]


def test_not_a_dict() -> None:
    """A result is always an object."""
    assert trim(["a"]) == {"result": ["a"]}


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=400),
    lambda inner: (
        st.lists(inner, max_size=30)
        | st.dictionaries(st.text(max_size=10), inner, max_size=10)
    ),
    max_leaves=60,
)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.text(max_size=10), _JSON), st.integers(100, 2000))
def test_never_larger_than_the_budget_and_always_json(
    response: dict[str, Any], budget: int
) -> None:
    """Whatever a service answers."""
    trimmed = trim(response, budget)
    assert size(trimmed) <= budget
    json.loads(json.dumps(trimmed, allow_nan=False))
