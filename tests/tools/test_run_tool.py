"""Whatever a tool does becomes a result, and whatever it returns becomes JSON."""

import asyncio
from collections.abc import Callable
import json
from typing import Any

from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import intent, llm
from homeassistant.helpers.json import json_dumps
import pytest

from custom_components.chatterbox.tools.run_tool import MAX_BYTES, as_result, run_tool

from ..home import Agent, spoken

READ_ONLY = llm.ToolAnnotations(read_only=True)


def cycle() -> dict[str, Any]:
    """Return an object that has itself in it."""
    value: dict[str, Any] = {"name": "cycle"}
    value["self"] = value
    return value


def deep() -> dict[str, Any]:
    """Return an object of 5,000 levels."""
    value: dict[str, Any] = {}
    for _ in range(5000):
        value = {"in": value}
    return value


class Unspeakable:
    """Fails however it is asked."""

    def __repr__(self) -> str:
        """Fail."""
        raise ValueError

    def __getattr__(self, name: str) -> Any:
        """Fail."""
        raise ValueError


ODD: dict[str, Callable[[], Any]] = {
    "tuple keys": lambda: {(1, 2): "a"},
    "bytes keys": lambda: {b"key": "a"},
    "a cycle": cycle,
    "a generator": lambda: {"items": (each for each in "abc")},
    "a repr that fails": lambda: {"it": Unspeakable()},
    "5,000 levels": deep,
    "a lone surrogate": lambda: {"text": "\ud800"},
    "a very large number": lambda: {"number": 10**400},
    "not a number": lambda: {"number": float("nan")},
    "a megabyte": lambda: {"items": ["word " * 20] * 10_000},
    "more than anybody reads": lambda: {"items": [[0] * 100 for _ in range(3000)]},
}


@pytest.mark.parametrize("name", ODD)
async def test_whatever_is_returned_is_json(name: str) -> None:
    """Short enough to be sent, and what can be kept of it is."""

    async def tool() -> Any:
        return llm.ToolResult(ODD[name]())

    result = await run_tool("odd", tool)
    assert not result.error
    assert isinstance(result.data, dict)
    assert json.loads(json_dumps(result.data)) == result.data
    assert 2 < len(json_dumps(result.data)) <= MAX_BYTES


@pytest.mark.parametrize("name", ODD)
async def test_the_conversation_goes_on(agent: Agent, name: str) -> None:
    """The turn and the next one are answered."""

    async def tool(args: dict[str, Any]) -> Any:
        return llm.ToolResult(ODD[name]())

    agent.tool("odd", tool)
    agent.server.call(("odd", {}))
    agent.server.reply("Done.")
    agent.server.reply("Still here.")
    first = await agent.say("Do it.")
    assert spoken(first) == "Done."
    second = await agent.say("And?", first.conversation_id)
    assert spoken(second) == "Still here."


@pytest.mark.parametrize("annotations", [READ_ONLY, llm.ToolAnnotations()])
@pytest.mark.parametrize(
    "error", [SystemExit(1), GeneratorExit(), asyncio.CancelledError(), KeyError("x")]
)
async def test_no_tool_ends_home_assistant(
    agent: Agent, error: BaseException, annotations: llm.ToolAnnotations
) -> None:
    """A read runs in a task of the cache, a write in one of the entry."""

    async def tool(args: dict[str, Any]) -> Any:
        raise error

    agent.tool("fatal", tool, annotations)
    agent.server.call(("fatal", {}))
    agent.server.reply("It failed.")
    assert spoken(await agent.say("Do it.")) == "It failed."


async def test_what_is_refused_says_why() -> None:
    """And what an exception says may fail too."""

    async def refuse() -> Any:
        raise HomeAssistantError("the lamp is out")

    class Mute(Exception):  # noqa: N818
        def __str__(self) -> str:
            """Fail."""
            raise ValueError

    async def mute() -> Any:
        raise Mute

    refused = await run_tool("lamp", refuse)
    assert refused.data == {"error": "lamp failed: the lamp is out"}
    assert (await run_tool("lamp", mute)).data["error"].endswith("Mute")


def test_an_intents_response_stays_one() -> None:
    """The dispatcher asks it what it was for."""
    response = intent.IntentResponse(language="en")
    kept = as_result(llm.ToolResult(llm.IntentResponseDict(response))).data
    assert isinstance(kept, llm.IntentResponseDict)
    assert kept.original is response


def test_nobody_else_has_the_result() -> None:
    """A tool may go on with what it returned."""
    own = {"items": [1]}
    result = as_result(own)
    own["items"].append(2)
    assert result.data == {"items": [1]}
