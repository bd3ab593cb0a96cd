"""Asks one model after another, until a first word or call has been given."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Protocol

from .attempt import Attempt, Candidate, binds, now
from .base import Finished, ModelEvent, ModelRequest, ProviderError, ProviderErrorKind


class Watch(Protocol):
    """Is told how it goes."""

    def asked(self, candidate: Candidate) -> None:
        """Note that a model is asked."""

    def taken(self, candidate: Candidate) -> None:
        """Note that the events that follow are of this model."""

    def failed(self, candidate: Candidate, error: ProviderError) -> None:
        """Note that a model is given up."""

    def answered(self, candidate: Candidate) -> None:
        """Note that a model has answered to the end."""

    def left(self, candidate: Candidate) -> None:
        """Note that a model is not needed any more: another was sooner."""


async def _nothing() -> bool:
    return False


class Failover:
    """The models of one turn, asked in order; whoever has answered, first."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        watch: Watch,
        *,
        hedges: bool = False,
        beyond: Callable[[], Awaitable[bool]] = _nothing,
    ) -> None:
        """Take the models, the agent's own first.

        `hedges`: ask the next too once one is slower than usual. `beyond` returns
        whether somebody else can do without any model.
        """
        self._own = candidates[0] if candidates else None
        self._left = list(candidates)
        self._watch = watch
        self._hedges = hedges
        self._beyond = beyond

    @property
    def can_go_on(self) -> bool:
        """Whether there is a model that was not given up."""
        return bool(self._left)

    def give_up(self, error: ProviderError) -> None:
        """Ask the model that was asked last no more in this turn."""
        if self._left:
            self._failed(self._left[0], error)

    def take_back(self) -> None:
        """Ask the agent's own model again: the fault was the request's."""
        if self._own and self._own not in self._left:
            self._left.insert(0, self._own)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        """Give the answer of the first that answers. Raises ProviderError."""
        queue = await self._queue()
        error: ProviderError | None = None
        while True:
            attempt, error = await self._decided(request, queue, error)
            candidate, given = attempt.candidate, False
            self._left = self._left[self._left.index(candidate) :]
            self._watch.taken(candidate)
            try:
                for event in attempt.held:
                    given = given or binds(event)
                    yield event
                async for event in attempt.events:
                    given = given or binds(event)
                    yield event
                self._watch.answered(candidate)
            except ProviderError as err:
                self._failed(candidate, err)
                if given:
                    raise
                error = error or err
            else:
                return
            finally:
                await attempt.close()

    async def _queue(self) -> deque[Candidate]:
        """Return whom to ask: all but the skipped, or the first if it must be."""
        ready = [c for c in self._left if not c.standing.skipped]
        if ready or not self._left:
            return deque(ready)
        known = self._left[0].standing.error
        if known is not None and await self._beyond():
            raise known
        return deque(self._left[:1])

    async def _decided(
        self,
        request: ModelRequest,
        queue: deque[Candidate],
        error: ProviderError | None,
    ) -> tuple[Attempt, ProviderError | None]:
        """Return the first attempt that decides, and the first error before it."""
        running: list[Attempt] = []
        try:
            while True:
                if not running:
                    if not queue:
                        raise error or _no_model()
                    running.append(self._ask(queue.popleft(), request))
                await asyncio.wait(
                    [attempt.waits() for attempt in running],
                    timeout=self._timeout(running, queue),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for attempt in tuple(running):
                    try:
                        if self._decides(attempt):
                            running.remove(attempt)
                            return attempt, error
                        await self._check_time(attempt, len(running) > 1 or queue)
                    except ProviderError as err:
                        running.remove(attempt)
                        await attempt.close()
                        self._failed(attempt.candidate, err)
                        error = error or err
                if running and self._hedge_at(running, queue) <= now():
                    running.append(self._ask(queue.popleft(), request))
        finally:
            for attempt in running:
                await attempt.close()
                if not attempt.token:
                    attempt.waited()
                self._watch.left(attempt.candidate)

    def _ask(self, candidate: Candidate, request: ModelRequest) -> Attempt:
        self._watch.asked(candidate)
        return Attempt.begin(candidate, request)

    def _decides(self, attempt: Attempt) -> bool:
        """Return whether an attempt has won by its last event. Raises ProviderError."""
        event = attempt.take()
        if attempt.ended or isinstance(event, Finished):
            return True
        if event is None:
            return False
        # Of two that are asked nothing is given before one is sure to answer.
        return binds(event) if self._hedges else attempt.token

    async def _check_time(self, attempt: Attempt, others: object) -> None:
        deadline = attempt.deadline
        if attempt.token or deadline is None or now() < deadline:
            return
        if others or await self._beyond():
            attempt.waited()
            seconds = deadline - attempt.started
            raise ProviderError(
                ProviderErrorKind.TIMEOUT, f"No token came within {seconds:g} seconds"
            )
        attempt.deadline = None

    def _timeout(self, running: list[Attempt], queue: deque[Candidate]) -> float | None:
        """Return the seconds until there is something to do but wait."""
        times = [self._hedge_at(running, queue)]
        times += [a.deadline for a in running if a.deadline is not None and not a.token]
        soonest = min(times)
        return None if soonest == float("inf") else max(0.0, soonest - now())

    def _hedge_at(self, running: list[Attempt], queue: deque[Candidate]) -> float:
        if not (self._hedges and queue and len(running) == 1) or running[0].token:
            return float("inf")
        slow = running[0].candidate.standing.first_tokens.slow
        return float("inf") if slow is None else running[0].started + slow

    def _failed(self, candidate: Candidate, error: ProviderError) -> None:
        self._left.remove(candidate)
        self._watch.failed(candidate, error)


def _no_model() -> ProviderError:
    return ProviderError(ProviderErrorKind.CANNOT_CONNECT, "There is no model to ask")
