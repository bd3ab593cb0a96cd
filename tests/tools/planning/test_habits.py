"""Tools that declare nothing: ordered with care until they have proven themselves."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.components import conversation
from homeassistant.core import Context, HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.helpers import llm
from homeassistant.setup import async_setup_component
import pytest

from custom_components.chatterbox.tools import toolbox
from custom_components.chatterbox.tools.dispatch.limits import DispatchOptions
from custom_components.chatterbox.tools.planning.habits import (
    PROVEN,
    ToolHabits,
    async_get_habits,
)
from custom_components.chatterbox.tools.planning.plan import plan_call
from custom_components.chatterbox.tools.resources import (
    UNDECLARED,
    WHOLE_HOME,
    Footprint,
    and_also,
    conflict,
    overlap,
)

from ..dispatch.dispatching import FakeTool, Turn, quiet

LAMP = frozenset({"light.lamp"})


@pytest.fixture(autouse=True)
def _no_real_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the fake script tools run: there is no script behind them to look up."""

    async def run(
        hass: HomeAssistant,
        tool: llm.Tool,
        call: llm.ToolInput,
        llm_context: llm.LLMContext,
        keep: object = None,
    ) -> Any:
        return await tool.async_call(hass, call, llm_context)

    monkeypatch.setattr(toolbox, "async_call_checked", run)


async def set_up_script(hass: HomeAssistant) -> None:
    """Let the script of the fake tool be known to write the lamp and no more."""
    step = {"action": "light.turn_on", "target": {"entity_id": "light.lamp"}}
    config = {"script": {"lamp": {"sequence": [step]}}}
    for component in ("homeassistant", "script"):
        assert await async_setup_component(hass, component, config)


async def nothing(args: dict[str, Any]) -> None:
    """Do nothing."""


def footprint(
    hass: HomeAssistant, tool: llm.Tool, options: DispatchOptions | None = None
) -> Footprint:
    """Return what a call of a tool is taken to touch."""
    context = llm.LLMContext("test", Context(), "en", conversation.DOMAIN, None)
    return plan_call(
        hass, tool, llm.ToolInput(tool.name, {}), context, options or DispatchOptions()
    ).footprint


def test_what_it_is_in_order_with() -> None:
    """With the home in both directions, with another undeclared tool not."""
    search = Footprint(writes=frozenset({"integration:search", UNDECLARED}))
    mail = Footprint(writes=frozenset({"integration:mail", UNDECLARED}))
    assert not conflict(search, mail)
    assert conflict(search, search)
    for home in ("light.lamp", "light.*", "timers", WHOLE_HOME):
        assert conflict(search, Footprint(writes=frozenset({home})))
        assert conflict(search, Footprint(reads=frozenset({home})))
        assert conflict(Footprint(reads=frozenset({home})), search)
    assert not overlap(search.writes, frozenset({"integration:other"}))


async def test_the_lamp_waits_and_other_tools_do_not(hass: HomeAssistant) -> None:
    """A web search and a mail tool run at once, and the lamp after both."""
    events: list[str] = []
    both = asyncio.Barrier(2)

    def tool(name: str) -> FakeTool:
        async def act(args: dict[str, Any]) -> None:
            await asyncio.wait_for(both.wait(), 5)
            events.append(name)

        return FakeTool(name, act, integration=name)

    async def light(call: ServiceCall) -> None:
        events.append("light")

    hass.services.async_register("light", "turn_on", light)

    async def lamp(args: dict[str, Any]) -> None:
        events.append("lamp")

    class Lamp(FakeTool, llm.ActionTool):
        """A script's tool."""

        def __init__(self) -> None:
            """Be one."""
            FakeTool.__init__(self, "script__lamp", lamp, integration="script")

    turn = Turn(hass, [tool("search"), tool("mail"), Lamp()])
    await turn.run(("search", {}), ("mail", {}), ("script__lamp", {}))
    assert sorted(events[:2]) == ["mail", "search"]
    assert events[2] == "lamp"


def turning_on(hass: HomeAssistant) -> Callable[[dict[str, Any]], Awaitable[None]]:
    """Return what a tool does that turns on a lamp if it is told to."""

    async def act(args: dict[str, Any]) -> None:
        if args.get("on"):
            await hass.services.async_call(
                "light", "turn_on", {"entity_id": "light.lamp"}, blocking=True
            )

    return act


async def test_a_tool_proves_itself_and_falls_back(hass: HomeAssistant) -> None:
    """Ten runs without touching the home; one that touches it counts for good."""

    async def light(call: ServiceCall) -> None:
        pass

    hass.services.async_register("light", "turn_on", light)
    tool = FakeTool("search", turning_on(hass), integration="web")
    turn = Turn(hass, [tool])
    for _ in range(PROVEN):
        assert UNDECLARED in footprint(hass, tool).writes
        await turn.run(("search", {}))
    proven = footprint(hass, tool)
    assert proven.writes == {"integration:web", "web.*", "only:web"}
    other = footprint(hass, FakeTool("mail", turning_on(hass), integration="mail"))
    assert not conflict(proven, other)
    assert not conflict(other, proven)
    assert conflict(proven, Footprint(writes=frozenset({"web.page"})))
    turned_on = and_also(proven.writes, LAMP)
    assert conflict(Footprint(writes=turned_on), other)
    await turn.run(("search", {"on": True}))
    assert UNDECLARED in footprint(hass, tool).writes
    for _ in range(PROVEN):
        await turn.run(("search", {}))
    assert UNDECLARED in footprint(hass, tool).writes


async def test_a_service_that_it_calls_is_ordered_as_it_is_called(
    hass: HomeAssistant,
) -> None:
    """The tool had proven itself; what came later waits from then on."""
    await set_up_script(hass)
    events: list[str] = []
    called, go_on = asyncio.Event(), asyncio.Event()

    async def light(call: ServiceCall) -> None:
        called.set()
        await go_on.wait()
        events.append("on")

    hass.services.async_register("light", "turn_on", light)
    tool = FakeTool("search", turning_on(hass), integration="web")
    async_get_habits(hass).of(tool).runs = PROVEN

    async def look(args: dict[str, Any]) -> None:
        events.append("look")

    class Look(FakeTool, llm.ActionTool):
        """A script's tool."""

        def __init__(self) -> None:
            """Be one."""
            FakeTool.__init__(self, "script__lamp", look, integration="script")

    turn = Turn(hass, [tool])
    searching = asyncio.ensure_future(turn.run(("search", {"on": True})))
    await asyncio.wait_for(called.wait(), 5)
    looking = asyncio.ensure_future(Turn(hass, [Look()]).run(("script__lamp", {})))
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(searching, looking)
    assert events == ["on", "look"]


async def test_what_waits_as_it_calls_a_service_waits_for_it_too(
    hass: HomeAssistant,
) -> None:
    """Nothing was known of the order as the calls came; what ran already is named."""
    await set_up_script(hass)
    events: list[str] = []
    act, called = asyncio.Event(), asyncio.Event()
    done, end = asyncio.Event(), asyncio.Event()

    async def light(call: ServiceCall) -> None:
        called.set()
        await end.wait()
        events.append("on")

    async def search(args: dict[str, Any]) -> None:
        await act.wait()
        await hass.services.async_call(
            "light", "turn_on", {"entity_id": "light.lamp"}, blocking=True
        )

    async def lamp(args: dict[str, Any]) -> None:
        if args.get("first"):
            await done.wait()
        events.append("first" if args.get("first") else "second")

    class Lamp(FakeTool, llm.ActionTool):
        """A script's tool."""

    hass.services.async_register("light", "turn_on", light)
    tool = FakeTool("search", search, integration="web")
    async_get_habits(hass).of(tool).runs = PROVEN
    script = Lamp("script__lamp", lamp, integration="script")
    searching = asyncio.ensure_future(Turn(hass, [tool]).run(("search", {})))
    calls = (("script__lamp", {"first": True}), ("script__lamp", {}))
    lamps = asyncio.ensure_future(Turn(hass, [script]).run(*calls))
    await quiet()
    act.set()
    await asyncio.wait_for(called.wait(), 5)
    done.set()
    await quiet()
    assert events == ["first"]
    end.set()
    (searched,), _ = await asyncio.gather(searching, lamps)
    assert events == ["first", "on", "second"]
    assert "script__lamp" in searched.data["order"]


@pytest.mark.parametrize(
    ("service", "touches"),
    [("notify.send", False), ("weather.get_forecasts", False), ("mqtt.publish", True)],
)
async def test_not_every_service_touches_the_home(
    hass: HomeAssistant, service: str, touches: bool
) -> None:
    """A message is none, nor is a question."""
    domain, name = service.split(".")

    async def run(call: ServiceCall) -> dict[str, Any]:
        return {}

    asks = domain == "weather"
    answers = SupportsResponse.ONLY if asks else SupportsResponse.NONE
    hass.services.async_register(domain, name, run, supports_response=answers)

    async def act(args: dict[str, Any]) -> None:
        await hass.services.async_call(
            domain, name, {}, blocking=True, return_response=asks
        )

    tool = FakeTool("tool", act, integration="web")
    await Turn(hass, [tool]).run(("tool", {}))
    assert async_get_habits(hass).of(tool).touches is touches


async def test_a_person_can_say_that_a_tool_only_reads(hass: HomeAssistant) -> None:
    """Then its calls run beside each other, and after the lamp's."""
    tool = FakeTool("search", nothing, integration="web")
    options = DispatchOptions.from_subentry({"read_only_tools": ["search"]})
    reads = footprint(hass, tool, options)
    assert not reads.writes
    assert not conflict(reads, reads)
    assert conflict(reads, Footprint(writes=LAMP))
    assert not conflict(reads, Footprint(reads=LAMP))


async def test_habits_outlive_a_restart(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """A flag and a count, nothing of what was asked."""
    tool = FakeTool("search", nothing, integration="web")
    await Turn(hass, [tool]).run(("search", {"secret": 1}))
    await hass.async_stop(force=True)
    stored = hass_storage["chatterbox.tool_habits"]
    assert stored["data"] == {"tools": {"web/search": {"runs": 1, "touches": False}}}
    again = ToolHabits(hass)
    await again.async_load()
    assert again.of(tool).runs == 1
    stored["data"] = {"tools": {"web/search": None}}
    await again.async_load()
