"""Tests that the history fits into the model's context window."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.chatterbox.agent.window import ContextWindows, Window
from custom_components.chatterbox.const import DOMAIN
from custom_components.chatterbox.providers.base import (
    AssistantMessage,
    Message,
    ProviderError,
    ProviderErrorKind,
    SystemMessage,
    ToolCall,
    ToolResultMessage,
    ToolSpec,
    UserMessage,
)
from scripts.demo_model import ModelServer, Status

from ..home import Agent, spoken
from ..test_conversation import returns

SYSTEM = SystemMessage("You are helpful.")


def turn(number: int, result: int = 30) -> list[Message]:
    """Return a turn with a call, its result of so many characters, and an answer."""
    call = ToolCall(f"call_{number}", "look", {})
    return [
        UserMessage(f"{number} {'say ' * 20}"),
        AssistantMessage(tool_calls=(call,)),
        ToolResultMessage(call.id, "look", "x" * result),
        AssistantMessage("It is so. " * 10),
    ]


def log(turns: int, result: int = 30) -> list[Message]:
    return [SYSTEM, *(message for n in range(turns) for message in turn(n, result))]


def window(tokens: int | None, windows: ContextWindows | None = None) -> Window:
    return (windows or ContextWindows()).window("demo", "talk", tokens, 100)


def said(messages: tuple[Message, ...]) -> list[str]:
    """Return the numbers of the turns that are left."""
    return [m.text.split()[0] for m in messages if isinstance(m, UserMessage)]


def test_what_fits_is_left_alone() -> None:
    assert window(10_000).fit(log(9), (), ()) == tuple(log(9))
    assert window(None).fit(log(99), (), ()) == tuple(log(99))


def test_whole_turns_go_the_oldest_first_down_to_half() -> None:
    left = window(600).fit(log(9), (), ())
    assert left[0] == SYSTEM
    assert said(left) == ["6", "7", "8"]
    calls = [
        c.id for m in left if isinstance(m, AssistantMessage) for c in m.tool_calls
    ]
    results = [m.call_id for m in left if isinstance(m, ToolResultMessage)]
    assert calls == results


def test_the_next_turns_leave_out_the_same() -> None:
    """Each cut breaks the prefix that the server keeps."""
    windows = ContextWindows()
    first = window(600, windows).fit(log(9), (), ())
    second = window(600, windows).fit(log(10), (), ())
    assert second[: len(first)] == first
    assert said(second) == [*said(first), "9"]


def test_old_results_are_shortened_before_turns_go() -> None:
    left = window(3000).fit(log(5, result=2000), (), ())
    assert said(left) == ["0", "1", "2", "3", "4"]
    sizes = [len(m.content) for m in left if isinstance(m, ToolResultMessage)]
    assert max(sizes[:-1]) < 400
    assert sizes[-1] == 2000


def test_the_turn_itself_never_goes() -> None:
    assert said(window(50).fit(log(3), (), ())) == ["2"]


def test_characters_of_a_token_are_learnt() -> None:
    windows = ContextWindows()
    once = window(600, windows)
    once.fit(log(2), (), ())
    once.counted(10_000)
    assert said(window(600, windows).fit(log(3), (), ())) == ["2"]


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        (
            "request (5000 tokens) exceeds the available context size (4096 tokens)",
            4096,
        ),
        ("This model's maximum context length is 8192 tokens. However, you", 8192),
        ("prompt is too long: 205000 tokens > 200000 maximum", 200_000),
        (
            "The input token count (2) exceeds the maximum number of tokens allowed (1048576)",
            1_048_576,
        ),
    ],
)
def test_errors_tell_the_window(message: str, tokens: int) -> None:
    known = window(None)
    error = ProviderError(ProviderErrorKind.REQUEST_REFUSED, message)
    assert known.learn(error)
    assert known.tokens == tokens
    # Once in a turn.
    assert not known.learn(error)


def test_other_errors_tell_nothing() -> None:
    error = ProviderError(ProviderErrorKind.REQUEST_REFUSED, "Unknown field 1024")
    assert not window(None).learn(error)


def test_prompt_and_tools_may_be_too_much() -> None:
    known = window(1000)
    known.fit(log(1), (), [ToolSpec("look", "x" * 3000, {})])
    assert known.is_small
    assert not window(1000).is_small


async def test_a_refused_history_is_cut_and_sent_again(
    agent: Agent, model_server: ModelServer
) -> None:
    agent.tool("look", returns("sunny " * 400))
    conversation_id: str | None = None
    for _ in range(4):
        model_server.call(("look", {}))
        model_server.reply("It is sunny.")
        result = await agent.say("weather", conversation_id)
        conversation_id = result.conversation_id
    refusal = "the request exceeds the available context size (2000 tokens)"
    model_server.script(Status(400, {"error": {"message": refusal}}))
    model_server.reply("It is sunny.")
    result = await agent.say("weather", conversation_id)
    assert spoken(result) == "It is sunny."
    before, after = model_server.requests[-2:]
    assert len(str(after.messages)) < len(str(before.messages)) / 2
    assert after.messages[0] == before.messages[0]


@pytest.mark.parametrize(("tokens", "issues"), [(600, 1), (100_000, 0)])
async def test_a_small_window_is_an_issue(
    hass: HomeAssistant,
    model_server: ModelServer,
    tokens: int,
    issues: int,
    agent: Agent,
) -> None:
    agent.tool("look", returns("sunny " * 400))
    health: Any = agent.entry.runtime_data.health
    subentry = next(iter(agent.entry.subentries.values()))
    health._context_tokens[subentry.data["model"]] = tokens
    agent.tool("read", returns("x"))
    model_server.reply("Hello.")
    await agent.say("hello")
    found = [i for d, i in ir.async_get(hass).issues if d == DOMAIN and "context" in i]
    assert len(found) == issues
