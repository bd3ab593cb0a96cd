"""Home Assistant's chat log in the words of a model request."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
import json
from types import MappingProxyType
from typing import Any

from homeassistant.components import conversation
from homeassistant.helpers import llm
from homeassistant.helpers.json import ExtendedJSONEncoder, json_dumps

from ..providers.base import (
    AssistantMessage,
    Message,
    SystemMessage,
    ToolCall,
    ToolResultMessage,
    UserMessage,
)

NO_RESULT = '{"error":"There is no result: the call was interrupted."}'
STARTED_BY_US = "(You start this conversation.)"
"""Said by nobody: many models' chat templates refuse a history that no user begins.

`assist_satellite.start_conversation` makes one.
"""


def build_messages(
    content: Iterable[conversation.Content],
    notes: Mapping[datetime, str] = MappingProxyType({}),
) -> tuple[Message, ...]:
    """Return the log as messages that every server accepts.

    A server refuses a call without its result, a result without its call, and, some of
    them, two assistant messages in a row. Other agents write to the same log, so none
    of this can be taken for granted. The same log gives the same bytes. `notes` are
    the notes that go before what was said, by when it was said.
    """
    messages: list[Message] = []
    for message in _with_every_result(content, notes):
        last = messages[-1] if messages else None
        if isinstance(message, AssistantMessage) and not isinstance(
            last, UserMessage | AssistantMessage | ToolResultMessage
        ):
            messages += [UserMessage(STARTED_BY_US), message]
        elif (
            isinstance(message, AssistantMessage)
            and isinstance(last, AssistantMessage)
            and not last.tool_calls
        ):
            text = " ".join(part for part in (last.text, message.text) if part)
            messages[-1] = AssistantMessage(text, message.tool_calls)
        else:
            messages.append(message)
    return tuple(messages)


def _with_every_result(
    content: Iterable[conversation.Content], notes: Mapping[datetime, str]
) -> Iterator[Message]:
    """Yield the messages, each call followed by its one result."""
    waiting: dict[str, ToolCall] = {}
    for item in content:
        if isinstance(item, conversation.ToolResultContent):
            if call := waiting.pop(item.tool_call_id, None):
                yield ToolResultMessage(call.id, call.name, result_json(item.result))
            continue
        for call in waiting.values():
            yield ToolResultMessage(call.id, call.name, NO_RESULT)
        waiting = {}
        match item:
            case conversation.SystemContent():
                if item.content:
                    yield SystemMessage(item.content)
            case conversation.UserContent():
                note = notes.get(item.created)
                # Before the sentence: small models take what comes last for the request.
                yield UserMessage("\n\n".join(filter(None, (note, item.content))))
            case conversation.AssistantContent():
                calls = tuple(
                    ToolCall(call.id, call.tool_name, call.tool_args)
                    for call in item.tool_calls or ()
                )
                waiting = {call.id: call for call in calls}
                if item.content or calls:
                    yield AssistantMessage(item.content or "", calls)
    for call in waiting.values():
        yield ToolResultMessage(call.id, call.name, NO_RESULT)


def result_json(result: llm.ToolResult) -> str:
    """Return a result as one JSON object: its data, or ``{"error": …}``."""
    data: Any = result.data
    if not isinstance(data, dict):
        data = {"result": data}
    if result.error and not isinstance(data.get("error"), str):
        data = {"error": data.get("error", data)}
    try:
        return json_dumps(data)
    except TypeError, ValueError:
        # A third party's tool may answer with what orjson does not take.
        return json.dumps(data, cls=ExtendedJSONEncoder, default=str)
