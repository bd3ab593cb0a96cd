"""Home Assistant's chat log in the words of a model request."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
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
from ..tools.template_marks import escaped, unmarked, unmarked_within

_CANCELLED = asyncio.CancelledError.__name__
NO_RESULT = '{"error":"There is no result: the call was interrupted."}'
INTERRUPTED_CALL = (
    '{"interrupted":"The turn ended before the result came. '
    'What became of a call that changes anything is told later."}'
)
INTERRUPTED_TURN = "(I was interrupted.)"
"""In place of an error that nobody heard."""
STARTED_BY_US = "(You start this conversation.)"
"""Said by nobody: chat templates refuse a history that no user begins."""

type Cut = Callable[[conversation.UserContent], str]


def build_messages(
    content: Iterable[conversation.Content],
    notes: Mapping[datetime, str] = MappingProxyType({}),
    cut: Cut | None = None,
) -> tuple[Message, ...]:
    """Return the log as messages that every server accepts; the same bytes each time.

    Other agents write to it: no call without its result, no result without its call, no
    two assistant messages in a row. `notes` go before what was said, by when it was
    said; `cut` returns what may be sent of it.
    """
    messages: list[Message] = []
    for message in _with_every_result(content, notes, cut or _whole):
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
    content: Iterable[conversation.Content],
    notes: Mapping[datetime, str],
    cut: Cut,
) -> Iterator[Message]:
    waiting: dict[str, ToolCall] = {}
    cancelled = _CANCELLED
    for item in content:
        if isinstance(item, conversation.ToolResultContent):
            reason = _cancelled(item.result)
            cancelled = reason or cancelled
            if call := waiting.pop(item.tool_call_id, None):
                result = INTERRUPTED_CALL if reason else result_json(item.result)
                yield ToolResultMessage(call.id, call.name, result)
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
                yield UserMessage("\n\n".join(filter(None, (note, cut(item)))))
            case conversation.AssistantContent():
                # A model may have been made to write a mark.
                calls = tuple(
                    ToolCall(call.id, call.tool_name, unmarked_within(call.tool_args))
                    for call in item.tool_calls or ()
                )
                waiting = {call.id: call for call in calls}
                text = item.content or ""
                if text in (f"Error: {cancelled}", f"Error: {_CANCELLED}"):
                    text = INTERRUPTED_TURN
                if text or calls:
                    yield AssistantMessage(unmarked(text), calls)
    for call in waiting.values():
        yield ToolResultMessage(call.id, call.name, NO_RESULT)


def _cancelled(result: llm.ToolResult) -> str | None:
    data: Any = result.data
    if not result.error or not isinstance(data, dict):
        return None
    if data.get("error") != _CANCELLED:
        return None
    return str(data.get("error_text", _CANCELLED))


def _whole(said: conversation.UserContent) -> str:
    return said.content


def result_json(result: llm.ToolResult) -> str:
    """Return a result as a JSON object without marks: data, or ``{"error": …}``."""
    data: Any = result.data
    if not isinstance(data, dict):
        data = {"result": data}
    if result.error and not isinstance(data.get("error"), str):
        data = {"error": data.get("error", data)}
    try:
        text = json_dumps(data)
    except TypeError, ValueError:
        # A third party's tool may answer with what orjson does not take.
        text = json.dumps(data, cls=ExtendedJSONEncoder, default=str)
    return escaped(text)
