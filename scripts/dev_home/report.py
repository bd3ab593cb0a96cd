"""A turn, as the person at the terminal reads it."""

from collections.abc import Iterable
import json
from typing import Any

from .turn import ToolCall, Turn
from .waterfall import waterfall

LONGEST = 1500
"""Characters of a tool's result that are shown."""


def report(turn: Turn) -> str:
    """Return what was heard, which tools ran, how long each part took, what was said."""
    lines = [f"Heard    {turn.heard}"]
    lines += _titled("Tools", [line for c in turn.calls for line in _call(c)])
    lines += _titled("Changed", [_change(*item) for item in turn.changed.items()])
    lines += _titled(
        "Took", [" · ".join(f"{part} {s:.3f} s" for part, s in turn.took.items())]
    )
    lines += _titled("Timeline", waterfall(turn.timeline) if turn.timeline else [])
    if turn.error:
        lines.append(f"Error    {turn.error}")
    if turn.was_spoken:
        lines.append(f"Spoken   {turn.spoken}")
    else:
        lines.append("Spoken   (nothing)")
    return "\n".join(lines)


def _titled(title: str, lines: Iterable[str]) -> list[str]:
    """Put a title before the first line and as much space before the others."""
    titles = [title, *[""] * len(lines := list(lines))]
    return [f"{name:<8} {line}" for name, line in zip(titles, lines, strict=False)]


def _call(call: ToolCall) -> Iterable[str]:
    if call.result is None:
        ending = "no result"
    else:
        ending = f"{'failed' if call.failed else 'done'} after {call.took:.3f} s"
    yield f"{call.name} {_json(call.arguments)}: {ending}"
    if call.result is not None:
        text = _json(call.result)
        yield f"  {text if len(text) <= LONGEST else text[:LONGEST] + '…'}"


def _change(entity_id: str, states: tuple[str, str]) -> str:
    return f"{entity_id}: {states[0]} → {states[1]}"


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)
