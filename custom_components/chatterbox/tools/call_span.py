"""What became of one call of a tool, and when."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
import time
from typing import Final

from .resources import Footprint

MOMENT: Final = 0.0005
"""Seconds below which a wait is not kept: there was nothing to wait for."""


class CacheUse(StrEnum):
    """How the cache of results answered a call that it may answer."""

    HIT = "hit"
    MISS = "miss"
    JOINED = "joined"
    STALE = "stale"


class WaitReason(StrEnum):
    """What a call waited for before it ran."""

    ORDER = "order"
    STATES = "states"
    SLOT = "slot"


class CallOutcome(StrEnum):
    """How a call ended."""

    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ASKED = "asked"
    """It did not run: a person is asked whether it may."""


@dataclass(slots=True)
class Wait:
    """One wait of a call; seconds of the monotonic clock."""

    reason: WaitReason
    started: float
    ended: float | None = None
    calls: tuple[str, ...] = ()


@dataclass(slots=True)
class CallSpan:
    """One call of a tool; seconds of the monotonic clock."""

    tool: str
    started: float = field(default_factory=lambda: time.monotonic())  # noqa: PLW0108
    began: float | None = None
    """When it was free to run, after its waits."""
    ended: float | None = None
    outcome: CallOutcome | None = None
    overdue: bool = False
    """Its deadline passed; what it began may go on."""
    raised: bool = False
    """The tool itself failed: what it says of that may be anybody's words."""
    waits: list[Wait] = field(default_factory=list)
    cache: CacheUse | None = None
    """None where the cache has no say."""
    saved: float = 0.0
    """Seconds that the call would have taken without the cache, as far as known."""
    footprint: Footprint = field(default_factory=Footprint)

    @contextmanager
    def waiting(self, reason: WaitReason, calls: Iterable[str] = ()) -> Iterator[None]:
        """Keep how long the block took, unless it was but a moment."""
        wait = Wait(reason, time.monotonic(), calls=tuple(calls))
        self.waits.append(wait)
        try:
            yield
        finally:
            wait.ended = time.monotonic()
            if wait.ended - wait.started < MOMENT:
                self.waits.remove(wait)

    def begin(self) -> None:
        """Note that nothing is left to wait for."""
        self.began = time.monotonic()

    def use_cache(self, use: CacheUse, saved: float = 0.0) -> None:
        """Note where the result comes from, and the seconds that this saved."""
        self.cache = use
        self.saved = saved

    def end(self, outcome: CallOutcome) -> None:
        """Note how the call ended."""
        self.outcome = outcome
        self.ended = time.monotonic()


_CURRENT: Final[ContextVar[CallSpan | None]] = ContextVar(
    "chatterbox_call_span", default=None
)


def call_span() -> CallSpan:
    """Return the span of the call in which this runs; outside of any, one for nobody."""
    return _CURRENT.get() or CallSpan("")


@contextmanager
def call_spanned(tool: str) -> Iterator[CallSpan]:
    """Let the block be one call of a tool, cancelled unless it is said to have ended."""
    span = CallSpan(tool)
    token = _CURRENT.set(span)
    try:
        yield span
    finally:
        _CURRENT.reset(token)
        if span.outcome is None:
            span.end(CallOutcome.CANCELLED)
