"""What the cache of tool results costs, and what it saves.

Beside a naive cache in the manner of `functools` (a dict by the arguments' JSON, which
hands out the object itself) and beside no cache, in the same run.

Run with ``python -m benchmarks.cache``.
"""

import asyncio
from collections.abc import Awaitable, Callable
import gc
import json
from statistics import median, quantiles
import time

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, llm
from homeassistant.setup import async_setup_component

from custom_components.chatterbox.tools.cache.cache import (
    CachingDispatcher,
    ToolResultCache,
)
from custom_components.chatterbox.tools.cache.entries import CacheKey, CacheTerms
from custom_components.chatterbox.tools.cache.invalidation import Invalidator
from custom_components.chatterbox.tools.cache.policy import (
    CACHED_SERVICES,
    CacheOptions,
)
from custom_components.chatterbox.tools.planning.cache_terms import CacheTermsOf
from custom_components.chatterbox.tools.services.catalog import async_get_catalog

from .homes import empty_home

type Dispatch = Callable[[llm.ToolInput], Awaitable[llm.ToolResult]]

ENTRIES = 512
CALLS = 20_000
TOGETHER = 100
TOOL_TAKES = 0.05
"""Seconds."""
EVENTS = 1000
ROUNDS = 60
POLICY = CACHED_SERVICES["weather.get_forecasts"]


def forecast(days: int) -> llm.ToolResult:
    """Return a forecast as a weather entity gives it."""
    day = {
        "condition": "partlycloudy",
        "datetime": "2026-11-23T12:00:00+00:00",
        "precipitation": 0.4,
        "precipitation_probability": 35,
        "temperature": 11.5,
        "templow": 4.0,
        "wind_bearing": 215,
        "wind_speed": 17.3,
    }
    return llm.ToolResult(
        data={"weather.home": {"forecast": [dict(day) for _ in range(days)]}}
    )


class Tool:
    """Answers, at once or after a while, and counts."""

    def __init__(self, result: llm.ToolResult, takes: float = 0.0) -> None:
        """Take the answer and how long it takes, in seconds."""
        self.calls = 0
        self._result = result
        self._takes = takes

    async def __call__(self, call: llm.ToolInput) -> llm.ToolResult:
        """Answer."""
        self.calls += 1
        if self._takes:
            await asyncio.sleep(self._takes)
        return self._result


class NaiveCache:
    """What `functools.cache` would be if it took coroutines and dicts."""

    def __init__(self, inner: Dispatch) -> None:
        """Wrap a dispatcher."""
        self._inner = inner
        self._known: dict[tuple[str, str], llm.ToolResult] = {}

    async def __call__(self, call: llm.ToolInput) -> llm.ToolResult:
        """Look it up, else call and remember."""
        key = (call.tool_name, json.dumps(call.tool_args, sort_keys=True))
        if key not in self._known:
            self._known[key] = await self._inner(call)
        return self._known[key]


async def terms_of(call: llm.ToolInput) -> CacheTerms:
    """Return terms as the toolbox would, for a call that is resolved."""
    key = CacheKey.of(call.tool_name, call.tool_args)
    return CacheTerms(
        key, POLICY, frozenset({f"weather.of_{call.tool_args['number']}"})
    )


def question(number: int) -> llm.ToolInput:
    """Return one of many calls."""
    return llm.ToolInput("weather.get_forecasts", {"type": "daily", "number": number})


async def hits(days: int) -> None:
    """Print how long it takes to be served one of 512 results."""
    result = forecast(days)
    size = len(json.dumps(result.data))
    tool = Tool(result)
    cache = ToolResultCache()
    contenders: dict[str, Dispatch] = {
        "ours": CachingDispatcher(tool, cache, terms_of),
        "naive": NaiveCache(tool),
    }
    print(f"A hit, {ENTRIES} results of {size} bytes:")
    for name, dispatch in contenders.items():
        for number in range(ENTRIES):
            await dispatch(question(number))
        gc.collect()
        gc.disable()
        taken = []
        for number in range(CALLS):
            call = question(number * 7919 % ENTRIES)
            began = time.perf_counter_ns()
            await dispatch(call)
            taken.append(time.perf_counter_ns() - began)
        gc.enable()
        cuts = quantiles(taken, n=100)
        print(f"  {name:8} p50 {cuts[49] / 1e3:7.1f} µs   p99 {cuts[98] / 1e3:7.1f} µs")
    assert len(cache) == ENTRIES
    assert cache.statistics().hits == CALLS


async def at_once() -> None:
    """Print what so many identical calls at the same time cost."""
    print(f"{TOGETHER} identical calls at once, of {TOOL_TAKES * 1e3:.0f} ms each:")
    wrappers: dict[str, Callable[[Tool], Dispatch]] = {
        "ours": lambda tool: CachingDispatcher(tool, ToolResultCache(), terms_of),
        "naive": NaiveCache,
        "none": lambda tool: tool,
    }
    for name, wrap in wrappers.items():
        tool = Tool(forecast(7), TOOL_TAKES)
        dispatch = wrap(tool)
        began = time.perf_counter()
        await asyncio.gather(*(dispatch(question(1)) for _ in range(TOGETHER)))
        taken = time.perf_counter() - began
        print(f"  {name:8} {tool.calls:4} calls   {taken * 1e3:7.1f} ms in all")


def change_states(hass: HomeAssistant, domain: str, value: int) -> float:
    """Return the processor's seconds that so many state changes take."""
    began = time.thread_time()
    for number in range(EVENTS):
        hass.states.async_set(f"{domain}.of_{number}", str(value))
    return time.thread_time() - began


async def listeners(hass: HomeAssistant) -> None:
    """Print what 1,000 state changes cost more with the cache's listeners.

    Somebody else listens in both cases, as the recorder does in every home: else the
    cache would be charged for the event itself.
    """
    hass.bus.async_listen(EVENT_STATE_CHANGED, callback(lambda event: None))
    print(f"{EVENTS} state changes, with {ENTRIES} results kept:")
    for domain, what in (("sensor", "none of them read"), ("weather", "512 read")):
        taken: dict[bool, list[float]] = {True: [], False: []}
        cache = ToolResultCache(create_task=hass.async_create_background_task)
        dispatch = CachingDispatcher(Tool(forecast(7)), cache, terms_of)
        invalidator = Invalidator(hass, cache)
        for value in range(2 * ROUNDS):
            listening = bool(value % 2)
            for number in range(ENTRIES):
                await dispatch(question(number))
            if listening:
                invalidator.start()
            gc.collect()
            gc.disable()
            taken[listening].append(change_states(hass, domain, value))
            gc.enable()
            invalidator.stop()
            await hass.async_block_till_done()
        without, with_ = median(taken[False]) * 1e3, median(taken[True]) * 1e3
        print(
            f"  {what:18} {without:6.2f} ms without, {with_:6.2f} ms with: "
            f"{with_ - without:5.2f} ms more"
        )


async def meaning(hass: HomeAssistant) -> None:
    """Print how long it takes to find what a call means, before it can be a hit."""
    for component in ("conversation", "weather"):
        assert await async_setup_component(hass, component, {})
    er.async_get(hass).async_get_or_create(
        "weather", "demo", "home", suggested_object_id="home", original_name="Home"
    )
    hass.states.async_set("weather.home", "sunny", {"supported_features": 3})
    async_expose_entity(hass, "conversation", "weather.home", True)
    (tool,) = await async_get_catalog(hass).async_get_tools(
        ["weather.get_forecasts"], "conversation"
    )
    context = llm.LLMContext("chatterbox", Context(), "en", "conversation", None)
    terms = CacheTermsOf(
        hass, context, CacheOptions(), {tool.name: tool}.get, lambda tool: None
    )
    call = llm.ToolInput(tool.name, {"type": "daily", "name": "Home"})
    assert await terms(call)
    taken = []
    gc.collect()
    gc.disable()
    for _ in range(CALLS // 10):
        began = time.thread_time_ns()
        await terms(call)
        taken.append(time.thread_time_ns() - began)
    gc.enable()
    cuts = quantiles(taken, n=100)
    count = len(hass.states.async_all())
    print(f"To find what a forecast by name means, with {count} entities:")
    print(f"  {'':8} p50 {cuts[49] / 1e3:7.1f} µs   p99 {cuts[98] / 1e3:7.1f} µs")


async def main() -> None:
    """Run everything."""
    for days in (7, 40):
        await hits(days)
    await at_once()
    async with empty_home() as hass:
        await async_setup_component(hass, "homeassistant", {})
        await meaning(hass)
        await listeners(hass)


if __name__ == "__main__":
    asyncio.run(main())
