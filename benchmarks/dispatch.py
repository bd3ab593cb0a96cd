"""What the dispatcher costs, beside Home Assistant's own dispatch in the same run.

Run with ``python -m benchmarks.dispatch``.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
import gc
from itertools import batched
from statistics import median, quantiles
import time
from typing import Any

from homeassistant.components import conversation
from homeassistant.components.conversation.chat_log import ChatLog
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er, intent, llm
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.const import DOMAIN
from custom_components.chatterbox.tools.api import ChatterboxAPI
from custom_components.chatterbox.tools.dispatch.limits import (
    DEFAULT_MAX_IN_FLIGHT,
    DispatchOptions,
)
from custom_components.chatterbox.tools.planning.habits import PROVEN, async_get_habits
from custom_components.chatterbox.tools.planning.plan import plan_call
from custom_components.chatterbox.tools.toolbox import Toolbox

from .homes import empty_home

CALL_TAKES = 0.1
"""Seconds."""
ROUNDS = 5
ENTRY = MockConfigEntry(domain=DOMAIN)
CALLS = 2000
HARMLESS = llm.ToolAnnotations(destructive=False)
"""Else a person would be asked before each call."""


class Wait(llm.Tool):
    """Takes as long as the call says, which need not be any time."""

    annotations = HARMLESS

    def __init__(self, number: int) -> None:
        """Act on a thing of its own, so that calls are independent."""
        self.name = f"wait_{number}"
        self.integration = f"thing_{number}"

    async def async_call(
        self, hass: HomeAssistant, tool_input: llm.ToolInput, llm_context: Any
    ) -> llm.ToolResult:
        """Wait."""
        if seconds := tool_input.tool_args["seconds"]:
            await asyncio.sleep(seconds)
        return llm.ToolResult({})


type Make = Callable[
    [HomeAssistant, list[llm.Tool]], AbstractContextManager[llm.APIInstance]
]


@contextmanager
def core(hass: HomeAssistant, tools: list[llm.Tool]) -> Iterator[llm.APIInstance]:
    """Give the tools with Home Assistant's own dispatch: all at once."""
    yield llm.APIInstance(ChatterboxAPI(hass, ()), "", _context(), tools)


@contextmanager
def ours(
    hass: HomeAssistant,
    tools: list[llm.Tool],
    max_in_flight: int = DEFAULT_MAX_IN_FLIGHT,
) -> Iterator[llm.APIInstance]:
    """Give the tools with ours, for one turn."""
    toolbox = Toolbox(ChatterboxAPI(hass, ()), "", _context(), tools)
    options = DispatchOptions(max_in_flight=max_in_flight)
    with toolbox.begin_turn(ENTRY, options):
        toolbox.begin_response()
        yield toolbox


def _context() -> llm.LLMContext:
    return llm.LLMContext(DOMAIN, Context(), "en", conversation.DOMAIN, None)


async def wall(hass: HomeAssistant, make: Make, tools: list[llm.Tool]) -> float:
    """Return the seconds from the first call of a response to the last result."""
    log = ChatLog(hass, "benchmark")

    async def stream() -> AsyncIterator[Any]:
        yield {"role": "assistant"}
        for tool in tools:
            call = llm.ToolInput(tool.name, {"seconds": CALL_TAKES})
            yield {"tool_calls": [call]}

    with make(hass, tools) as log.llm_api:
        started = time.perf_counter()
        async for content in log.async_add_delta_content_stream("benchmark", stream()):
            if isinstance(content, conversation.ToolResultContent):
                assert not content.result.error, content.result.data
        return time.perf_counter() - started


async def overheads(hass: HomeAssistant, make: Make, burst: int) -> list[float]:
    """Return the seconds of processor time per call of tools that do nothing.

    Wall time would count what else the machine does; these calls wait for nothing.
    """
    tools: list[llm.Tool] = [Wait(number) for number in range(20)]
    taken = []
    for _ in range(CALLS // 20):
        with make(hass, tools) as api:
            calls = [llm.ToolInput(tool.name, {"seconds": 0}) for tool in tools]
            for some in batched(calls, burst, strict=True):
                started = time.thread_time()
                for task in [
                    hass.async_create_task(api.async_call_tool(call)) for call in some
                ]:
                    await task
                taken.append((time.thread_time() - started) / burst)
    return taken


async def plans(hass: HomeAssistant, lights: int) -> list[float]:
    """Return the seconds that it takes to tell what an intent will touch."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "conversation", {})
    assert await async_setup_component(hass, "intent", {})
    for number in range(lights):
        entry = er.async_get(hass).async_get_or_create("light", "test", str(number))
        hass.states.async_set(
            entry.entity_id, "off", {"friendly_name": f"Lamp {number}"}
        )
        async_expose_entity(hass, conversation.DOMAIN, entry.entity_id, True)
    handler = next(h for h in intent.async_get(hass) if h.intent_type == "HassTurnOn")
    tool = llm.IntentTool("HassTurnOn", handler, integration="intent")
    call = llm.ToolInput("HassTurnOn", {"name": "Lamp 3"})
    taken = []
    for _ in range(200):
        started = time.thread_time()
        plan = plan_call(hass, tool, call, _context(), DispatchOptions())
        taken.append(time.thread_time() - started)
    assert len(plan.footprint.writes) == 1
    return taken


class Undeclared(llm.Tool):
    """A tool of a third party, which says nothing of what it touches."""

    annotations = HARMLESS

    def __init__(self, number: int, integration: str) -> None:
        """Name it by its number."""
        self.name = f"undeclared_{number}"
        self.integration = integration

    async def async_call(
        self,
        hass: HomeAssistant,
        tool_input: llm.ToolInput,
        llm_context: llm.LLMContext,
    ) -> llm.ToolResult:
        """Take as long as the call says."""
        await asyncio.sleep(tool_input.tool_args["seconds"])
        return llm.ToolResult({})


class Lamp(Undeclared, llm.ActionTool):
    """The tool of a script, which is known by its steps."""

    def __init__(self, number: int) -> None:
        """Be a script's."""
        Undeclared.__init__(self, number, "script")
        self.name = "script__lamp"


async def undeclared(hass: HomeAssistant) -> None:
    """Print how long five undeclared tools of three integrations take beside a lamp.

    Two of one integration run one after the other and the lamp after all of them: the
    longest chain is three calls. Once they have proven to touch nothing it is two.
    """
    lamp = {"action": "light.turn_on", "target": {"entity_id": "light.lamp"}}
    for component in ("homeassistant", "script"):
        seconds = {"selector": {"number": {"mode": "box"}}}
        script = {"sequence": [lamp], "fields": {"seconds": seconds}}
        config = {"script": {"lamp": script}}
        assert await async_setup_component(hass, component, config)
    async_expose_entity(hass, conversation.DOMAIN, "script.lamp", True)
    names = ("search", "search", "mail", "mail", "news")
    tools: list[llm.Tool] = [Undeclared(n, name) for n, name in enumerate(names)]
    tools.append(Lamp(5))
    habits = async_get_habits(hass)
    for known, runs, chain in (("unknown", 0, 3), ("proven", PROVEN, 2)):
        walls = []
        for _ in range(ROUNDS):
            for tool in tools:
                habits.of(tool).runs = runs
            walls.append(await wall(hass, ours, tools))
        ratio = median(walls) / CALL_TAKES
        print(
            f"5 undeclared, {known:<8} then a lamp  {ratio:5.2f} x one call  ({chain})"
        )


def row(name: str, taken: list[float]) -> None:
    """Print the 50th and 99th percentile in microseconds."""
    p99 = quantiles(taken, n=100)[98]
    print(f"{name:<44} p50 {median(taken) * 1e6:7.1f} µs   p99 {p99 * 1e6:7.1f} µs")


async def main() -> None:
    """Print all rows."""
    async with empty_home() as hass:
        # A full collection walks all that Home Assistant has loaded, and falls on
        # whoever allocates next; left to chance it would decide the 99th percentile.
        gc.collect()
        gc.freeze()
        print(f"Independent calls of {CALL_TAKES * 1000:g} ms, wall time")
        for count in (1, 5, 20, 50):
            tools: list[llm.Tool] = [Wait(number) for number in range(count)]
            for name, make in (
                ("core", core),
                ("ours", ours),
                ("ours, cap 8", partial(ours, max_in_flight=8)),
            ):
                walls = [await wall(hass, make, tools) for _ in range(ROUNDS)]
                over = (median(walls) - CALL_TAKES) * 1000
                ratio = median(walls) / CALL_TAKES
                print(
                    f"N={count:<3} {name:<18} {ratio:5.3f} x slowest  +{over:6.2f} ms"
                )
        print("\nFive undeclared tools of three integrations beside a lamp")
        await undeclared(hass)
        print("\nOverhead per call of a tool that does nothing")
        for name, burst in (("one after another", 1), ("20 at once", 20)):
            row(f"core, {name}", await overheads(hass, core, burst))
            row(f"ours, {name}", await overheads(hass, ours, burst))
        print("\nTelling what HassTurnOn touches")
        for lights in (100, 1000):
            row(f"by name, {lights} exposed lights", await plans(hass, lights))


if __name__ == "__main__":
    asyncio.run(main())
