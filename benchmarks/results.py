"""What the cache of results costs and saves, beside a naive one and beside none."""

import asyncio
from collections.abc import AsyncIterator
import gc
import time

from custom_components.chatterbox.agent.foresight.table import LearntCall, LearntTable
from custom_components.chatterbox.tools.cache.cache import (
    CachingDispatcher,
    ToolResultCache,
)
from custom_components.chatterbox.tools.cache.look_ahead import LookAhead

from .cache import (
    ENTRIES,
    TOGETHER,
    TOOL_TAKES,
    Dispatch,
    NaiveCache,
    Tool,
    forecast,
    question,
    terms_of,
)
from .report import OURS, Line
from .row import Row, Settings

NAIVE, NONE = "naive", "none"


async def timed(dispatch: Dispatch, calls: int) -> list[float]:
    """Return the microseconds of each of many calls."""
    gc.collect()
    gc.disable()
    taken = []
    for number in range(calls):
        call = question(number * 7919 % ENTRIES)
        began = time.perf_counter_ns()
        await dispatch(call)
        taken.append((time.perf_counter_ns() - began) / 1000)
    gc.enable()
    return taken


async def measure(settings: Settings) -> AsyncIterator[Line]:
    """Yield the cost of each way in which a call is answered."""
    tool = Tool(forecast(7))
    cache = ToolResultCache()
    caching = CachingDispatcher(tool, cache, terms_of)
    calls = 50 if settings.smoke else 20_000
    found = {}
    for name, dispatch in ((OURS, caching), (NAIVE, NaiveCache(tool))):
        await timed(dispatch, ENTRIES)
        found[name] = await timed(dispatch, calls)
    yield Line(
        f"a hit among {ENTRIES}", "µs", found, note="the naive one hands out the object"
    )
    misses: dict[str, list[float]] = {OURS: [], NAIVE: [], NONE: []}
    for _ in range(settings.rounds(10)):
        misses[OURS] += await timed(
            CachingDispatcher(tool, ToolResultCache(), terms_of), min(calls, ENTRIES)
        )
        misses[NAIVE] += await timed(NaiveCache(tool), min(calls, ENTRIES))
        misses[NONE] += await timed(tool, min(calls, ENTRIES))
    yield Line("a miss", "µs", misses, note="a tool that does nothing; kept besides")
    together: dict[str, list[float]] = {}
    for name, make in (
        (OURS, lambda tool: CachingDispatcher(tool, ToolResultCache(), terms_of)),
        (NAIVE, NaiveCache),
        (NONE, lambda tool: tool),
    ):
        slow = Tool(forecast(7), TOOL_TAKES)
        dispatch = make(slow)
        await asyncio.gather(*(dispatch(question(1)) for _ in range(TOGETHER)))
        together[name] = [float(slow.calls)]
    yield Line(f"{TOGETHER} of the same at once", "calls of the tool", together)
    yield Line("foreseen: words to results", "µs", {OURS: await foreseen(tool, calls)})


async def foreseen(tool: Tool, calls: int) -> list[float]:
    """Return the microseconds to find what a sentence foretells, with a full table."""
    cache, table = ToolResultCache(), LearntTable()
    look = LookAhead(tool, cache, terms_of)
    for number in range(300):
        call = LearntCall.of("weather.get_forecasts", question(number % 8).tool_args)
        assert call
        for _ in range(2):
            table.learn((f"word{number}", "the"), (call,), 8, 1.0)
    taken = []
    for _ in range(calls // 10):
        began = time.perf_counter_ns()
        (found, *_) = table.foretold(("word299", "the"), 2)
        await look.look(found.as_input({"type": "daily", "number": 3}))
        taken.append((time.perf_counter_ns() - began) / 1000)
    return taken


ROWS = {"cache": Row(title="results kept", measure=measure)}
