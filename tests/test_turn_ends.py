"""A turn ends, whatever the server sends and however long tools take."""

import asyncio
from collections.abc import Iterator
import json
from typing import Any, Literal

from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
import pytest

from custom_components.chatterbox.agent.options import AgentOptions
from custom_components.chatterbox.agent.response import (
    MAX_CALLS_IN_RESPONSE,
    MAX_CALLS_IN_TURN,
)
from custom_components.chatterbox.tools.toolbox import Toolbox
from scripts.demo_model import (
    CallPiece,
    Chunk,
    ModelServer,
    Raw,
    Step,
    Text,
    Thinking,
    whole_call,
)

from .home import Agent, setup_agent, spoken
from .test_conversation import returns, tool_messages
from .test_faults import is_plain

READS = llm.ToolAnnotations(read_only=True)


LIMITS = {
    "turn_timeout": 60,
    "thinking_timeout": 50,
    # Nothing else is to end what the turn has to.
    "timeout": 600,
    "tool_deadline": 600,
}
"""Seconds of the form, which pass at once."""


class Clock:
    """The event loop's time, which a test lets pass."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take over."""
        loop = asyncio.get_running_loop()
        self.ahead = 0.0
        now = loop.time
        monkeypatch.setattr(loop, "time", lambda: now() + self.ahead)

    def later(self, seconds: float) -> None:
        """Let so many seconds have passed."""
        self.ahead += seconds


class Later(asyncio.Event):
    """A step of a script that takes as many seconds."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        """Take whose time it is."""
        super().__init__()
        self._clock, self._seconds = clock, seconds

    async def wait(self) -> Literal[True]:
        """Let the time pass, and others see it."""
        self._clock.later(self._seconds)
        await asyncio.sleep(0)
        return True


@pytest.fixture
async def clock(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Give the event loop's time."""
    return Clock(monkeypatch)


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Give what is set once a response has been read to its end."""
    ended = asyncio.Event()
    end_response = Toolbox.end_response

    def note_end(toolbox: Toolbox, **kwargs: Any) -> None:
        end_response(toolbox, **kwargs)
        ended.set()

    monkeypatch.setattr(Toolbox, "end_response", note_end)
    return ended


def dripping(clock: Clock, *steps: Step) -> list[Step]:
    """Return steps that come again and again, far longer than a turn may take."""
    return [*steps, Later(clock, 4)] * 300


def _delta(delta: dict[str, Any]) -> Chunk:
    return Chunk({"choices": [{"index": 0, "delta": delta}]})


ENDLESS = [
    pytest.param([Raw(b": ping\n\n")], "takes too long to answer", id="pings"),
    pytest.param([Raw(b"\n")], "takes too long to answer", id="line breaks"),
    pytest.param([_delta({})], "takes too long to answer", id="empty deltas"),
    pytest.param([_delta({"content": ""})], "takes too long to answer", id="empty"),
    pytest.param([Text(" ")], "takes too long to answer", id="blanks"),
    pytest.param([Thinking("Hmm. ")], "thought about that", id="thinking"),
    pytest.param([Text("<think>Hm. ")], "thought about that", id="think tags"),
    pytest.param([Text('{"a": ')], "takes too long to answer", id="held text"),
    pytest.param(
        [CallPiece(0, "c", "act", '{"a": "'), CallPiece(0, arguments="a")],
        "takes too long to answer",
        id="arguments",
    ),
]


@pytest.mark.parametrize(("steps", "word"), ENDLESS)
async def test_what_is_no_word_and_no_call_buys_no_time(
    hass: HomeAssistant,
    model_server: ModelServer,
    clock: Clock,
    steps: list[Step],
    word: str,
) -> None:
    """The turn ends in a sentence, and the next one is answered."""
    agent = await setup_agent(hass, model_server, **LIMITS)
    agent.tool("act", returns("acted"))
    model_server.script(*dripping(clock, *steps))
    result = await agent.say("Do it")
    assert word in spoken(result)
    assert is_plain(spoken(result))
    model_server.reply("Yes.")
    assert spoken(await agent.say("There?", result.conversation_id)) == "Yes."


@pytest.mark.parametrize("text", ["And then. ", "word "])
async def test_words_without_end_end_with_the_turn(
    hass: HomeAssistant, model_server: ModelServer, clock: Clock, text: str
) -> None:
    """Spoken words go on no longer than a turn may take."""
    agent = await setup_agent(hass, model_server, **LIMITS)
    model_server.script(*dripping(clock, Text(text)))
    result, deltas = await agent.say_streamed("Tell me a story")
    heard = "".join(delta.get("content") or "" for delta in deltas)
    assert heard.startswith(text)
    assert "that takes too long" in heard
    assert "that takes too long" in spoken(result)


async def test_tool_is_not_waited_for_past_the_turn(
    hass: HomeAssistant,
    model_server: ModelServer,
    clock: Clock,
    whole: asyncio.Event,
) -> None:
    """Calls that wait for each other end together; each has a result in the log."""
    agent = await setup_agent(hass, model_server, **LIMITS)
    done: list[str] = []
    ends = asyncio.Event()

    async def slow(args: dict[str, Any]) -> str:
        await whole.wait()
        clock.later(61)
        await ends.wait()
        done.append(args["what"])
        return "done"

    agent.tool("act", slow)
    model_server.script(
        *whole_call("act", {"what": "one"}, index=0, id="a"),
        *whole_call("act", {"what": "two"}, index=1, id="b"),
    )
    result = await agent.say("Do it")
    assert "that takes too long" in spoken(result)
    model_server.reply("Yes.")
    await agent.say("Done?", result.conversation_id)
    results = tool_messages(model_server)
    assert len(results) == 2
    assert all("time is used up" in result["error"] for result in results)
    # What had begun goes on; what had not never does.
    ends.set()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert done == ["one"]


async def test_waiting_for_a_person_does_not_count(
    hass: HomeAssistant,
    model_server: ModelServer,
    clock: Clock,
    whole: asyncio.Event,
) -> None:
    """A tool that asks a person outlasts the turn's time."""
    agent = await setup_agent(hass, model_server, **LIMITS)

    async def ask(_: dict[str, Any]) -> str:
        await whole.wait()
        clock.later(61)
        await asyncio.sleep(0)
        return "yes"

    agent.tool("assist_satellite__ask_question", ask)
    model_server.script(*whole_call("assist_satellite__ask_question"))
    model_server.reply("They said yes.")
    assert spoken(await agent.say("Ask them")) == "They said yes."


async def test_api_that_hangs_ends_the_turn(
    hass: HomeAssistant,
    model_server: ModelServer,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Gathering the tools is a part of the turn."""
    agent = await setup_agent(hass, model_server, **LIMITS)

    async def hang(_: llm.LLMContext) -> llm.APIInstance:
        clock.later(61)
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(agent.api, "async_get_api_instance", hang)
    result = await agent.say("Hello")
    assert "that takes too long" in spoken(result)


def _counting(agent: Agent) -> list[int]:
    """Give the agent a tool, and return the numbers of the calls of it that ran."""
    ran: list[int] = []

    async def act(args: dict[str, Any]) -> str:
        ran.append(args["n"])
        return "done"

    agent.tool("act", act, READS)
    return ran


async def test_response_with_too_many_calls_is_ended_and_told(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """The first 32 run; the model hears that the rest did not."""
    agent = await setup_agent(hass, model_server)
    ran = _counting(agent)
    model_server.script(*_calls(0, MAX_CALLS_IN_RESPONSE + 8))
    model_server.reply("Most of it is done.")
    assert spoken(await agent.say("Do it")) == "Most of it is done."
    assert sorted(ran) == list(range(MAX_CALLS_IN_RESPONSE))
    last = model_server.requests[-1].messages[-1]
    assert last["role"] == "user"
    assert "nothing after that has run" in last["content"]


async def test_turn_with_too_many_calls_ends(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """A model that calls on and on is stopped at 100."""
    agent = await setup_agent(hass, model_server)
    ran = _counting(agent)
    for start in range(0, 300, 30):
        model_server.script(*_calls(start, 30))
    result = await agent.say("Do it")
    assert "too many actions" in spoken(result)
    assert len(ran) == MAX_CALLS_IN_TURN


def _calls(start: int, count: int) -> Iterator[Step]:
    """Yield whole calls with a number each."""
    for at in range(count):
        yield from whole_call("act", {"n": start + at}, index=at, id=f"c{start + at}")


@pytest.mark.parametrize(
    ("data", "turn", "thinking"),
    [
        pytest.param({}, 90, 60, id="default"),
        pytest.param({"timeout": 100}, 300, 200, id="slow computer"),
        pytest.param({"turn_timeout": 20, "thinking_timeout": 7}, 20, 7, id="chosen"),
        pytest.param(
            {"tool_deadlines": [{"tool": "script.long", "seconds": 400}]},
            430,
            60,
            id="slow tool",
        ),
    ],
)
def test_default_times(data: dict[str, Any], turn: float, thinking: float) -> None:
    """What the user gave the server and the tools is not cut short."""
    options = AgentOptions.from_subentry(json.loads(json.dumps({"model": "m", **data})))
    assert (options.longest_turn, options.longest_thinking) == (turn, thinking)
