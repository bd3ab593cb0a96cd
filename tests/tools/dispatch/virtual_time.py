"""An event loop whose clock moves only when everything waits for it."""

import asyncio
from collections.abc import Coroutine
import heapq
from typing import Any


class NothingLeftError(Exception):
    """Everything waits, and for nothing that will ever come."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Runs timers in order without waiting for them, always in the same way."""

    def __init__(self) -> None:
        """Start the clock at zero."""
        super().__init__()
        self._now = 0.0

    def time(self) -> float:
        """Return the seconds since the loop was made."""
        return self._now

    def _run_once(self) -> None:
        """Move the clock to the next timer if nothing is ready. Raises if none is."""
        if not self._ready and not self._stopping:
            # As the loop does itself, but before it looks at the clock.
            while self._scheduled and self._scheduled[0].cancelled():
                self._timer_cancelled_count -= 1
                heapq.heappop(self._scheduled)._scheduled = False
            if not self._scheduled:
                raise NothingLeftError
            self._now = max(self._now, self._scheduled[0].when())
        super()._run_once()


def run[T](main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a clock of its own."""
    loop = VirtualTimeLoop()
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()
