"""How long tools take."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

SLOW: Final = 1.5
"""Seconds of silence before a person wonders whether they were heard."""
RECENT: Final = 5
"""Calls of a tool that are remembered."""


@dataclass(slots=True)
class ToolDurations:
    """How long the recent calls of each tool took."""

    _seconds: dict[str, deque[float]] = field(default_factory=dict)

    def add(self, name: str, seconds: float) -> None:
        """Remember a call that succeeded."""
        self._seconds.setdefault(name, deque(maxlen=RECENT)).append(seconds)

    def is_slow(self, name: str, seconds: float = SLOW) -> bool:
        """Return whether even the fastest of the recent calls took longer."""
        return min(self._seconds.get(name, ()), default=0.0) > seconds
