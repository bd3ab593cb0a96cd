"""How long one turn may take, and how long it may be silent."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

TURN_TOO_LONG: Final = "turn_too_long"
THOUGHT_TOO_LONG: Final = "thought_too_long"

ASK_A_PERSON: Final = frozenset({"assist_satellite__ask_question"})
"""Tools that end when somebody has answered, for which a turn gives its time."""


class OutOfTimeError(Exception):
    """A turn has used up its time; the key is that of the sentence that says so."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _now() -> float:
    return asyncio.get_running_loop().time()


@dataclass(slots=True)
class TurnClock:
    """The time of one turn; begins as it is made, in the event loop."""

    turn: float
    """Seconds for all of it, but for what a person takes to answer."""
    silence: float
    """Seconds that the model may take for its next spoken word or complete call."""
    until: float = field(init=False)
    _silent_until: float = field(init=False)

    def __post_init__(self) -> None:
        self.until = _now() + self.turn
        self.progress()

    @property
    def over(self) -> bool:
        """Whether the turn's time is used up."""
        return _now() >= self.until

    def progress(self) -> None:
        """Note that the model is asked, has been heard or has called something."""
        self._silent_until = _now() + self.silence

    async def within[T](self, events: AsyncIterator[T]) -> AsyncGenerator[T]:
        """Give the events while there is time; only `progress` buys some. Raises OutOfTimeError."""
        self.progress()
        while True:
            until = min(self.until, self._silent_until)
            # No timeout cuts a stream that never makes us wait.
            if _now() >= until:
                raise self._out_of_time()
            try:
                async with asyncio.timeout_at(until):
                    event = await anext(events)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise self._out_of_time() from None
            yield event

    def _out_of_time(self) -> OutOfTimeError:
        return OutOfTimeError(TURN_TOO_LONG if self.over else THOUGHT_TOO_LONG)

    @contextmanager
    def person_answers(self) -> Iterator[None]:
        """Stop the clock while a person is waited for."""
        started = _now()
        try:
            yield
        finally:
            self.until += _now() - started
