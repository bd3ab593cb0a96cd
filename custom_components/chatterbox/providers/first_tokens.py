"""How soon a model begins to answer."""

from collections import deque
from collections.abc import Callable, Iterable
import math
from typing import Final

KEPT: Final = 100
"""First tokens of which the times are kept."""
FEWEST: Final = 20
"""First tokens without which nobody knows what one in twenty takes longer than."""


class FirstTokens:
    """How long a model's last first tokens took, in seconds."""

    def __init__(
        self, seconds: Iterable[float] = (), changed: Callable[[], None] | None = None
    ) -> None:
        self._seconds = deque(seconds, KEPT)
        self._changed = changed

    def add(self, seconds: float) -> None:
        """Note how long one took, or was waited for in vain."""
        self._seconds.append(round(seconds, 3))
        if self._changed:
            self._changed()

    def as_list(self) -> list[float]:
        """Return what they took, the oldest first."""
        return list(self._seconds)

    @property
    def slow(self) -> float | None:
        """Seconds within which 95 in 100 came; None with too few of them."""
        if len(self._seconds) < FEWEST:
            return None
        times = sorted(self._seconds)
        return times[math.ceil(0.95 * len(times)) - 1]
