"""One sentence through the Assist pipeline, and what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .client import HomeClient

LIMIT = 1200.0
"""Seconds for one turn; a real model on a small machine takes its time."""

TICKING = ("conversation", "geo_location", "image_processing", "sensor", "sun")
"""Domains whose states change by themselves in the demo home."""

type PipelineEvent = dict[str, Any]
"""A pipeline's event: `type`, `data`, and `timestamp` in ISO 8601."""


@dataclass(frozen=True)
class ToolCall:
    """A tool that ran."""

    name: str
    arguments: dict[str, Any]
    result: dict[str, Any] | None
    """None if the turn ended without one."""
    failed: bool
    took: float | None
    """Seconds from the call to its result in the chat log."""


@dataclass(frozen=True)
class Turn:
    """What came of a sentence."""

    heard: str
    calls: tuple[ToolCall, ...]
    spoken: str
    """What went to text-to-speech; empty if nothing did."""
    audio: bytes
    error: str | None
    took: dict[str, float]
    """Seconds waited for each of model, tools and speech, and `all`."""
    conversation_id: str | None
    changed: dict[str, tuple[str, str]]
    """States before and after, of the entities whose state changed."""
    timeline: dict[str, Any] | None = None
    """The turn as `chatterbox.get_turns` returns it; None if no agent was asked."""

    @property
    def was_spoken(self) -> bool:
        """Whether a person in the room would have heard something."""
        return bool(self.spoken.strip() and self.audio)


async def speak(
    home: HomeClient, pipeline: str, sentence: str, conversation_id: str | None = None
) -> Turn:
    """Send a sentence through the pipeline, as if speech-to-text had heard it."""
    before = await home.states()
    events = await _run(home, pipeline, sentence, conversation_id)
    after = await home.states()
    audio = b""
    for event in events:
        if event["type"] == "tts-end":
            audio = await home.download(event["data"]["tts_output"]["url"])
    turn = read_turn(sentence, events, audio, _changed(before, after))
    return replace(turn, timeline=await _timeline(home, events))


async def _timeline(
    home: HomeClient, events: list[PipelineEvent]
) -> dict[str, Any] | None:
    """Return the newest turn of the agent that the pipeline asked, if it keeps turns."""
    agents = {e["data"]["engine"] for e in events if e["type"] == "intent-start"}
    turns = await home.ask_service("chatterbox", "get_turns", limit=1)
    return next((turns[agent][-1] for agent in agents if turns.get(agent)), None)


async def _run(
    home: HomeClient, pipeline: str, sentence: str, conversation_id: str | None
) -> list[PipelineEvent]:
    events: list[PipelineEvent] = []
    async for event in home.events(
        "assist_pipeline/run",
        start_stage="intent",
        end_stage="tts",
        input={"text": sentence},
        pipeline=pipeline,
        conversation_id=conversation_id,
        timeout=LIMIT,
    ):
        events.append(event)
        if event["type"] == "run-end":
            break
    return events


def _changed(
    before: dict[str, str], after: dict[str, str]
) -> dict[str, tuple[str, str]]:
    return {
        entity_id: (before[entity_id], state)
        for entity_id, state in after.items()
        if before.get(entity_id, state) != state
        and entity_id.split(".")[0] not in TICKING
    }


def read_turn(
    sentence: str,
    events: list[PipelineEvent],
    audio: bytes = b"",
    changed: dict[str, tuple[str, str]] | None = None,
) -> Turn:
    """Read a turn off the events of its pipeline run."""
    heard, spoken, conversation_id, error = sentence, "", None, None
    for event in events:
        data = event["data"] or {}
        match event["type"]:
            case "intent-start":
                heard = data["intent_input"]
            case "intent-end":
                conversation_id = data["intent_output"]["conversation_id"]
            case "tts-start":
                spoken = data["tts_input"]
            case "error":
                error = f"{data['code']}: {data['message']}"
    if conversation_id is None and error is None:
        error = "the pipeline ended without an answer"
    return Turn(
        heard=heard,
        calls=tuple(_calls(events)),
        spoken=spoken,
        audio=audio,
        error=error,
        took=_waits(events),
        conversation_id=conversation_id,
        changed=changed or {},
    )


def _deltas(events: Iterable[PipelineEvent]) -> Iterable[tuple[float, dict[str, Any]]]:
    for event in events:
        if event["type"] == "intent-progress":
            yield _when(event), event["data"].get("chat_log_delta") or {}


def _calls(events: list[PipelineEvent]) -> Iterable[ToolCall]:
    """Pair calls with their results by id."""
    results = {
        delta["tool_call_id"]: (when, delta)
        for when, delta in _deltas(events)
        if delta.get("role") == "tool_result"
    }
    for when, delta in _deltas(events):
        for call in delta.get("tool_calls") or []:
            ended, outcome = results.get(call["id"], (None, {}))
            result = outcome.get("result") or {}
            yield ToolCall(
                name=call["tool_name"],
                arguments=call["tool_args"],
                result=result.get("data"),
                failed=bool(result.get("error")),
                took=None if ended is None else ended - when,
            )


def _waits(events: list[PipelineEvent]) -> dict[str, float]:
    """Return the seconds that passed until events of each part, and in all.

    The time between two events belongs to the part that the later one comes from.
    """
    waits = {"model": 0.0, "tools": 0.0, "speech": 0.0, "all": 0.0}
    began = last = None
    for event in events:
        when = _when(event)
        if event["type"] == "intent-start":
            began = when
        if began is None:
            continue
        if last is not None and (part := _part(event)):
            waits[part] += when - last
        last, waits["all"] = when, when - began
    return waits


def _part(event: PipelineEvent) -> str | None:
    if event["type"] == "tts-end":
        return "speech"
    if event["type"] == "intent-progress":
        delta = event["data"].get("chat_log_delta") or {}
        return "tools" if delta.get("role") == "tool_result" else "model"
    return None


def _when(event: PipelineEvent) -> float:
    return datetime.fromisoformat(event["timestamp"]).timestamp()
