"""Spans add up, whatever a turn does."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import logging
import sys
from types import FrameType
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.chatterbox.agent import timings as agent_timings
from custom_components.chatterbox.agent.timings import TurnTimings, length
from custom_components.chatterbox.agent.turn_log import async_get_turns
from custom_components.chatterbox.providers.base import (
    Finished,
    FinishReason,
    ModelEvent,
    ModelRequest,
    TextDelta,
    ThinkingDelta,
    ToolCall,
    Usage,
)
from custom_components.chatterbox.tools import call_span
from custom_components.chatterbox.tools.call_span import CacheUse
from scripts.demo_model import ModelServer

from ..home import Agent, setup_agent

CALL = 1e-6
"""Seconds that the clock of these tests moves for each function that is called.

What Python 3.14 does in a microsecond; it makes work that no span covers visible, on a
machine of any speed.
"""
READS = llm.ToolAnnotations(read_only=True)


class WorkClock:
    """Moves with the work that is done, and with what a test says has passed."""

    def __init__(self) -> None:
        """Start at zero."""
        self.now = 0.0

    def monotonic(self) -> float:
        """Return the time in seconds."""
        return self.now

    def time(self) -> float:
        """Return the same, as if the epoch began with the test."""
        return self.now

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Move with each call of a function, in this thread, inside the block."""

        def called(_frame: FrameType, event: str, _arg: Any) -> None:
            if event in ("call", "c_call"):
                self.now += CALL

        sys.setprofile(called)
        try:
            yield
        finally:
            sys.setprofile(None)


@dataclass
class SlowModel:
    """A provider that answers with what it is given, each piece after so many seconds."""

    clock: WorkClock
    answers: list[list[tuple[float, ModelEvent]]]

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        """Give the next answer."""
        for pause, event in self.answers.pop(0):
            await asyncio.sleep(0)
            self.clock.now += pause
            yield event

    async def connect(self) -> None:
        """Need no connection."""

    async def list_models(self) -> list[str]:
        """Have one model."""
        return ["demo"]


pauses = st.sampled_from([0.0, 0.001, 0.2, 1.5])
calls = st.tuples(st.sampled_from(["read", "other", "write", "break"]), pauses)
answers = st.tuples(pauses, pauses, st.lists(calls, min_size=1, max_size=5))


@pytest.fixture
def clock(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> WorkClock:
    """Give the clock of all spans, which no line of a log moves."""
    caplog.set_level(logging.WARNING)
    clock = WorkClock()
    monkeypatch.setattr(agent_timings, "time", clock)
    monkeypatch.setattr(call_span, "time", clock)
    return clock


@pytest.fixture
async def agent(
    hass: HomeAssistant, model_server: ModelServer, clock: WorkClock
) -> Agent:
    """Give an agent with tools that take as long as their arguments say."""
    agent = await setup_agent(hass, model_server)

    async def takes(args: dict[str, Any]) -> None:
        clock.now += args["seconds"]
        await asyncio.sleep(0)

    async def breaks(args: dict[str, Any]) -> None:
        await takes(args)
        raise HomeAssistantError("It does not answer")

    agent.tool("read", takes, READS)
    agent.tool("other", takes, READS)
    agent.tool("write", takes)
    agent.tool("break", breaks)
    return agent


async def say(agent: Agent, clock: WorkClock, script: list[Any]) -> None:
    """Have the model answer as the script says, then speak."""
    answers: list[list[tuple[float, ModelEvent]]] = []
    for number, (thinking, pause, called) in enumerate(script):
        answer: list[tuple[float, ModelEvent]] = [(thinking, ThinkingDelta("hm"))]
        for index, (name, seconds) in enumerate(called):
            call = ToolCall(f"{number}_{index}", name, {"seconds": seconds})
            answer.append((pause, call))
        answer += [(0.0, Usage(10, 2, 1)), (0.0, Finished(FinishReason.TOOL_CALLS))]
        answers.append(answer)
    said: list[ModelEvent] = [
        TextDelta("Sorry, "),
        TextDelta("one failed."),
        Finished(FinishReason.STOP),
    ]
    answers.append([(0.1, event) for event in said])
    agent.entry.runtime_data.provider = SlowModel(clock, answers)
    with clock.counting():
        await agent.say("Go")


def uncovered(timings: TurnTimings) -> float:
    """Return the seconds of a turn that no span covers."""
    parts = (
        timings.own,
        timings.model_calls,
        timings.dispatches,
        timings.calls,
        timings.speeches,
    )
    spans = [(s.started, s.ended or timings.now) for part in parts for s in part]
    return timings.total - length(spans)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(script=st.lists(answers, max_size=3))
async def test_no_time_is_lost_between_the_spans(
    hass: HomeAssistant, agent: Agent, clock: WorkClock, script: list[Any]
) -> None:
    """What no span covers is under a millisecond; the figures agree with the spans."""
    ended = []
    stop = async_get_turns(hass).async_listen(
        lambda turn, record: ended.append((turn.timings, record)) if record else None
    )
    await say(agent, clock, script)
    stop()
    ((timings, record),) = ended
    assert uncovered(timings) < 0.001
    assert timings.total == pytest.approx(timings.ended - timings.started)
    assert timings.llm_time <= timings.total
    assert timings.tool_time <= timings.total
    assert timings.hidden_tool_time <= min(timings.llm_time, timings.tool_time) + 1e-9
    assert timings.saved_parallel >= -1e-9
    seconds = [each for _, _, called in script for _, each in called]
    # A call that failed just so is not run again, and has only its answer.
    ran = [
        span.began is not None and span.cache in (None, CacheUse.MISS)
        for span in timings.calls
    ]
    took = sum(each for each, made in zip(seconds, ran, strict=True) if made)
    assert timings.tool_time + timings.saved_parallel >= took * 0.999
    assert all(span.ended is not None for span in timings.calls)
    turn = record.as_dict()
    odd = [s for s in turn["spans"] if not 0 <= s["start"] <= s["end"] <= turn["total"]]
    assert odd == [], turn["total"]


@pytest.mark.parametrize(
    ("intervals", "covered"),
    [
        pytest.param([], 0, id="none"),
        pytest.param([(0, 1), (2, 3)], 2, id="apart"),
        pytest.param([(0, 2), (1, 3)], 3, id="overlapping"),
        pytest.param([(0, 4), (1, 2)], 4, id="one inside another"),
        pytest.param([(2, 3), (0, 2)], 3, id="in any order"),
    ],
)
def test_length_counts_no_moment_twice(
    intervals: list[tuple[float, float]], covered: float
) -> None:
    """It is that of the union."""
    assert length(intervals) == covered


async def test_calls_at_once_save_what_one_by_one_would_take(
    hass: HomeAssistant, agent: Agent, clock: WorkClock
) -> None:
    """Two reads of the same second: one second of two is saved."""
    both, under_way = asyncio.Event(), []

    async def held(args: dict[str, Any]) -> None:
        under_way.append(args)
        if len(under_way) == 2:
            clock.now += 1
            both.set()
        await both.wait()

    agent.tool("held", held, READS)
    agent.server.call(("held", {"number": 0}), ("held", {"number": 1}))
    agent.server.reply("Done.")
    await agent.say("Both")
    (subentry_id,) = agent.entry.subentries
    figures = async_get_turns(hass).last(subentry_id)[-1].figures
    assert figures["tool_calls"] == 2
    assert figures["tool_time"] == figures["saved_parallel"] == 1
    assert figures["total"] == 1
