"""One turn as it is shown and kept: figures and spans, as JSON."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from homeassistant.helpers.json import json_bytes
from homeassistant.util.json import json_loads_object

from ..tools.call_span import CacheUse, CallOutcome, CallSpan, Wait
from ..tools.reply_tool import REPLY
from .timings import ModelCallSpan, TurnTimings

MAX_BYTES: Final = 8000
"""Of one record; what is touched goes first, then the last spans."""
MAX_TOUCHED: Final = 6
"""Resources that are named of those that a call reads, and of those it writes."""
MAX_SAID: Final = 200
"""Characters kept of what was said, where that is kept at all."""

type Span = dict[str, Any]
"""A part of a turn: `kind`, `start` and `end` in seconds from the turn's start, more."""


class TurnOutcome(StrEnum):
    """How a turn ended."""

    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class AnsweredBy(StrEnum):
    """Who answered a turn."""

    MODEL = "model"
    STAND_IN = "stand_in"
    INTENTS = "intents"


@dataclass(frozen=True, slots=True)
class TurnAgent:
    """Whose turn it is."""

    subentry_id: str
    entity_id: str
    server: str
    model: str


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """A turn that is over."""

    subentry_id: str
    started: float
    """Seconds since the epoch."""
    figures: dict[str, Any]
    """Numbers, None where there is none to tell; no names and no words."""
    data: bytes

    def as_dict(self, *, private: bool = True) -> dict[str, Any]:
        """Return the turn; what was said and touched only if `private` is wanted."""
        turn: dict[str, Any] = json_loads_object(self.data)
        return turn if private else without_private(turn)


def turn_as_dict(
    turn_id: str,
    agent: TurnAgent,
    timings: TurnTimings,
    *,
    outcome: TurnOutcome = TurnOutcome.DONE,
    fault: str | None = None,
    answered_by: AnsweredBy = AnsweredBy.MODEL,
    said: tuple[str, str | None] | None = None,
) -> dict[str, Any]:
    """Return a turn as it is shown; one that is on has no `outcome`."""
    turn: dict[str, Any] = {
        "id": turn_id,
        "agent": agent.entity_id,
        "server": agent.server,
        "model": agent.model,
        "started": datetime.fromtimestamp(timings.started_at, UTC).isoformat(
            timespec="milliseconds"
        ),
        **figures(timings),
        "primed": timings.primed,
        "spans": spans(timings),
    }
    if timings.ended is not None:
        turn["outcome"] = outcome
        turn["fault"] = fault
        turn["answered_by"] = answered_by
    if said:
        turn["heard"] = said[0][:MAX_SAID]
        turn["answered"] = (said[1] or "")[:MAX_SAID]
    return turn


def record(turn: dict[str, Any], agent: TurnAgent, timings: TurnTimings) -> TurnRecord:
    """Return what is kept of a turn, in at most MAX_BYTES."""
    data = json_bytes(turn)
    if len(data) > MAX_BYTES:
        turn = without_touched(turn)
        data = json_bytes(turn)
    while len(data) > MAX_BYTES:
        all_spans = turn["spans"]
        kept = all_spans[: len(all_spans) * 3 // 4]
        left_out = turn.get("spans_left_out", 0) + len(all_spans) - len(kept)
        turn = {**turn, "spans": kept, "spans_left_out": left_out}
        data = json_bytes(turn)
    return TurnRecord(agent.subentry_id, timings.started_at, figures(timings), data)


def without_touched(turn: dict[str, Any]) -> dict[str, Any]:
    """Return a turn without the names of what its calls read and wrote."""
    return {
        **turn,
        "spans": [
            {name: of for name, of in span.items() if name not in ("reads", "writes")}
            for span in turn["spans"]
        ],
    }


def without_private(turn: dict[str, Any]) -> dict[str, Any]:
    """Return a turn without what was said and touched."""
    turn = without_touched(turn)
    for name in ("heard", "answered"):
        turn.pop(name, None)
    return turn


def figures(timings: TurnTimings) -> dict[str, Any]:
    """Return the numbers of a turn; seconds, counts and tokens."""
    calls = timings.tool_calls
    uses = Counter(span.cache for span in calls)
    return {
        "total": _seconds(timings.total),
        "ttft": _seconds(timings.ttft),
        "ttfs": _seconds(timings.ttfs),
        "llm_time": _seconds(timings.llm_time),
        "tool_time": _seconds(timings.tool_time),
        "own_time": _seconds(timings.own_time),
        "saved_parallel": _seconds(timings.saved_parallel),
        "saved_cache": _seconds(timings.saved_cache),
        "hidden_tool_time": _seconds(timings.hidden_tool_time),
        "confirmation_time": _seconds(timings.confirmation_time),
        "model_calls": len(timings.model_calls),
        "tool_calls": len(calls),
        "failed_calls": sum(span.outcome is CallOutcome.FAILED for span in calls),
        **{f"cache_{use}": uses[use] for use in CacheUse},
        "foreseen": len(timings.foreseen),
        "foreseen_used": timings.foreseen_used,
        "foreseen_wasted": timings.foreseen_wasted,
        "input_tokens": _sum(span.input_tokens for span in timings.model_calls),
        "output_tokens": _sum(span.output_tokens for span in timings.model_calls),
        "cached_tokens": _sum(span.cached_tokens for span in timings.model_calls),
    }


def spans(timings: TurnTimings) -> list[Span]:
    """Return the parts of a turn in the order in which they began."""
    clock = _Clock(timings.started)
    parts = [
        *(
            {"kind": span.work, **clock.span(span.started, span.ended)}
            for span in timings.own
        ),
        *(_model_call(span, clock) for span in timings.model_calls),
        *(_tool_call(span, clock) for span in timings.calls),
        *(
            {"kind": "speech", **clock.span(span.started, span.ended)}
            for span in timings.speeches
        ),
    ]
    return sorted(parts, key=lambda part: part["start"])


def _model_call(span: ModelCallSpan, clock: _Clock) -> Span:
    return _known(
        {
            "kind": "model",
            **clock.span(span.started, span.ended),
            "server": span.server,
            "model": span.model,
            "ttft": _seconds(span.ttft),
            "thinking": clock.times(span.thinking),
            "text": clock.times(span.text),
            "finish_reason": str(span.finish_reason),
            "failed": span.failed or None,
            "input_tokens": span.input_tokens,
            "output_tokens": span.output_tokens,
            "cached_tokens": span.cached_tokens,
        }
    )


def _tool_call(span: CallSpan, clock: _Clock) -> Span:
    return _known(
        {
            "kind": "gate" if span.tool == REPLY else "tool",
            "tool": span.tool,
            **clock.span(span.started, span.ended),
            "began": None if span.began is None else clock.at(span.began),
            "outcome": span.outcome,
            "overdue": span.overdue or None,
            "waits": [_wait(wait, clock) for wait in span.waits] or None,
            "cache": span.cache,
            "saved": _seconds(span.saved) if span.saved else None,
            "reads": _some(span.footprint.reads),
            "writes": _some(span.footprint.writes),
        }
    )


def _wait(wait: Wait, clock: _Clock) -> dict[str, Any]:
    return {
        "reason": wait.reason,
        **clock.span(wait.started, wait.ended),
        "calls": list(dict.fromkeys(wait.calls))[:MAX_TOUCHED],
    }


@dataclass(frozen=True, slots=True)
class _Clock:
    started: float

    def at(self, time: float) -> float:
        return round(time - self.started, 4)

    def span(self, started: float, ended: float | None) -> dict[str, float]:
        if ended is None:
            return {"start": self.at(started)}
        return {"start": self.at(started), "end": self.at(ended)}

    def times(self, interval: tuple[float, float] | None) -> list[float] | None:
        return None if interval is None else [self.at(time) for time in interval]


def _known(span: dict[str, Any]) -> Span:
    return {name: value for name, value in span.items() if value is not None}


def _some(resources: frozenset[str]) -> list[str] | None:
    if not resources:
        return None
    names = sorted(resources)
    more = len(names) - MAX_TOUCHED
    return [*names[:MAX_TOUCHED], f"+{more}"] if more > 0 else names


def _seconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(max(0.0, seconds), 4)


def _sum(tokens: Iterable[int | None]) -> int | None:
    known = [count for count in tokens if count is not None]
    return sum(known) if known else None
