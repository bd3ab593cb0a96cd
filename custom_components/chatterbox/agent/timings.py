"""How long the parts of one turn took; all times are of the monotonic clock, in seconds."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
import logging
import time

from ..tools.call_span import CallSpan
from ..tools.reply_tool import REPLY
from .foresight.foreseen import Foreseen

_LOGGER = logging.getLogger(__name__)

type Interval = tuple[float, float]


class OwnWork(StrEnum):
    """What Chatterbox itself does in a turn."""

    PREPARE = "prepare"
    """Who speaks, which tools there are, the prompt."""
    REQUEST = "request"
    RECOGNIZE = "recognize"
    """What Home Assistant's own intents make of a sentence that no model answers."""
    FINISH = "finish"


@dataclass(slots=True)
class OwnSpan:
    """Work of Chatterbox itself."""

    work: OwnWork
    started: float
    ended: float | None = None

    def end(self) -> None:
        """Note that it is done; what is not by then ends with the turn."""
        self.ended = time.monotonic()


@dataclass(slots=True)
class SpeechSpan:
    """Words that Chatterbox says itself: a reply that came with actions, or a fault."""

    started: float
    ended: float | None = None


@dataclass(slots=True)
class ModelCallSpan:
    """One call of the model."""

    started: float
    server: str | None = None
    model: str | None = None
    ttft: float | None = None
    """Seconds to the first text, thinking or tool call."""
    thinking: Interval | None = None
    """The first and the last piece of its thinking."""
    text: Interval | None = None
    """The first and the last piece of what is spoken."""
    ended: float | None = None
    finish_reason: str = "none"
    failed: bool = False
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None

    @property
    def duration(self) -> float:
        """Seconds from the request to the end of the stream."""
        return (self.ended or time.monotonic()) - self.started

    def token_came(self) -> float:
        """Note the first token, and return the time."""
        now = time.monotonic()
        if self.ttft is None:
            self.ttft = now - self.started
        return now

    def thought(self) -> None:
        """Note a piece of thinking."""
        now = self.token_came()
        self.thinking = (self.thinking[0] if self.thinking else now, now)

    def said(self) -> None:
        """Note a piece of what is spoken."""
        now = self.token_came()
        self.text = (self.text[0] if self.text else now, now)


@dataclass(slots=True)
class DispatchSpan:
    """The tool calls of one response."""

    started: float
    tools: int = 1
    ended: float | None = None

    @property
    def duration(self) -> float:
        """Seconds from the first call's start to the last result."""
        return (self.ended or time.monotonic()) - self.started


@dataclass(slots=True)
class TurnTimings:
    """The spans of one turn, as they grow, and what follows from them."""

    started: float = field(default_factory=lambda: time.monotonic())  # noqa: PLW0108
    started_at: float = field(default_factory=lambda: time.time())  # noqa: PLW0108
    """Seconds since the epoch."""
    ended: float | None = None
    own: list[OwnSpan] = field(default_factory=list)
    model_calls: list[ModelCallSpan] = field(default_factory=list)
    dispatches: list[DispatchSpan] = field(default_factory=list)
    calls: list[CallSpan] = field(default_factory=list)
    speeches: list[SpeechSpan] = field(default_factory=list)
    ttfs: float | None = None
    """Seconds to the first spoken character."""
    foreseen: list[Foreseen] = field(default_factory=list)
    primed: bool | None = None
    """Whether the server had read the prompt before the turn; None if nobody knows."""
    confirmation_time: float | None = None
    """Seconds from the last turn's question to its answer, if this turn is the answer."""

    def begin(self, work: OwnWork) -> OwnSpan:
        """Time work of Chatterbox itself, until it is said to have ended."""
        span = OwnSpan(work, time.monotonic())
        self.own.append(span)
        return span

    @contextmanager
    def own_work(self, work: OwnWork) -> Iterator[None]:
        """Time work of Chatterbox itself."""
        span = self.begin(work)
        try:
            yield
        finally:
            span.end()

    def model_asked(
        self,
        server: str | None = None,
        model: str | None = None,
        began: float | None = None,
    ) -> ModelCallSpan:
        """Time one call of a model, from now or then, until it is said to have ended."""
        span = ModelCallSpan(began or time.monotonic(), server, model)
        self.model_calls.append(span)
        return span

    def model_ended(self, span: ModelCallSpan) -> None:
        """Note that a call of a model is over, and log it."""
        span.ended = time.monotonic()
        _LOGGER.debug(
            "LLM call %d took %.3fs (finish_reason=%s)",
            self.model_calls.index(span) + 1,
            span.duration,
            span.finish_reason,
        )

    @contextmanager
    def speech(self) -> Iterator[None]:
        """Time a sentence of our own."""
        self.text_spoken()
        span = SpeechSpan(time.monotonic())
        self.speeches.append(span)
        try:
            yield
        finally:
            span.ended = time.monotonic()

    def dispatch_began(self) -> DispatchSpan:
        """Note that the first call of a response starts."""
        span = DispatchSpan(time.monotonic())
        self.dispatches.append(span)
        return span

    def dispatch_ended(self, span: DispatchSpan) -> None:
        """Note that the last result of a response is there, and log it."""
        span.ended = time.monotonic()
        _LOGGER.debug(
            "Dispatched %d tool(s) concurrently in %.3fs", span.tools, span.duration
        )

    def text_spoken(self) -> None:
        """Note the first spoken text."""
        if self.ttfs is None:
            self.ttfs = time.monotonic() - self.started

    def turn_ended(self) -> None:
        """Note that the turn is over, and log the whole of it."""
        self.ended = time.monotonic()
        for own in self.own:
            if own.ended is None:
                own.ended = self.ended
        _LOGGER.info(
            "Loop complete after %d iteration(s) in %.3fs",
            len(self.model_calls),
            self.total,
        )

    @property
    def now(self) -> float:
        """The end of the turn, or this moment while it is on."""
        return self.ended if self.ended is not None else time.monotonic()

    @property
    def total(self) -> float:
        """Seconds from the sentence to the end of the turn."""
        return self.now - self.started

    @property
    def ttft(self) -> float | None:
        """Seconds to the first token of the first call of the model."""
        return self.model_calls[0].ttft if self.model_calls else None

    @property
    def tool_calls(self) -> list[CallSpan]:
        """The calls of tools, but for `reply`, which only waits for them."""
        return [span for span in self.calls if span.tool != REPLY]

    @property
    def llm_time(self) -> float:
        """Seconds in which a model answered."""
        return length(self._while(self.model_calls))

    @property
    def tool_time(self) -> float:
        """Seconds in which at least one tool ran."""
        return length(self._running())

    @property
    def own_time(self) -> float:
        """Seconds of Chatterbox's own work."""
        return length(self._while(self.own))

    @property
    def saved_parallel(self) -> float:
        """Seconds that running at once saved: the sum of the runs, less their union."""
        runs = self._running()
        return sum(ended - began for began, ended in runs) - length(runs)

    @property
    def saved_cache(self) -> float:
        """Seconds that results from the cache would have taken."""
        return sum(span.saved for span in self.tool_calls)

    @property
    def hidden_tool_time(self) -> float:
        """Seconds in which tools ran while the model was still answering."""
        models, runs = self._while(self.model_calls), self._running()
        return length(models) + length(runs) - length([*models, *runs])

    @property
    def foreseen_used(self) -> int:
        """How many results that were foreseen went into the answer."""
        return sum(foreseen.used is True for foreseen in self.foreseen)

    @property
    def foreseen_wasted(self) -> int:
        """How many did not, as far as can be told."""
        return sum(foreseen.used is False for foreseen in self.foreseen)

    def _while(
        self,
        spans: Iterable[OwnSpan | ModelCallSpan | DispatchSpan | CallSpan | SpeechSpan],
    ) -> list[Interval]:
        return [(span.started, _or(span.ended, self.now)) for span in spans]

    def _running(self) -> list[Interval]:
        """Return when each tool ran, its waits left out; one that still waits has not."""
        return [
            (span.began, _or(span.ended, self.now))
            for span in self.tool_calls
            if span.began is not None
        ]


def _or(ended: float | None, now: float) -> float:
    return now if ended is None else ended


def length(intervals: Iterable[Interval]) -> float:
    """Return the seconds that at least one of the intervals covers."""
    covered, until = 0.0, float("-inf")
    for began, ended in sorted(intervals):
        if ended > until:
            covered += ended - max(began, until)
            until = ended
    return covered
