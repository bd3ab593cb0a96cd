"""Saying something before a slow tool."""

from collections import deque
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
import pytest

from custom_components.chatterbox.tools.durations import ToolDurations
from custom_components.chatterbox.tools.services.call import ServiceCall
from custom_components.chatterbox.tools.services.tool import ServiceTool
from scripts.demo_model import ModelServer
from tests.home import Agent, setup_agent
from tests.weather_home import FORECASTS, GARDEN, make_weather_home


def durations(agent: Agent) -> ToolDurations:
    """Return what is remembered of the tools."""
    found = agent.entry.runtime_data.durations
    assert isinstance(found, ToolDurations)
    return found


async def look(args: dict[str, Any]) -> str:
    """Do what a tool does."""
    return "sunny"


@pytest.fixture
def slow(agent: Agent) -> Agent:
    """Give an agent with a tool that is known to be slow and one that is not."""
    agent.tool("slow", look)
    agent.tool("fast", look)
    durations(agent).add("slow", 3.0)
    durations(agent).add("fast", 0.1)
    return agent


async def heard(agent: Agent, **kwargs: Any) -> list[str]:
    """Say something; return what is heard, with a mark for each tool call."""
    _, deltas = await agent.say_streamed("hello", **kwargs)
    return [
        delta.get("content") or "(call)"
        for delta in deltas
        if delta.get("role") != "tool_result"
        and (delta.get("content") or delta.get("tool_calls"))
    ]


async def test_it_is_said_before_the_slow_call(
    slow: Agent, model_server: ModelServer
) -> None:
    model_server.call(("fast", {}), ("slow", {}), ("slow", {"again": 1}))
    model_server.reply("Sunny.")
    assert await heard(slow) == ["(call)", "One moment.", "(call)", "(call)", "Sunny."]


async def test_it_is_said_in_the_language_that_is_spoken(
    slow: Agent, model_server: ModelServer
) -> None:
    model_server.call(("slow", {}))
    model_server.reply("Sonnig.")
    first, *_ = await heard(slow, language="de")
    assert first != "One moment."
    assert "Moment" in first


async def test_never_before_a_call_that_is_done_sooner(
    slow: Agent, model_server: ModelServer
) -> None:
    model_server.call(("fast", {}))
    model_server.reply("Sunny.")
    assert await heard(slow) == ["(call)", "Sunny."]


async def test_never_before_a_call_that_nothing_is_known_of(
    agent: Agent, model_server: ModelServer
) -> None:
    agent.tool("new", look)
    model_server.call(("new", {}))
    model_server.reply("Sunny.")
    assert await heard(agent) == ["(call)", "Sunny."]


async def test_never_where_the_model_said_something(
    slow: Agent, model_server: ModelServer
) -> None:
    model_server.call(("slow", {}), text="Let me look.")
    model_server.reply("Sunny.")
    assert await heard(slow) == ["Let me look.", "(call)", "Sunny."]


async def test_once_in_a_turn(slow: Agent, model_server: ModelServer) -> None:
    model_server.call(("slow", {}))
    model_server.call(("slow", {"again": 1}))
    model_server.reply("Sunny.")
    assert await heard(slow) == ["One moment.", "(call)", "(call)", "Sunny."]


async def test_never_before_a_call_whose_result_is_cached(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    agent = await setup_agent(
        hass, model_server, cached_tools=[{"tool": "slow", "ttl": 60}]
    )
    reads = llm.ToolAnnotations(read_only=True, open_world=False)
    agent.tool("slow", look, reads)
    model_server.call(("slow", {}))
    model_server.reply("Sunny.")
    await agent.say("hello")
    durations(agent)._seconds["slow"] = deque([3.0])
    for args in ({}, {"again": 1}):
        model_server.call(("slow", args))
        model_server.reply("Sunny.")
    assert await heard(agent) == ["(call)", "Sunny."]
    assert await heard(agent) == ["One moment.", "(call)", "Sunny."]


async def test_what_a_call_means_is_found_once(
    hass: HomeAssistant, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it will ask, whether its result is kept, and the call itself."""
    resolve, resolved = ServiceTool.resolve, []

    def count(self: ServiceTool, *args: Any) -> ServiceCall:
        resolved.append(self.name)
        return resolve(self, *args)

    monkeypatch.setattr(ServiceTool, "resolve", count)
    await make_weather_home(hass)
    agent = await setup_agent(hass, model_server, services=[FORECASTS], foresight=False)
    durations(agent).add("weather__get_forecasts", 3.0)
    args = {"type": "daily", "entity_id": GARDEN}
    model_server.call(("weather__get_forecasts", args))
    model_server.reply("Sunny.")
    assert await heard(agent) == ["One moment.", "(call)", "Sunny."]
    assert resolved == ["weather__get_forecasts"]


async def test_off_by_a_switch(hass: HomeAssistant, model_server: ModelServer) -> None:
    agent = await setup_agent(hass, model_server, preface=False)
    agent.tool("slow", look)
    durations(agent).add("slow", 3.0)
    model_server.call(("slow", {}))
    model_server.reply("Sunny.")
    assert await heard(agent) == ["(call)", "Sunny."]


async def test_what_calls_take_is_measured(
    agent: Agent, model_server: ModelServer
) -> None:
    async def fails(args: dict[str, Any]) -> str:
        raise KeyError

    agent.tool("works", look)
    agent.tool("fails", fails)
    model_server.call(("works", {}), ("fails", {}))
    model_server.reply("OK.")
    await agent.say("hello")
    assert set(durations(agent)._seconds) == {"works"}
