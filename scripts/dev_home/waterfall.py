"""A turn's spans as a waterfall of characters."""

from collections.abc import Iterator
from typing import Any

WIDTH = 48
"""Characters of the time axis."""
NAMES = 24
"""Characters of a row's name."""

type Span = dict[str, Any]

MARKS = {
    "failed": "✕ failed",
    "cancelled": "✕ interrupted",
    "hit": "⚡ from the cache",
    "joined": "⚡ joined the same call",
    "stale": "⚡ old result",
}
LEGEND = "░ until the first token  ▒ thinking  █ answering, running  ▚ waiting"


def waterfall(turn: dict[str, Any]) -> list[str]:
    """Return the lines of a turn, as `chatterbox.get_turns` returns it."""
    total = max(turn["total"], 1e-3)
    lines = [f"{'':<{NAMES}} 0{f'{total:.2f} s':>{WIDTH - 1}}"]
    for span in turn["spans"]:
        took = span["end"] - span["start"]
        if (
            span["kind"] in ("prepare", "request", "recognize", "finish")
            and took < total / WIDTH
        ):
            continue
        bar = _bar(span, total)
        lines.append(
            f"{_name(span)[:NAMES]:<{NAMES}} {bar:<{WIDTH}} {took:7.3f} s  {_mark(span)}".rstrip()
        )
    lines.append(LEGEND)
    lines.append(" · ".join(_figures(turn)))
    return lines


def _name(span: Span) -> str:
    if span["kind"] == "gate":
        return "reply once done"
    return str(span.get("tool", span["kind"]))


def _mark(span: Span) -> str:
    waits = (
        f"waited {wait['end'] - wait['start']:.3f} s for "
        + (", ".join(wait["calls"]) or wait["reason"])
        for wait in span.get("waits", ())
    )
    outcome, cache = span.get("outcome", ""), span.get("cache", "")
    said = [MARKS[word] for word in (outcome, cache) if word in MARKS]
    if "failed" in span:
        said.append(f"✕ {span['finish_reason']}")
    return ", ".join([*said, *waits])


def _bar(span: Span, total: float) -> str:
    """Return the span's characters, spaces before it."""
    cells = [" "] * WIDTH
    for character, start, end in _pieces(span):
        first = min(int(start / total * WIDTH), WIDTH - 1)
        last = max(first + 1, min(round(end / total * WIDTH), WIDTH))
        cells[first:last] = character * (last - first)
    return "".join(cells).rstrip()


def _pieces(span: Span) -> Iterator[tuple[str, float, float]]:
    """Yield the character, start and end of each piece of a span."""
    start, end = span["start"], span["end"]
    if span["kind"] == "gate":
        yield "▚", start, end
        return
    yield "█", start, end
    if span["kind"] == "model":
        yield "░", start, start + span.get("ttft", end - start)
        if thinking := span.get("thinking"):
            yield "▒", *thinking
    for wait in span.get("waits", ()):
        yield "▚", wait["start"], wait["end"]


def _figures(turn: dict[str, Any]) -> Iterator[str]:
    names = {
        "ttfs": "first word",
        "llm_time": "model",
        "tool_time": "tools",
        "own_time": "chatterbox",
        "saved_parallel": "saved by running at once",
        "saved_cache": "saved by the cache",
        "hidden_tool_time": "of tools behind the model",
        "confirmation_time": "until the question was answered",
    }
    for key, name in names.items():
        if turn[key]:
            yield f"{name} {turn[key]:.3f} s"
