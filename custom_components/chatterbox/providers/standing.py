"""How a model has done lately: whether it is skipped, and how it calls."""

from collections.abc import Callable
import time
from typing import Final

from .base import ProviderError
from .first_tokens import FirstTokens

FAILURES: Final = 3
"""Failures in a row after which a model is skipped."""
FIRST_PAUSE: Final = 60.0
"""Seconds before a model that is skipped is tried again; twice as long each time."""
LONGEST_PAUSE: Final = 960.0


class Standing:
    """What is remembered of one model of one server; gone with its entry."""

    def __init__(
        self,
        clock: Callable[[], float] = lambda: time.monotonic(),  # noqa: PLW0108
        first_tokens: FirstTokens | None = None,
    ) -> None:
        self._clock = clock
        self.first_tokens = first_tokens or FirstTokens()
        self._failures = 0
        self._tries = False
        self._pause = FIRST_PAUSE
        self._until = 0.0
        self.error: ProviderError | None = None
        self.writes_calls: bool | None = None
        """Whether its last call was written into text; None where none is known."""

    @property
    def down(self) -> bool:
        """Whether it has failed so often that others go first, until it answers."""
        return self._failures >= FAILURES

    @property
    def skipped(self) -> bool:
        """Whether it is not even tried for now."""
        return self.down and not self._tries

    @property
    def due(self) -> bool:
        """Whether it is skipped and may be tried again, if its server is there."""
        return self.skipped and self._clock() >= self._until

    def try_again(self) -> None:
        """Have the next request try it."""
        self._tries = True

    def failed(self, error: ProviderError) -> bool:
        """Note a failure; returns whether it is skipped now and was not before."""
        was_down = self.down
        self.error = error
        self._failures += 1
        if self.down and (self._tries or not was_down):
            self._until = self._clock() + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        self._tries = False
        return self.down and not was_down

    def answered(self) -> bool:
        """Note a whole answer; returns whether it was skipped before."""
        was_down = self.down
        self.error = None
        self._failures = 0
        self._tries = False
        self._pause = FIRST_PAUSE
        return was_down
