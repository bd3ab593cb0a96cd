"""Tests for what in a state changes no answer."""

from datetime import UTC, datetime

from homeassistant.core import State
import pytest

from custom_components.chatterbox.tools.cache.state_changes import (
    TICKING_ATTRIBUTES,
    digest,
    merely_ticks,
)


@pytest.mark.parametrize("domain", TICKING_ATTRIBUTES)
def test_ticks(domain: str) -> None:
    """Each attribute of the table moves on, and nothing else with it."""
    for name in TICKING_ATTRIBUTES[domain]:
        old = State(f"{domain}.x", "on", {name: 1, "other": 1})
        for new, ticks in (
            ({name: 2, "other": 1}, True),
            ({"other": 1}, True),
            ({name: 2, "other": 2}, False),
            ({name: 1, "other": 1}, False),
        ):
            state = State(f"{domain}.x", "on", new)
            assert merely_ticks(old, state) is ticks
            assert (digest(old) == digest(state)) is (new["other"] == 1)
        assert not merely_ticks(old, State(f"{domain}.x", "off", {name: 2, "other": 1}))


def test_other_domains_have_no_ticks() -> None:
    """A light's attribute of that name would mean something."""
    old = State("light.x", "on", {"media_position": 1})
    new = State("light.x", "on", {"media_position": 2})
    assert not merely_ticks(old, new)
    assert digest(old) != digest(new)


def test_a_digest_is_of_what_lasts() -> None:
    """The same in any order and for any value; none where there is no state."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    one = State("light.x", "on", {"a": at, "b": {"c": [1]}})
    two = State("light.x", "on", {"b": {"c": [1]}, "a": at})
    assert digest(one) == digest(two)
    assert digest(one) != digest(State("light.x", "off", one.attributes))
    assert digest(None) == ""
