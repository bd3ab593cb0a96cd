"""Tests for whether a model is skipped, on a clock of the test's own."""

import pytest

from custom_components.chatterbox.providers.base import ProviderError, ProviderErrorKind
from custom_components.chatterbox.providers.first_tokens import FEWEST
from custom_components.chatterbox.providers.standing import (
    FAILURES,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Standing,
)

REFUSED = ProviderError(ProviderErrorKind.CANNOT_CONNECT, "refused")


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Give a clock that stands still."""
    return Clock()


@pytest.fixture
def standing(clock: Clock) -> Standing:
    """Give the standing of a model that is well."""
    return Standing(clock)


def test_three_failures_in_a_row(standing: Standing) -> None:
    """Two are bad luck, and an answer in between begins anew."""
    for _ in range(2):
        assert not standing.failed(REFUSED)
    assert not standing.skipped
    assert not standing.answered()
    told = [standing.failed(REFUSED) for _ in range(FAILURES + 1)]
    assert told == [False, False, True, False]
    assert standing.skipped
    assert standing.error is REFUSED


def test_life_of_a_breaker(standing: Standing, clock: Clock) -> None:
    """Skipped, tried once after a pause that doubles, back with its first answer."""
    for _ in range(FAILURES):
        standing.failed(REFUSED)
    pauses = []
    pause = FIRST_PAUSE
    for _ in range(6):
        pauses.append(pause)
        clock.now += pause - 1
        assert not standing.due
        clock.now += 1
        assert standing.due
        standing.try_again()
        assert not standing.skipped
        assert standing.down
        assert not standing.failed(REFUSED), "it is no news"
        assert standing.skipped
        pause = min(2 * pause, LONGEST_PAUSE)
    assert pauses == [60, 120, 240, 480, 960, 960]
    clock.now += pause
    standing.try_again()
    assert standing.answered(), "it is news"
    assert not standing.down
    assert standing.error is None
    for _ in range(FAILURES):
        standing.failed(REFUSED)
    clock.now += FIRST_PAUSE
    assert standing.due


def test_failure_of_a_request_that_had_begun_before(
    standing: Standing, clock: Clock
) -> None:
    """It puts off nothing: only a try does."""
    for _ in range(FAILURES):
        standing.failed(REFUSED)
    clock.now += FIRST_PAUSE - 1
    standing.failed(REFUSED)
    clock.now += 1
    assert standing.due


def test_how_soon_a_model_mostly_begins(standing: Standing) -> None:
    """Nothing is told of too few; then 95 in 100 were sooner."""
    for seconds in range(1, FEWEST):
        standing.first_tokens.add(float(seconds))
        assert standing.first_tokens.slow is None
    standing.first_tokens.add(20.0)
    assert standing.first_tokens.slow == 19.0
    for _ in range(1000):
        standing.first_tokens.add(0.5)
    assert standing.first_tokens.slow == 0.5
