"""What of a chat log goes to the model."""

from datetime import datetime
from enum import Enum
import json
from typing import Any

from homeassistant.components.conversation import (
    AssistantContent,
    Content,
    SystemContent,
    ToolResultContent,
    UserContent,
)
from homeassistant.helpers import llm
import pytest

from custom_components.chatterbox.agent.messages import (
    NO_RESULT,
    STARTED_BY_US,
    build_messages,
    result_json,
)
from custom_components.chatterbox.providers.base import (
    AssistantMessage,
    Message,
    SystemMessage,
    ToolCall,
    ToolResultMessage,
    UserMessage,
)

AGENT = "conversation.test"
CALL = ToolCall("a", "look", {"at": "door"})
HI = UserContent(content="Hi")
HEARD = UserMessage("Hi")


def assistant(text: str | None = None, *ids: str) -> AssistantContent:
    """Return what the agent said and called."""
    return AssistantContent(
        agent_id=AGENT,
        content=text,
        tool_calls=[llm.ToolInput("look", {"at": "door"}, id=id_) for id_ in ids]
        or None,
    )


def result(id_: str, data: Any = "cat") -> ToolResultContent:
    """Return the result of a call."""
    return ToolResultContent(
        agent_id=AGENT,
        tool_call_id=id_,
        tool_name="look",
        result=llm.ToolResult({"result": data}),
    )


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        pytest.param(
            [SystemContent(content="Be kind."), UserContent(content="Hi")],
            [SystemMessage("Be kind."), UserMessage("Hi")],
            id="system and user",
        ),
        pytest.param(
            [SystemContent(content=""), UserContent(content="Hi")],
            [UserMessage("Hi")],
            id="no system prompt",
        ),
        pytest.param(
            [HI, assistant(None, "a"), result("a"), assistant("A cat.")],
            [
                HEARD,
                AssistantMessage("", (CALL,)),
                ToolResultMessage("a", "look", '{"result":"cat"}'),
                AssistantMessage("A cat."),
            ],
            id="call, result, answer",
        ),
        pytest.param(
            [HI, assistant(None, "a"), UserContent(content="Hi")],
            [
                HEARD,
                AssistantMessage("", (CALL,)),
                ToolResultMessage("a", "look", NO_RESULT),
                UserMessage("Hi"),
            ],
            id="a call without its result gets one",
        ),
        pytest.param(
            [HI, assistant(None, "a")],
            [
                HEARD,
                AssistantMessage("", (CALL,)),
                ToolResultMessage("a", "look", NO_RESULT),
            ],
            id="a last call without its result gets one",
        ),
        pytest.param(
            [result("a"), UserContent(content="Hi")],
            [UserMessage("Hi")],
            id="a result without its call is dropped",
        ),
        pytest.param(
            [HI, assistant(None, "a"), result("a", 1), result("a", 2)],
            [
                HEARD,
                AssistantMessage("", (CALL,)),
                ToolResultMessage("a", "look", '{"result":1}'),
            ],
            id="a second result is dropped",
        ),
        pytest.param(
            [HI, assistant("It is"), assistant("Sorry.")],
            [HEARD, AssistantMessage("It is Sorry.")],
            id="answers in a row are one",
        ),
        pytest.param(
            [HI, assistant("One moment."), assistant(None, "a"), result("a")],
            [
                HEARD,
                AssistantMessage("One moment.", (CALL,)),
                ToolResultMessage("a", "look", '{"result":"cat"}'),
            ],
            id="text and call in a row are one",
        ),
        pytest.param(
            [
                SystemContent(content="Be kind."),
                assistant("The door is open. Shall I close it?"),
                UserContent(content="Yes"),
            ],
            [
                SystemMessage("Be kind."),
                UserMessage(STARTED_BY_US),
                AssistantMessage("The door is open. Shall I close it?"),
                UserMessage("Yes"),
            ],
            id="a conversation that we start begins with a user",
        ),
        pytest.param(
            [UserContent(content="Hi"), assistant(None)],
            [UserMessage("Hi")],
            id="an empty answer is left out",
        ),
    ],
)
def test_messages(content: list[Content], messages: list[Message]) -> None:
    """Every history is one that servers accept."""
    assert list(build_messages(content)) == messages


class Colour(Enum):
    """An enum."""

    RED = "red"


@pytest.mark.parametrize(
    ("data", "error", "expected"),
    [
        pytest.param({"a": 1}, False, {"a": 1}, id="data"),
        pytest.param({"error": "No."}, True, {"error": "No."}, id="error"),
        pytest.param({"a": 1}, True, {"error": {"a": 1}}, id="error of another form"),
        pytest.param([1, 2], False, {"result": [1, 2]}, id="no object"),
        pytest.param(
            {"at": datetime(2026, 1, 2), "is": Colour.RED},
            False,
            {"at": "2026-01-02T00:00:00", "is": "red"},
            id="date and enum",
        ),
        pytest.param({"x": 2**80}, False, {"x": 2**80}, id="too large for orjson"),
        pytest.param({"x": 1 + 2j}, False, {"x": "(1+2j)"}, id="no JSON at all"),
    ],
)
def test_result_is_one_json_object(data: Any, error: bool, expected: Any) -> None:
    """A result is its data or ``{"error": …}``, whatever the tool returned."""
    assert json.loads(result_json(llm.ToolResult(data, error))) == expected
