"""How long the parts of one turn took."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
import logging
import time
from typing import Any

_LOGGER = logging.getLogger(__name__)


@dataclass(slots=True)
class ModelCallSpan:
    """One call of the model; times are seconds of the monotonic clock."""

    started: float
    ttft: float | None = None
    """Seconds to the first text, thinking or tool call."""
    ended: float | None = None
    finish_reason: str = "none"
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None

    @property
    def duration(self) -> float:
        """Seconds from the request to the end of the stream."""
        return (self.ended or time.monotonic()) - self.started

    def token_came(self) -> None:
        """Note the first token."""
        if self.ttft is None:
            self.ttft = time.monotonic() - self.started


@dataclass(slots=True)
class DispatchSpan:
    """The tool calls of one response; seconds of the monotonic clock."""

    started: float
    tools: int = 1
    ended: float | None = None

    @property
    def duration(self) -> float:
        """Seconds from the first call's start to the last result."""
        return (self.ended or time.monotonic()) - self.started


@dataclass(slots=True)
class TurnTimings:
    """The spans of one turn."""

    started: float = field(default_factory=lambda: time.monotonic())  # noqa: PLW0108
    model_calls: list[ModelCallSpan] = field(default_factory=list)
    dispatches: list[DispatchSpan] = field(default_factory=list)
    ttfs: float | None = None
    """Seconds to the first spoken character."""

    @contextmanager
    def model_call(self) -> Iterator[ModelCallSpan]:
        """Time one call of the model and log it."""
        span = ModelCallSpan(time.monotonic())
        self.model_calls.append(span)
        try:
            yield span
        finally:
            span.ended = time.monotonic()
            _LOGGER.debug(
                "LLM call %d took %.3fs (finish_reason=%s)",
                len(self.model_calls),
                span.duration,
                span.finish_reason,
            )

    def dispatch_ended(self, span: DispatchSpan) -> None:
        """Note that the last result of a response is there, and log it."""
        span.ended = time.monotonic()
        self.dispatches.append(span)
        _LOGGER.debug(
            "Dispatched %d tool(s) concurrently in %.3fs", span.tools, span.duration
        )

    def text_spoken(self) -> None:
        """Note the first spoken text."""
        if self.ttfs is None:
            self.ttfs = time.monotonic() - self.started

    def turn_ended(self) -> None:
        """Log the whole turn."""
        _LOGGER.info(
            "Loop complete after %d iteration(s) in %.3fs",
            len(self.model_calls),
            time.monotonic() - self.started,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the spans for the conversation trace; seconds, rounded to ms."""
        return {
            "total": round(time.monotonic() - self.started, 3),
            "ttfs": self.ttfs and round(self.ttfs, 3),
            "model_calls": [
                {
                    "duration": round(span.duration, 3),
                    "ttft": span.ttft and round(span.ttft, 3),
                    "finish_reason": span.finish_reason,
                    "input_tokens": span.input_tokens,
                    "output_tokens": span.output_tokens,
                    "cached_tokens": span.cached_tokens,
                }
                for span in self.model_calls
            ],
            "dispatches": [
                {"tools": span.tools, "duration": round(span.duration, 3)}
                for span in self.dispatches
            ],
        }
