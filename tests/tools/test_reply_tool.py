"""Closing a turn with the response that acts."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm
import pytest

from custom_components.chatterbox.tools import reply_tool as reply_module
from custom_components.chatterbox.tools.dispatch.dispatcher import Settled
from custom_components.chatterbox.tools.reply_tool import (
    SETTLE,
    ReplyGate,
    ReplyTool,
    needs_look,
)
from custom_components.chatterbox.tools.services.tool import ServiceTool
from scripts.demo_model import Drop, Finish, ModelServer, Text, whole_call
from tests.home import Agent, setup_agent, spoken
from tests.house import House, make_house

ON = "intent__HassTurnOn"
SAY = ("reply", {"say": "The lamp is on."})
LAMP = (ON, {"name": "Lamp"})
LIVE = "homeassistant__GetLiveContext"


@pytest.fixture
async def house(hass: HomeAssistant) -> House:
    """Give a kitchen with two lamps."""
    house = await make_house(hass)
    kitchen = house.area("Kitchen")
    house.entity("light.lamp", "Lamp", area=kitchen)
    house.entity("light.spot", "Spot", area=kitchen)
    return house


@pytest.fixture
async def agent(hass: HomeAssistant, model_server: ModelServer, house: House) -> Agent:
    """Give an agent with Assist and the test's own tools."""
    return await setup_agent(hass, model_server, llm_hass_api=["assist", "test_api"])


async def test_an_action_takes_one_model_call(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer
) -> None:
    model_server.call(LAMP, SAY)
    assert spoken(await agent.say("turn on the lamp")) == "The lamp is on."
    assert len(model_server.requests) == 1
    assert hass.states.is_state("light.lamp", "on")


async def test_the_reply_is_streamed_as_all_speech(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.call(LAMP, SAY)
    _, deltas = await agent.say_streamed("turn on the lamp")
    assert "".join(delta.get("content") or "" for delta in deltas) == "The lamp is on."
    roles = [delta["role"] for delta in deltas if "role" in delta]
    assert roles == ["assistant", "tool_result", "tool_result", "assistant"]


async def test_it_never_runs_before_the_actions_wherever_it_stands(
    agent: Agent, model_server: ModelServer, house: House, hass: HomeAssistant
) -> None:
    began, may_end = asyncio.Event(), asyncio.Event()

    async def slow(call: ServiceCall) -> None:
        began.set()
        await may_end.wait()
        await house.handle(call)

    hass.services.async_register("light", "turn_on", slow)
    more = asyncio.Event()
    model_server.script(
        *whole_call(*SAY, index=0), more, *whole_call(*LAMP, index=1), Finish(None)
    )
    turn = hass.async_create_task(agent.say_streamed("turn on the lamp"))
    await model_server.wait_for_requests(1)
    assert not turn.done()
    more.set()
    await began.wait()
    may_end.set()
    result, _ = await turn
    assert spoken(result) == "The lamp is on."
    assert len(model_server.requests) == 1


async def asked_again(
    agent: Agent, server: ModelServer, *calls: tuple[str, dict[str, Any]]
) -> str:
    """Run a response with these calls and return why its reply was not spoken."""
    server.call(*calls)
    server.reply("That did not work.")
    result, deltas = await agent.say_streamed("do it")
    assert spoken(result) == "That did not work."
    assert "lamp is on" not in "".join(delta.get("content") or "" for delta in deltas)
    assert len(server.requests) == 2
    results = [
        content.result.data
        for content in agent.log(result.conversation_id or "")
        if content.role == "tool_result" and content.tool_name == "reply"
    ]
    assert results[0].get("spoken") is not True
    return str(results[0].get("reason") or results[0].get("error"))


async def test_never_beside_a_read(agent: Agent, model_server: ModelServer) -> None:
    assert "reads" in await asked_again(agent, model_server, (LIVE, {}), SAY)


async def test_never_beside_a_read_and_a_write(
    agent: Agent, model_server: ModelServer
) -> None:
    assert "reads" in await asked_again(agent, model_server, LAMP, (LIVE, {}), SAY)


async def test_never_beside_an_error(agent: Agent, model_server: ModelServer) -> None:
    nowhere = (ON, {"name": "Nowhere"})
    assert "failed" in await asked_again(agent, model_server, LAMP, nowhere, SAY)


async def test_never_beside_an_unknown_tool(
    agent: Agent, model_server: ModelServer
) -> None:
    assert "failed" in await asked_again(agent, model_server, ("HassFly", {}), SAY)


async def test_never_beside_a_failed_target(
    agent: Agent, model_server: ModelServer, house: House
) -> None:
    house.failing.add("light.spot")
    area = (ON, {"area": "Kitchen", "domain": ["light"]})
    assert "failed" in await asked_again(agent, model_server, area, SAY)


async def test_never_before_a_failure_that_comes_late(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer
) -> None:
    # The intent returns after 0.2 s, with the service call left in the background.
    async def fails_late(call: ServiceCall) -> None:
        while not returned():
            await asyncio.sleep(0.01)
        raise HomeAssistantError("The lamp does not answer")

    def returned() -> bool:
        names = {task.get_name() for task in asyncio.all_tasks()}
        return not any(name == "llm_tool_call_0_0" for name in names)

    hass.services.async_register("light", "turn_on", fails_late)
    assert "does not answer" in await asked_again(agent, model_server, LAMP, SAY)


async def test_what_is_still_moving_after_the_wait_is_begun(
    hass: HomeAssistant,
    agent: Agent,
    model_server: ModelServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reply_module, "SETTLE", 0.01)
    arrived = asyncio.Event()

    async def moves(call: ServiceCall) -> None:
        await arrived.wait()

    hass.services.async_register("light", "turn_on", moves)
    model_server.call(LAMP, ("reply", {"say": "The lamp is turning on."}))
    assert spoken(await agent.say("lamp on")) == "The lamp is turning on."
    assert len(model_server.requests) == 1
    arrived.set()
    await hass.async_block_till_done()


async def test_never_beside_a_tool_that_may_have_answered(
    agent: Agent, model_server: ModelServer
) -> None:
    async def answer(args: dict[str, Any]) -> str:
        return "sunny"

    agent.tool("ask", answer)
    assert "read" in await asked_again(agent, model_server, ("ask", {}), SAY)


async def test_never_beside_arguments_that_cannot_be_read(
    agent: Agent, model_server: ModelServer
) -> None:
    first, piece = whole_call(*LAMP, index=0, size=5)[:2]
    model_server.script(first, piece, *whole_call(*SAY, index=1))
    model_server.reply("That did not work.")
    assert spoken(await agent.say("do it")) == "That did not work."


@pytest.mark.parametrize("say", [{}, {"say": " "}, {"say": ["a"]}])
async def test_a_reply_that_says_nothing_goes_back(
    agent: Agent, model_server: ModelServer, say: dict[str, Any]
) -> None:
    assert "reply failed" in await asked_again(
        agent, model_server, LAMP, ("reply", say)
    )


async def test_never_when_the_response_was_cut_off(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.script(
        *whole_call(*LAMP, index=0), *whole_call(*SAY, index=1), Finish("length")
    )
    model_server.reply("That did not work.")
    assert spoken(await agent.say("do it")) == "That did not work."


async def test_never_when_the_stream_breaks(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.script(
        *whole_call(*LAMP, index=0), *whole_call(*SAY, index=1), Text(" "), Drop()
    )
    result, deltas = await agent.say_streamed("do it")
    assert "lamp is on" not in str(deltas)
    assert spoken(result).startswith("Sorry")


async def test_only_the_first_reply_counts(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.call(LAMP, SAY, ("reply", {"say": "It shines."}))
    result, deltas = await agent.say_streamed("do it")
    assert spoken(result) == "The lamp is on."
    assert "It shines." not in [delta.get("content") for delta in deltas]


async def test_a_lone_long_reply_is_an_answer(
    agent: Agent, model_server: ModelServer
) -> None:
    say = "Once upon a time there was a lamp. " * 40
    model_server.call(("reply", {"say": say}))
    result, deltas = await agent.say_streamed("tell me a story")
    assert "".join(delta.get("content") or "" for delta in deltas) == say.strip()
    assert spoken(result) == say.strip()
    assert len(model_server.requests) == 1


@pytest.mark.parametrize(
    ("args", "listens"),
    [
        pytest.param({"say": "Which one?"}, True, id="home-assistant-looks"),
        pytest.param({"say": "Tell me.", "expect_answer": True}, True, id="asked"),
        pytest.param({"say": "OK?", "expect_answer": False}, False, id="rhetoric"),
    ],
)
async def test_expect_answer_decides_whether_the_satellite_listens(
    agent: Agent, model_server: ModelServer, args: dict[str, Any], listens: bool
) -> None:
    model_server.call(LAMP, ("reply", args))
    assert (await agent.say("do it")).continue_conversation is listens


async def test_the_history_is_one_that_every_server_takes(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.call(LAMP, SAY)
    first = await agent.say("turn on the lamp")
    model_server.reply("You are welcome.")
    await agent.say("thanks", first.conversation_id)
    messages = model_server.requests[1].messages
    roles = [message["role"] for message in messages]
    assert roles == [
        *("system", "user", "assistant", "tool", "tool", "assistant", "user")
    ]
    called = [call["id"] for call in messages[2]["tool_calls"]]
    assert [message["tool_call_id"] for message in messages[3:5]] == called
    assert messages[5]["content"] == "The lamp is on."


async def test_it_is_not_offered_when_switched_off(
    hass: HomeAssistant, model_server: ModelServer, house: House
) -> None:
    agent = await setup_agent(hass, model_server, llm_hass_api=["assist"], reply=False)
    model_server.reply("Hello.")
    await agent.say("hello")
    request = model_server.requests[0]
    assert ON in request.tool_names
    assert "reply" not in request.tool_names
    assert "`reply`" not in request.messages[0]["content"]


async def test_it_is_not_offered_where_nothing_acts(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    agent = await setup_agent(hass, model_server)

    async def read(args: dict[str, Any]) -> str:
        return "sunny"

    agent.tool("look", read, llm.ToolAnnotations(read_only=True))
    model_server.reply("Hello.")
    await agent.say("hello")
    assert model_server.requests[0].tool_names == ["look"]


async def test_a_cancelled_turn_leaves_no_reply_waiting(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer, house: House
) -> None:
    began = asyncio.Event()
    never = asyncio.Event()

    async def slow(args: dict[str, Any]) -> None:
        began.set()
        await never.wait()

    agent.tool("slow", slow, llm.ToolAnnotations(read_only=True))
    model_server.call(("slow", {}), SAY)
    turn = hass.async_create_task(agent.say("do it"))
    await began.wait()
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    for _ in range(10):
        await asyncio.sleep(0)
    names = [task.get_name() for task in asyncio.all_tasks()]
    assert not [name for name in names if name.startswith("llm_tool")]


def call(name: str = "reply", **args: Any) -> llm.ToolInput:
    """Return a call."""
    return llm.ToolInput(tool_name=name, tool_args=args, id=name)


async def test_it_waits_for_what_was_left_in_the_background() -> None:
    asked: list[float] = []

    async def settle(timeout: float) -> Settled:  # noqa: ASYNC109
        asked.append(timeout)
        return Settled(failed=("The lamp does not answer.",))

    gate = ReplyGate(settle)
    gate.began("on", IntentTool())
    gate.began("reply", ReplyTool())
    gate.ended("on", llm.ToolResult(ACTION_DONE))
    gate.close(whole=True)
    result = await gate.async_reply(call(say="Done."))
    assert asked == [SETTLE]
    assert result.data["spoken"] is False
    assert "does not answer" in result.data["reason"]
    assert gate.reply is None


async def test_what_still_moves_counts_as_begun() -> None:
    async def settle(timeout: float) -> Settled:  # noqa: ASYNC109
        return Settled(under_way=("The blind",))

    gate = ReplyGate(settle)
    gate.began("on", IntentTool())
    gate.began("reply", ReplyTool())
    gate.ended("on", llm.ToolResult({**ACTION_DONE, "still_under_way": ["Blind"]}))
    gate.close(whole=True)
    assert (await gate.async_reply(call(say="It is closing."))).data["spoken"]
    assert gate.reply is not None
    assert gate.reply.say == "It is closing."


async def test_a_lone_reply_waits_for_nothing() -> None:
    gate = ReplyGate(never_settles)
    gate.began("reply", ReplyTool())
    gate.close(whole=True)
    assert (await gate.async_reply(call(say="Hello."))).data == {"spoken": True}


async def never_settles(timeout: float) -> Settled:  # noqa: ASYNC109
    """Fail: there is nothing that could settle."""
    raise AssertionError


class IntentTool(llm.IntentTool):
    """An intent's tool."""

    name = "intent__Test"

    def __init__(self) -> None:
        """Need no handler."""


class ScriptTool(llm.ActionTool):
    """A script's tool."""

    name = "script__test"

    def __init__(self) -> None:
        """Need no script."""


class LampTool(ServiceTool):
    """A service's tool."""

    name = "light__turn_on"

    def __init__(self) -> None:
        """Need no service."""


class ReadTool(IntentTool):
    """A tool that reads."""

    annotations = llm.ToolAnnotations(read_only=True)


class OtherTool(llm.Tool):
    """Anybody's tool, declared to write."""

    name = "other"
    annotations = llm.ToolAnnotations(destructive=False)


ACTION_DONE: dict[str, Any] = {
    "response_type": "action_done",
    "speech": {},
    "data": {"success": [{"id": "light.lamp"}], "failed": []},
}


@pytest.mark.parametrize(
    ("tool", "data", "error", "looks"),
    [
        pytest.param(IntentTool(), ACTION_DONE, False, False, id="done"),
        pytest.param(IntentTool(), {"error": "x"}, True, True, id="error"),
        pytest.param(None, {}, False, True, id="unknown-tool"),
        pytest.param(ReadTool(), ACTION_DONE, False, True, id="reads"),
        pytest.param(
            IntentTool(),
            {**ACTION_DONE, "response_type": "query_answer"},
            False,
            True,
            id="intent-answers",
        ),
        pytest.param(
            IntentTool(),
            {**ACTION_DONE, "speech": {"plain": {"speech": "42"}}},
            False,
            True,
            id="intent-speaks",
        ),
        pytest.param(
            IntentTool(),
            {**ACTION_DONE, "data": {"success": [], "failed": [{"id": "x"}]}},
            False,
            True,
            id="failed-target",
        ),
        pytest.param(
            IntentTool(), {**ACTION_DONE, "warning": "x"}, False, True, id="warning"
        ),
        pytest.param(
            IntentTool(), {**ACTION_DONE, "meanwhile": ["x"]}, False, True, id="late"
        ),
        pytest.param(
            IntentTool(), {**ACTION_DONE, "order": "x"}, False, True, id="order"
        ),
        pytest.param(ScriptTool(), {"result": None}, False, False, id="script"),
        pytest.param(ScriptTool(), {"result": {}}, False, False, id="script-empty"),
        pytest.param(
            ScriptTool(), {"result": {"a": 1}}, False, True, id="script-answers"
        ),
        pytest.param(
            LampTool(),
            {"success": True, "entity_ids": ["a.b"]},
            False,
            False,
            id="service",
        ),
        pytest.param(
            LampTool(),
            {"status": "started, still running", "note": "x"},
            False,
            False,
            id="service-goes-on",
        ),
        pytest.param(
            LampTool(),
            {"success": True, "unavailable": ["Lamp"]},
            False,
            True,
            id="service-in-part",
        ),
        pytest.param(LampTool(), {"items": [1]}, False, True, id="service-answers"),
        pytest.param(OtherTool(), {}, False, True, id="anybody's"),
    ],
)
def test_only_known_writes_with_nothing_to_tell_need_no_look(
    tool: llm.Tool | None, data: dict[str, Any], error: bool, looks: bool
) -> None:
    assert bool(needs_look(tool, llm.ToolResult(data, error))) is looks


def test_a_call_without_a_result_needs_a_look() -> None:
    assert needs_look(IntentTool(), None)
