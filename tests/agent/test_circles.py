"""Tests for models that repeat themselves or have no word for what they did."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent, llm
import pytest

from scripts.demo_model import ModelServer

from ..home import Agent, spoken

READS = llm.ToolAnnotations(read_only=True)


@pytest.fixture(autouse=True)
def calls(agent: Agent) -> list[str]:
    """Give a tool that reads, one that acts and one that fails."""
    calls: list[str] = []

    async def read(args: dict[str, Any]) -> str:
        calls.append("read")
        return "21 degrees"

    async def act(args: dict[str, Any]) -> str:
        calls.append("act")
        return "done"

    async def fail(args: dict[str, Any]) -> str:
        calls.append("fail")
        raise RuntimeError("stuck")

    agent.tool("read", read, READS)
    agent.tool("act", act)
    agent.tool("fail", fail)
    return calls


async def test_a_repeated_read_runs_once(
    agent: Agent, model_server: ModelServer, calls: list[str]
) -> None:
    for _ in range(2):
        model_server.call(("read", {"of": "hall"}))
    model_server.reply("21 degrees.")
    assert spoken(await agent.say("how warm is it")) == "21 degrees."
    assert calls == ["read"]
    last = model_server.requests[2].messages[-1]["content"]
    assert "21 degrees" in last
    assert "You made this call before" in last


async def test_other_arguments_are_another_call(
    agent: Agent, model_server: ModelServer, calls: list[str]
) -> None:
    model_server.call(("read", {"of": "hall"}))
    model_server.call(("read", {"of": "attic"}))
    model_server.reply("21 degrees both.")
    await agent.say("how warm is it")
    assert calls == ["read", "read"]


async def test_after_an_action_it_is_read_again(
    agent: Agent, model_server: ModelServer, calls: list[str]
) -> None:
    model_server.call(("read", {}))
    model_server.call(("act", {}))
    model_server.call(("read", {}))
    model_server.reply("21 degrees.")
    await agent.say("warmer, and tell me")
    assert calls == ["read", "act", "read"]


async def test_after_a_change_of_the_home_it_is_read_again(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer, calls: list[str]
) -> None:
    async def wait(args: dict[str, Any]) -> str:
        await asyncio.sleep(0)
        hass.states.async_set("sensor.hall", "22")
        return "changed"

    agent.tool("wait", wait, READS)
    model_server.call(("read", {}))
    model_server.call(("wait", {}))
    model_server.call(("read", {}))
    model_server.reply("22 degrees.")
    await agent.say("wait for it")
    assert calls == ["read", "read"]


async def test_a_third_time_ends_the_turn(
    agent: Agent, model_server: ModelServer, calls: list[str]
) -> None:
    for _ in range(5):
        model_server.call(("fail", {"name": "Gate"}))
    result = await agent.say("open the gate")
    assert spoken(result) == "That did not work: Gate."
    assert calls == ["fail"]
    assert len(model_server.requests) == 3


async def test_two_of_one_response_are_both_run(
    agent: Agent, model_server: ModelServer, calls: list[str]
) -> None:
    """A button may be meant to be pressed twice."""
    model_server.call(("act", {}), ("act", {}))
    model_server.call(("act", {}))
    model_server.reply("Three times.")
    await agent.say("press it three times")
    assert calls == ["act", "act", "act"]


async def test_no_word_after_an_action_is_asked_for_once(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.call(("act", {"name": "Lamp"}))
    model_server.reply("")
    model_server.reply("The lamp is on.")
    assert spoken(await agent.say("lamp on")) == "The lamp is on."
    assert "Answer the person now" in model_server.requests[2].messages[-1]["content"]


async def test_no_word_at_all_is_ours(agent: Agent, model_server: ModelServer) -> None:
    model_server.call(("act", {"name": "Lamp"}))
    for _ in range(5):
        model_server.reply("")
    result = await agent.say("lamp on")
    assert spoken(result) == "Done: Lamp."
    assert result.response.response_type is not intent.IntentResponseType.ERROR
    assert len(model_server.requests) == 3


async def test_no_word_after_a_read_is_an_answer_not_found(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.call(("read", {}))
    for _ in range(5):
        model_server.reply("")
    result = await agent.say("how warm is it")
    assert spoken(result) == "Sorry, I found no answer to that."
    assert result.response.response_type is intent.IntentResponseType.ERROR
