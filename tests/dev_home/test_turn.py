"""Reading a turn off its pipeline run's events."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scripts.dev_home.report import report
from scripts.dev_home.turn import read_turn

START = datetime(2026, 1, 1, tzinfo=UTC)


def event(seconds: float, kind: str, **data: Any) -> dict[str, Any]:
    """Return a pipeline event that many seconds after the start."""
    when = START + timedelta(seconds=seconds)
    return {"type": kind, "data": data, "timestamp": when.isoformat()}


def delta(seconds: float, **content: Any) -> dict[str, Any]:
    """Return the event of a chat log delta."""
    return event(seconds, "intent-progress", chat_log_delta=content)


def call(number: str, tool: str, **arguments: Any) -> dict[str, Any]:
    """Return a tool call as a delta has it."""
    return {"id": number, "tool_name": tool, "tool_args": arguments}


def result(number: str, data: dict[str, Any], *, error: bool = False) -> dict[str, Any]:
    """Return a tool's result as a delta has it."""
    return {
        "role": "tool_result",
        "tool_call_id": number,
        "result": {"data": data, "error": error},
    }


EVENTS = [
    event(0.0, "run-start"),
    event(0.1, "intent-start", intent_input="lights and weather"),
    delta(0.6, role="assistant"),
    delta(0.7, tool_calls=[call("a", "turn_on", name="Lamp")]),
    delta(0.8, tool_calls=[call("b", "forecast")]),
    delta(1.0, **result("a", {"done": True})),
    delta(1.3, **result("b", {"error": "no such day"}, error=True)),
    delta(1.9, role="assistant"),
    delta(2.0, content="The lamp is on."),
    event(2.1, "intent-end", intent_output={"conversation_id": "c1"}),
    event(2.1, "tts-start", tts_input="The lamp is on."),
    event(2.4, "tts-end", tts_output={"url": "/x"}),
    event(2.4, "run-end"),
]


def test_calls_are_paired_with_their_results() -> None:
    """By id, with the time from call to result and whether it failed."""
    first, second = read_turn("", EVENTS).calls
    assert (first.name, first.arguments) == ("turn_on", {"name": "Lamp"})
    assert (first.result, first.failed) == ({"done": True}, False)
    assert first.took is not None
    assert round(first.took, 3) == 0.3
    assert (second.result, second.failed) == ({"error": "no such day"}, True)


def test_a_wait_belongs_to_what_ended_it() -> None:
    """Seconds for each part, which together with the rest make up all."""
    took = read_turn("", EVENTS).took
    assert {part: round(seconds, 3) for part, seconds in took.items()} == {
        "model": 1.4,
        "tools": 0.5,
        "speech": 0.3,
        "all": 2.3,
    }


def test_spoken_is_what_went_to_speech_and_came_back_as_audio() -> None:
    """Text without audio is not heard by anyone."""
    assert read_turn("", EVENTS, b"mp3").was_spoken
    assert not read_turn("", EVENTS, b"").was_spoken
    silent = [e for e in EVENTS if not e["type"].startswith("tts")]
    assert not read_turn("", silent, b"mp3").was_spoken


def test_a_call_without_a_result_is_shown_as_such() -> None:
    """A turn that broke off is reported, not dropped."""
    broken = [*EVENTS[:5], event(0.9, "error", code="x", message="broke")]
    turn = read_turn("lights", broken)
    assert [c.result for c in turn.calls] == [None, None]
    text = report(turn)
    assert text.count("no result") == 2
    assert "Error    x: broke" in text
    assert "Spoken   (nothing)" in text


def test_a_run_that_just_ends_is_an_error() -> None:
    """As a pipeline's own timeout looks."""
    turn = read_turn("lights", [*EVENTS[:2], event(300.0, "run-end")])
    assert turn.error == "the pipeline ended without an answer"
    assert turn.took["all"] == pytest.approx(299.9)


def test_the_report_has_every_part() -> None:
    """Heard, tools with results, changes, times, speech."""
    text = report(read_turn("", EVENTS, b"mp3", {"light.lamp": ("off", "on")}))
    assert text.splitlines() == [
        "Heard    lights and weather",
        'Tools    turn_on {"name": "Lamp"}: done after 0.300 s',
        '           {"done": true}',
        "         forecast {}: failed after 0.500 s",
        '           {"error": "no such day"}',
        "Changed  light.lamp: off → on",
        "Took     model 1.400 s · tools 0.500 s · speech 0.300 s · all 2.300 s",
        "Spoken   The lamp is on.",
    ]
