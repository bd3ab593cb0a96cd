"""Tests for a turn drawn with characters."""

from typing import Any

from scripts.dev_home.waterfall import LEGEND, NAMES, WIDTH, waterfall


def turn(*spans: dict[str, Any], **figures: float) -> dict[str, Any]:
    """Return a turn of one second with these spans."""
    names = ("ttfs", "llm_time", "tool_time", "own_time")
    names += ("saved_parallel", "saved_cache", "hidden_tool_time", "confirmation_time")
    return {"total": 1.0, "spans": list(spans), **dict.fromkeys(names, 0.0), **figures}


def bars(lines: list[str]) -> list[str]:
    """Return the bars of the rows, without names and numbers."""
    rows = lines[1 : lines.index(LEGEND)]
    return [row[NAMES + 1 : NAMES + 1 + WIDTH] for row in rows]


def test_a_call_of_the_model_shows_its_phases() -> None:
    """It is silent for a quarter, thinks for another, and then answers."""
    model = {"kind": "model", "start": 0.0, "end": 1.0, "ttft": 0.25}
    model["thinking"] = [0.25, 0.5]
    (bar,) = bars(waterfall(turn(model)))
    assert bar == "░" * 12 + "▒" * 12 + "█" * 24


def test_a_call_that_waits_says_for_what() -> None:
    """The wait is drawn apart from the run."""
    wait = {"reason": "order", "start": 0.5, "end": 0.75, "calls": ["light__turn_on"]}
    tool = {"kind": "tool", "tool": "light__turn_off", "start": 0.5, "end": 1.0}
    lines = waterfall(turn({**tool, "waits": [wait], "outcome": "done"}))
    assert bars(lines) == [" " * 24 + "▚" * 12 + "█" * 12]
    assert "waited 0.250 s for light__turn_on" in lines[1]


def test_failures_and_hits_are_marked() -> None:
    """However short they are, they have a bar."""
    hit = {"kind": "tool", "tool": "a", "start": 0.1, "end": 0.1001, "cache": "hit"}
    bad = {"kind": "tool", "tool": "b", "start": 0.2, "end": 0.3, "outcome": "failed"}
    lines = waterfall(turn(hit, bad, saved_cache=0.5))
    assert lines[1].endswith("⚡ from the cache")
    assert lines[2].endswith("✕ failed")
    assert bars(lines)[0].strip() == "█"
    assert lines[-1] == "saved by the cache 0.500 s"


def test_own_work_too_short_to_see_is_left_out() -> None:
    """Rows are for what took time."""
    own = {"kind": "request", "start": 0.0, "end": 0.001}
    assert bars(waterfall(turn(own))) == []
