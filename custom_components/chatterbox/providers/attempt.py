"""A model that can be asked, and one request of it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Self

from .base import (
    LLMProvider,
    ModelEvent,
    ModelRequest,
    TextDelta,
    ThinkingDelta,
    ToolCall,
)
from .standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A model that can be asked, and on what terms."""

    server: str
    model: str
    provider: LLMProvider
    standing: Standing
    adapt: Callable[[ModelRequest], ModelRequest]
    """Returns a request as this model is to be asked."""
    patience: Callable[[], float | None]
    """Returns the seconds in which a token has to come; None for no limit."""


@dataclass(slots=True, eq=False)
class Attempt:
    """A request until it is known whether the model answers."""

    candidate: Candidate
    events: AsyncGenerator[ModelEvent]
    deadline: float | None
    """When a token has to be there, in the loop's time."""
    started: float
    held: list[ModelEvent] = field(default_factory=list)
    ended: bool = False
    token: bool = False
    _next: asyncio.Task[ModelEvent | None] | None = None

    @classmethod
    def begin(cls, candidate: Candidate, request: ModelRequest) -> Self:
        """Ask a model."""
        patience = candidate.patience()
        return cls(
            candidate,
            candidate.provider.stream(candidate.adapt(request)),
            None if patience is None else now() + patience,
            now(),
        )

    def waits(self) -> asyncio.Task[ModelEvent | None]:
        """Return the task that ends with the next event; `close` ends it."""
        if self._next is None:
            self._next = asyncio.create_task(self._pull())
        return self._next

    async def _pull(self) -> ModelEvent | None:
        return await anext(self.events, None)

    def take(self) -> ModelEvent | None:
        """Keep the next event, if it is there, and return it. Raises ProviderError."""
        if self._next is None or not self._next.done():
            return None
        event, self._next = self._next.result(), None
        if event is None:
            self.ended = True
            return None
        self.held.append(event)
        if not self.token and isinstance(event, TextDelta | ThinkingDelta | ToolCall):
            self.token = True
            self.waited()
        return event

    def waited(self) -> None:
        """Have the model's standing know how long its first token takes, at least."""
        self.candidate.standing.first_tokens.add(now() - self.started)

    async def close(self) -> None:
        """End the request."""
        if (task := self._next) is not None:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                # It had come to an end by itself, which is of no matter any more.
                task.exception()
        await self.events.aclose()


def now() -> float:
    """Return the loop's time, in seconds."""
    return asyncio.get_running_loop().time()


def binds(event: ModelEvent) -> bool:
    """Return whether no other model may answer once this was given."""
    match event:
        case TextDelta(text):
            return bool(text.strip())
        case ToolCall():
            return True
    return False
