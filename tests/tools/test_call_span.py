"""What a call waited for, and where its result came from, is kept."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
import pytest

from custom_components.chatterbox.tools import call_span as call_spans
from custom_components.chatterbox.tools.cache import CachingDispatcher, ToolResultCache
from custom_components.chatterbox.tools.call_span import (
    CacheUse,
    CallOutcome,
    CallSpan,
    WaitReason,
    call_spanned,
)
from custom_components.chatterbox.tools.dispatch.limits import DispatchOptions
from custom_components.chatterbox.tools.toolbox import Toolbox

from .cache.caching import FORECAST, Clock, Home, Terms, call
from .dispatch.dispatching import FakeTool, Turn, quiet

READS = llm.ToolAnnotations(read_only=True)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Give the clock of the spans, which moves only when told to."""
    clock = Clock()
    monkeypatch.setattr(call_spans, "time", clock)
    return clock


def spans(turn: Turn) -> list[CallSpan]:
    """Return the spans of a turn's calls."""
    toolbox = turn.chat_log.llm_api
    assert isinstance(toolbox, Toolbox)
    return toolbox.spans


async def test_a_call_tells_what_it_waited_for(
    hass: HomeAssistant, clock: Clock
) -> None:
    """The second write of all waits for the first, by name, and then runs."""
    gate = asyncio.Event()

    async def held(_: dict[str, Any]) -> None:
        await gate.wait()

    async def nothing(_: dict[str, Any]) -> None:
        pass

    turn = Turn(hass, [FakeTool("first", held), FakeTool("second", nothing)])
    running = asyncio.ensure_future(turn.run(("first", {}), ("second", {})))
    await quiet()
    _, second = spans(turn)
    assert [(wait.reason, wait.ended) for wait in second.waits] == [
        (WaitReason.ORDER, None)
    ]
    assert second.began is None
    assert second.outcome is None
    clock.now += 2
    gate.set()
    await running
    first, second = spans(turn)
    (wait,) = second.waits
    assert wait.calls == ("first",)
    assert (wait.started, wait.ended) == (1000.0, 1002.0)
    assert second.began == second.ended == 1002.0
    assert first.waits == []
    assert first.outcome is second.outcome is CallOutcome.DONE
    assert "integration:test" in first.footprint.writes


async def test_a_call_without_room_waits_for_a_slot(
    hass: HomeAssistant, clock: Clock
) -> None:
    """Two reads with room for one."""
    gate = asyncio.Event()

    async def held(_: dict[str, Any]) -> None:
        await gate.wait()

    turn = Turn(
        hass,
        [FakeTool(name, held, annotations=READS) for name in ("one", "two")],
        options=DispatchOptions(max_in_flight=1),
    )
    running = asyncio.ensure_future(turn.run(("one", {}), ("two", {})))
    await quiet()
    clock.now += 1
    gate.set()
    await running
    assert [wait.reason for wait in spans(turn)[1].waits] == [WaitReason.SLOT]


async def test_failures_and_unknown_tools_are_calls_too(hass: HomeAssistant) -> None:
    """Every call has a span, and its outcome."""

    async def fails(_: dict[str, Any]) -> None:
        raise ValueError

    turn = Turn(hass, [FakeTool("breaks", fails)])
    await turn.run(("breaks", {}), ("unheard_of", {}))
    assert [(span.tool, span.outcome) for span in spans(turn)] == [
        ("breaks", CallOutcome.FAILED),
        ("unheard_of", CallOutcome.FAILED),
    ]


async def test_a_call_that_is_cancelled_says_so() -> None:
    """Nobody said how it ended."""
    with pytest.raises(asyncio.CancelledError), call_spanned("tool") as span:
        raise asyncio.CancelledError
    assert span.outcome is CallOutcome.CANCELLED
    assert span.ended is not None


async def test_a_call_tells_how_the_cache_answered(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First asked, then kept, then old; what a hit saves is what asking took."""
    monkeypatch.setattr("custom_components.chatterbox.tools.cache.cache.time", clock)

    async def answer(_: llm.ToolInput) -> llm.ToolResult:
        clock.now += 0.5
        return llm.ToolResult(data={"number": 1})

    dispatch = CachingDispatcher(answer, ToolResultCache(), Terms(FORECAST))
    told = []
    for age in (0, 1, 400):
        clock.now += age
        with call_spanned("forecast") as span:
            await dispatch(call())
        told.append((span.cache, span.saved))
    await quiet()
    assert told == [(CacheUse.MISS, 0.0), (CacheUse.HIT, 0.5), (CacheUse.STALE, 0.5)]


async def test_a_call_that_joins_another_says_so(clock: Clock) -> None:
    """Two ask the same at the same time."""
    home = Home()
    dispatch = CachingDispatcher(home.answer_later, ToolResultCache(), Terms())

    async def spanned() -> CallSpan:
        with call_spanned("forecast") as span:
            await dispatch(call())
        return span

    asked = asyncio.gather(spanned(), spanned())
    await quiet()
    home.gates[0].set_result(llm.ToolResult(data={}))
    assert [span.cache for span in await asked] == [CacheUse.MISS, CacheUse.JOINED]
