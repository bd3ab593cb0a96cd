"""One call for all who ask the same at the same time."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from .entries import CacheKey, CacheTerms

ENDING: Final = 10.0
"""Seconds for a cancelled call to end; an entry's tasks have as many."""

type CreateTask = Callable[[Coroutine[Any, Any, Any], str], asyncio.Task[Any]]


def create_task_in_loop(
    target: Coroutine[Any, Any, Any], name: str
) -> asyncio.Task[Any]:
    """Start a task that nobody but the flight holds."""
    return asyncio.get_running_loop().create_task(target, name=name)


@dataclass(slots=True, eq=False)
class Flight:
    """A call under way, and who waits for it."""

    terms: CacheTerms
    began: float
    """Monotonic, in seconds."""
    current: bool
    """Nothing that it depends on was written or changed since it began."""
    background: bool = False
    """Goes on when nobody waits."""
    waiters: int = 0
    task: asyncio.Task[Any] = field(init=False)

    @property
    def done(self) -> bool:
        """Return whether it has ended; before its task is made it has not."""
        return hasattr(self, "task") and self.task.done()


class SingleFlight:
    """Calls under way.

    Their tasks belong to this object: one caller that is cancelled leaves the others
    waiting, and the last one to leave cancels the task.
    """

    def __init__(self, create_task: CreateTask) -> None:
        self._create_task = create_task
        self._joinable: dict[CacheKey, Flight] = {}
        self._under_way: set[Flight] = set()

    def start(
        self,
        flight: Flight,
        call: Coroutine[Any, Any, Any],
        landed: Callable[[Flight], None],
    ) -> None:
        """Start the call. `landed` is told when it has ended, however it did."""
        self._under_way.add(flight)
        if flight.current:
            self._joinable[flight.terms.key] = flight
        flight.task = self._create_task(call, f"chatterbox {flight.terms.key.tool}")

        def done(task: asyncio.Task[Any]) -> None:
            self._under_way.discard(flight)
            self.close_to_others(flight)
            if not task.cancelled():
                # Those who wait take it from the task; if nobody does, it is no news.
                task.exception()
            landed(flight)

        flight.task.add_done_callback(done)

    def find(self, key: CacheKey, now: float) -> Flight | None:
        """Return the call under way that answers the key, if it may be joined."""
        flight = self._joinable.get(key)
        if flight is None or flight.done:
            return None
        return flight if now - flight.began < flight.terms.shared_for else None

    def close_to_others(self, flight: Flight) -> None:
        """Let nobody join any more; those who wait go on waiting."""
        flight.current = False
        if self._joinable.get(flight.terms.key) is flight:
            del self._joinable[flight.terms.key]

    def of(self, tool: str | None = None, args: str | None = None) -> list[Flight]:
        """Return all calls under way, those of a tool, or those of one call of it."""
        return [
            flight
            for flight in self._under_way
            if tool in (None, flight.terms.key.tool)
            and args in (None, flight.terms.key.args)
        ]

    async def wait(self, flight: Flight) -> Any:
        """Return the call's result, or raise what it raised."""
        flight.waiters += 1
        try:
            await asyncio.wait([flight.task])
        finally:
            flight.waiters -= 1
            if not (flight.waiters or flight.background or flight.done):
                self.close_to_others(flight)
                flight.task.cancel()
        return flight.task.result()

    async def cancel_all(self) -> None:
        """Cancel every call under way and wait until each has ended, at most `ENDING`."""
        tasks = [flight.task for flight in self._under_way]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=ENDING)
