"""A person speaks, the model answers, tools run."""

import asyncio
from collections.abc import Awaitable, Callable
import json
import logging
import re
from typing import Any

from homeassistant.components import conversation
from homeassistant.const import ATTR_SUPPORTED_FEATURES
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, intent, llm
from homeassistant.helpers.entity import Entity
import pytest

from scripts.demo_model import Finish, ModelServer, Text, Thinking, whole_call

from .home import Agent, open_session, setup_agent, spoken


def tool_messages(server: ModelServer, request: int = -1) -> list[dict[str, Any]]:
    """Return the tool results that a request told the model, in their order."""
    return [
        json.loads(message["content"])
        for message in server.requests[request].messages
        if message["role"] == "tool"
    ]


def returns(value: Any) -> Callable[[dict[str, Any]], Awaitable[Any]]:
    """Return an action that does nothing and returns this."""

    async def action(args: dict[str, Any]) -> Any:
        return value

    return action


def raises(err: BaseException) -> Callable[[dict[str, Any]], Awaitable[Any]]:
    """Return an action that raises this."""

    async def action(args: dict[str, Any]) -> Any:
        raise err

    return action


async def test_answer_is_spoken(agent: Agent) -> None:
    """Text of the model is what the person hears."""
    agent.server.reply("It is ", "sunny.")
    result = await agent.say("How is the weather?")
    assert spoken(result) == "It is sunny."
    assert result.response.response_type is intent.IntentResponseType.ACTION_DONE
    assert agent.server.requests[0].messages[-1]["role"] == "user"
    assert "How is the weather?" in agent.server.requests[0].messages[-1]["content"]
    assert agent.server.requests[0].json["stream"] is True
    assert agent.server.requests[0].headers["Authorization"] == "Bearer test-key"


async def test_second_turn_remembers_the_first(agent: Agent) -> None:
    """The history goes along, calls and their results too."""
    agent.tool("look", returns("a cat"))
    agent.server.call(("look", {"at": "door"}))
    agent.server.reply("A cat.")
    agent.server.reply("Yes, black.")
    first = await agent.say("Who is at the door?")
    second = await agent.say("Is it black?", first.conversation_id)
    assert spoken(second) == "Yes, black."
    messages = agent.server.requests[-1].messages
    assert [message["role"] for message in messages] == [
        "system",
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
    ]
    assert messages[2]["tool_calls"][0]["function"]["name"] == "look"
    assert messages[3]["tool_call_id"] == messages[2]["tool_calls"][0]["id"]
    assert json.loads(messages[3]["content"]) == {"result": "a cat"}
    assert messages[4]["content"] == "A cat."


async def test_a_tool_that_was_taken_away_is_gone_in_the_next_turn(
    agent: Agent,
) -> None:
    """Home Assistant may keep the tools of a conversation; each turn asks for them anew."""
    done: list[dict[str, Any]] = []

    async def act(args: dict[str, Any]) -> str:
        done.append(args)
        return "done"

    agent.tool("act", act)
    agent.tool("look", returns("a cat"))
    agent.server.call(("act", {}))
    agent.server.reply("Done.")
    first = await agent.say("Act")
    (gone, _) = agent.api.tools
    agent.api.tools.remove(gone)
    agent.server.call(("act", {}), ("look", {}))
    agent.server.reply("It is gone.")
    await agent.say("Again", first.conversation_id)
    assert len(done) == 1
    assert "act" in agent.server.requests[0].tool_names
    assert "act" not in agent.server.requests[-1].tool_names
    refused, seen = tool_messages(agent.server)[-2:]
    assert "no tool" in refused["error"].lower()
    assert "a cat" in json.dumps(seen)


async def test_tool_calls_dispatched_concurrently(agent: Agent) -> None:
    """Both tools of one response start before either ends."""
    events: list[str] = []
    both = asyncio.Barrier(2)

    def tool(name: str) -> Callable[[dict[str, Any]], Awaitable[str]]:
        async def action(args: dict[str, Any]) -> str:
            events.append(f"{name} starts")
            await both.wait()
            events.append(f"{name} ends")
            return name

        return action

    read_only = llm.ToolAnnotations(read_only=True)
    agent.tool("one", tool("one"), read_only)
    agent.tool("two", tool("two"), read_only)
    agent.server.call(("one", {}), ("two", {}))
    agent.server.reply("Done.")
    async with asyncio.timeout(10):
        result = await agent.say("Do both")
    assert spoken(result) == "Done."
    assert sorted(events[:2]) == ["one starts", "two starts"]
    assert sorted(events[2:]) == ["one ends", "two ends"]


async def test_concurrent_tool_dispatch_preserves_order(agent: Agent) -> None:
    """Results go back in call order, whichever ends first."""
    second_done = asyncio.Event()

    async def slow(args: dict[str, Any]) -> str:
        await second_done.wait()
        return "slow"

    async def fast(args: dict[str, Any]) -> str:
        second_done.set()
        return "fast"

    read_only = llm.ToolAnnotations(read_only=True)
    agent.tool("slow", slow, read_only)
    agent.tool("fast", fast, read_only)
    agent.server.call(("slow", {}), ("fast", {}))
    agent.server.reply("Done.")
    async with asyncio.timeout(10):
        await agent.say("Do both")
    assert tool_messages(agent.server) == [{"result": "slow"}, {"result": "fast"}]
    sent = agent.server.requests[-1].messages
    calls = next(m for m in sent if m.get("tool_calls"))["tool_calls"]
    assert [call["function"]["name"] for call in calls] == ["slow", "fast"]
    assert [m["tool_call_id"] for m in sent if m["role"] == "tool"] == [
        call["id"] for call in calls
    ]


async def test_first_call_runs_before_the_second_has_arrived(agent: Agent) -> None:
    """A call starts when it is complete, while the model is still talking."""
    started = asyncio.Event()

    async def first(args: dict[str, Any]) -> str:
        started.set()
        return "first"

    agent.tool("first", first)
    agent.tool("second", returns("second"))
    # The server ends the second call only after the first has started.
    name, *rest = whole_call("second", {"x": 1}, index=1, id="call_b")
    agent.server.script(
        *whole_call("first", {}, index=0, id="call_a"), name, started, *rest
    )
    agent.server.reply("Done.")
    async with asyncio.timeout(10):
        result = await agent.say("Do both")
    assert spoken(result) == "Done."
    assert tool_messages(agent.server) == [{"result": "first"}, {"result": "second"}]


async def test_tool_that_raises_harms_no_other(
    agent: Agent, caplog: pytest.LogCaptureFixture
) -> None:
    """A KeyError is the error of its own call; its sibling's result is kept."""
    agent.tool("broken", raises(KeyError("no_such_key")))
    agent.tool("works", returns("fine"))
    agent.server.call(("broken", {}), ("works", {}))
    agent.server.reply("One failed.")
    result = await agent.say("Do both")
    assert spoken(result) == "One failed."
    broken, works = tool_messages(agent.server)
    assert set(broken) == {"error"}
    assert "broken" in broken["error"]
    assert "no_such_key" in broken["error"]
    assert works == {"result": "fine"}
    assert "Unexpected error in tool broken" in caplog.text


async def test_tool_that_cancels_itself_has_a_result(agent: Agent) -> None:
    """A CancelledError out of a tool is not the turn's."""
    agent.tool("cancelled", raises(asyncio.CancelledError()))
    agent.server.call(("cancelled", {}))
    agent.server.reply("It did not work.")
    assert spoken(await agent.say("Do it")) == "It did not work."
    (result,) = tool_messages(agent.server)
    assert "cancelled" in result["error"]


async def test_unknown_tool_names_the_closest(agent: Agent) -> None:
    """A call of a tool that is not there tells the model which are."""
    agent.tool("intent__HassTurnOn", returns("on"))
    agent.tool("llm__GetDateTime", returns("noon"))
    agent.server.call(("HassTurnOnn", {}))
    agent.server.reply("Sorry.")
    await agent.say("Turn it on")
    (result,) = tool_messages(agent.server)
    assert "HassTurnOnn" in result["error"]
    assert "intent__HassTurnOn" in result["error"]
    assert "GetDateTime" not in result["error"]


async def test_arguments_that_are_not_json_are_the_calls_error(agent: Agent) -> None:
    """The tool does not run; the model is told what is wrong."""
    calls: list[dict[str, Any]] = []

    async def action(args: dict[str, Any]) -> str:
        calls.append(args)
        return "ran"

    agent.tool("act", action)
    agent.server.script(*whole_call("act", '{"brightness": 5', id="call_x"))
    agent.server.reply("Sorry.")
    assert spoken(await agent.say("Act")) == "Sorry."
    (result,) = tool_messages(agent.server)
    assert "JSON" in result["error"]
    assert calls == []


async def test_call_without_any_tool_gets_a_result(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """A model that calls what was never offered is told so."""
    agent = await setup_agent(hass, model_server, llm_hass_api=[])
    model_server.call(("made_up", {}))
    model_server.reply("I can't.")
    assert spoken(await agent.say("Do it")) == "I can't."
    (result,) = tool_messages(model_server)
    assert "made_up" in result["error"]


async def test_text_after_a_tool_result_is_streamed(
    agent: Agent, hass: HomeAssistant
) -> None:
    """Text reaches the log's listener while the model is still talking."""
    agent.tool("look", returns("rain"))
    agent.server.call(("look", {}))
    heard = asyncio.Event()
    agent.server.script(Text("It rains"), heard, Text(" a lot."))
    pieces: list[str] = []

    def listen(chat_log: conversation.ChatLog, delta: dict[str, Any]) -> None:
        if delta.get("content") and delta.get("role") != "tool_result":
            pieces.append(delta["content"])
            heard.set()

    async with asyncio.timeout(10):
        with (
            open_session(hass) as session,
            conversation.async_get_chat_log(
                hass, session, chat_log_delta_listener=listen
            ),
        ):
            result = await agent.say("Weather?", session.conversation_id)
    assert pieces == ["It rains", " a lot."]
    assert spoken(result) == "It rains a lot."


async def test_thinking_is_not_spoken(agent: Agent) -> None:
    """Thinking is kept apart from the answer."""
    agent.server.script(Thinking("Let me see."), Text("Four."))
    result = await agent.say("Two and two?")
    assert spoken(result) == "Four."
    assert result.conversation_id
    answer = agent.log(result.conversation_id)[-1]
    assert isinstance(answer, conversation.AssistantContent)
    assert answer.thinking_content == "Let me see."


async def test_max_iterations_ends_in_a_sentence(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """A model that never stops calling is stopped, and the person is told."""
    agent = await setup_agent(hass, model_server, max_iterations=3)
    agent.tool("again", returns("again"))
    for _ in range(3):
        model_server.call(("again", {}))
    result = await agent.say("Go on")
    assert len(model_server.requests) == 3
    assert result.response.response_type is intent.IntentResponseType.ERROR
    assert len(spoken(result)) > 10
    model_server.reply("Fine.")
    assert spoken(await agent.say("And now?", result.conversation_id)) == "Fine."


@pytest.mark.parametrize(
    ("pieces", "reason", "heard_first"),
    [
        pytest.param([Text("Once upon a")], "length", "Once upon a", id="length"),
        pytest.param([], "length", "", id="length, nothing said"),
        pytest.param([], "content_filter", "", id="content filter"),
        pytest.param([], "stop", "", id="empty"),
        pytest.param([Text("  \n")], "stop", "", id="blank"),
        pytest.param([Thinking("Hm.")], "stop", "", id="thinking only"),
    ],
)
async def test_no_whole_answer_is_said(
    agent: Agent,
    caplog: pytest.LogCaptureFixture,
    pieces: list[Text],
    reason: str,
    heard_first: str,
) -> None:
    """An answer that is cut off, refused or, once more, empty ends in a sentence."""
    for _ in range(1 + (reason == "stop")):
        agent.server.script(*pieces, Finish(reason))
    result = await agent.say("Tell me a story")
    assert len(spoken(result)) > 10
    assert "!" not in spoken(result)
    assert any(
        record.levelno >= logging.WARNING
        and record.name == "custom_components.chatterbox.agent.turn"
        for record in caplog.records
    )
    assert result.conversation_id
    said = " ".join(
        content.content or ""
        for content in agent.log(result.conversation_id)
        if isinstance(content, conversation.AssistantContent)
    )
    assert said.strip().startswith(heard_first)
    agent.server.reply("Yes.")
    assert spoken(await agent.say("Go on", result.conversation_id)) == "Yes."


async def test_timings_are_logged(
    agent: Agent, caplog: pytest.LogCaptureFixture
) -> None:
    """The three lines, in their words and levels."""
    caplog.set_level(logging.DEBUG, "custom_components.chatterbox")
    agent.tool("one", returns(1))
    agent.tool("two", returns(2))
    agent.server.call(("one", {}), ("two", {}))
    agent.server.reply("Done.")
    await agent.say("Do both")
    timings = [
        (record.levelname, record.getMessage())
        for record in caplog.records
        if record.name == "custom_components.chatterbox.agent.timings"
    ]
    patterns = [
        ("DEBUG", r"LLM call 1 took \d+\.\d{3}s \(finish_reason=tool_calls\)"),
        ("DEBUG", r"Dispatched 2 tool\(s\) concurrently in \d+\.\d{3}s"),
        ("DEBUG", r"LLM call 2 took \d+\.\d{3}s \(finish_reason=stop\)"),
        ("INFO", r"Loop complete after 2 iteration\(s\) in \d+\.\d{3}s"),
    ]
    assert len(timings) == len(patterns)
    for (level, message), (wanted_level, pattern) in zip(
        timings, patterns, strict=True
    ):
        assert level == wanted_level
        assert re.fullmatch(pattern, message), message


async def test_extra_system_prompt_reaches_the_model(agent: Agent) -> None:
    """What an automation adds to the conversation is in the request."""
    agent.server.reply("Shall I?")
    result = await agent.say("Yes", extra_system_prompt="The garage door is open.")
    assert "The garage door is open." in agent.server.requests[0].body.decode()
    assert result.continue_conversation


async def test_features_tell_whether_it_has_tools(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """Only an agent with tools controls the home."""
    agent = await setup_agent(hass, model_server, llm_hass_api=[])
    state = hass.states.get(agent.entity_id)
    assert state
    assert state.attributes[ATTR_SUPPORTED_FEATURES] == 0


async def test_missing_llm_api_costs_only_its_own_tools(
    hass: HomeAssistant, model_server: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    """An API that is gone is logged; the rest works."""
    agent = await setup_agent(hass, model_server, llm_hass_api=["gone", "test_api"])
    agent.tool("look", returns("here"))
    model_server.reply("Hello.")
    assert spoken(await agent.say("Hi")) == "Hello."
    assert "look" in model_server.requests[0].tool_names
    assert "gone" in caplog.text


async def test_template_error_is_said(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """A prompt that cannot be rendered does not end in silence."""
    agent = await setup_agent(hass, model_server, prompt="{{ 1 / 0 }}")
    result = await agent.say("Hi")
    assert len(spoken(result)) > 10
    assert result.response.response_type is intent.IntentResponseType.ERROR
    assert model_server.requests == []


async def test_bug_of_our_own_is_said(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Even what nobody foresaw ends in a sentence and one traceback."""

    def broken(*args: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(
        "custom_components.chatterbox.agent.turn.AgenticLoop.run", broken
    )
    result = await agent.say("Hi")
    assert result.response.response_type is intent.IntentResponseType.ERROR
    assert "bug" not in spoken(result)
    assert "a bug" in caplog.text


async def test_a_turn_that_is_overtaken_by_an_unload_is_answered(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A tool server takes its time to list its tools, and meanwhile a form is saved."""
    asked, answer = asyncio.Event(), asyncio.Event()
    list_tools = agent.api.async_get_api_instance

    async def list_slowly(llm_context: llm.LLMContext) -> llm.APIInstance:
        asked.set()
        await answer.wait()
        return await list_tools(llm_context)

    monkeypatch.setattr(agent.api, "async_get_api_instance", list_slowly)
    agent.server.reply("Hello.")
    turn = agent.hass.async_create_task(agent.say("Hi"))
    await asked.wait()
    assert await agent.hass.config_entries.async_unload(agent.entry.entry_id)
    answer.set()
    assert spoken(await turn) == "Hello."
    assert "Unexpected error" not in caplog.text


async def test_a_rename_does_not_tear_down_an_agent(agent: Agent) -> None:
    """A turn that is on is finished, and the next is answered under the new id."""
    began, gate = asyncio.Event(), asyncio.Event()

    async def wait(args: dict[str, Any]) -> str:
        began.set()
        await gate.wait()
        return "done"

    agent.tool("wait", wait)
    agent.server.call(("wait", {}))
    agent.server.reply("Waited.")
    turn = agent.hass.async_create_task(agent.say("Wait"))
    await began.wait()
    entity = agent.hass.data["conversation"].get_entity(agent.entity_id)
    removed: list[str] = []
    entity.async_on_remove(lambda: removed.append("removed"))
    er.async_get(agent.hass).async_update_entity(
        agent.entity_id, new_entity_id="conversation.butler"
    )
    agent.entity_id = "conversation.butler"
    for _ in range(20):
        await asyncio.sleep(0)
    if hasattr(Entity, "async_entity_id_changed"):
        assert removed == [], "Home Assistant 2026.10 adds every entity anew"
    gate.set()
    assert spoken(await turn) == "Waited."
    agent.server.reply("At your service.")
    assert spoken(await agent.say("Hello")) == "At your service."
