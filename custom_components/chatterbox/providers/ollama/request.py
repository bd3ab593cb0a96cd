"""The body of a request to Ollama's own protocol, and what its refusals teach."""

import re
from typing import Any, Final

from ..base import (
    AssistantMessage,
    Message,
    ModelRequest,
    Retention,
    SystemMessage,
    Thinking,
    ToolCall,
    ToolResultMessage,
    UserMessage,
)
from ..body import encode, function_tool, merge
from ..calls import legal_name
from ..needs import Lesson, Needs
from ..structured import schema_lesson

DEFAULT_CONTEXT: Final = 16_384
"""Tokens for prompt and answer; with Ollama's own 4096, a home's prompt is cut."""

KEEP_ALIVE: Final = {Retention.SERVER: "30m", Retention.LONG: -1}
"""How long a model stays loaded; after Ollama's own five minutes it is read anew."""

LESSONS: Final = (
    Lesson(re.compile(r"does not support thinking|\bthink\b"), {"think": False}),
    schema_lesson(r"\bformat\b|grammar"),
)


def request_body(request: ModelRequest, needs: Needs, context_tokens: int) -> bytes:
    """Return the body; a later turn's begins with the bytes of an earlier one."""
    options: dict[str, Any] = {"num_ctx": context_tokens}
    if request.temperature is not None:
        options["temperature"] = request.temperature
    if request.max_tokens is not None:
        options["num_predict"] = request.max_tokens
    body: dict[str, Any] = {"model": request.model, "stream": True}
    body["keep_alive"] = KEEP_ALIVE[request.retention]
    if needs.think and request.thinking is not Thinking.MODEL:
        body["think"] = _think(request.thinking, needs)
    body["options"] = options
    if request.tools:
        body["tools"] = [function_tool(tool) for tool in request.tools]
    if request.answer_schema and needs.answer_schema:
        body["format"] = request.answer_schema
    merge(body, request.extra_body)
    body["messages"] = [_message(message) for message in request.messages]
    return encode(body)


def _think(thinking: Thinking, needs: Needs) -> bool | str:
    """Return how much to think: a level for those that know levels."""
    if needs.efforts:
        return needs.effort(thinking) or True
    return thinking is not Thinking.OFF


def _message(message: Message) -> dict[str, Any]:
    match message:
        case SystemMessage(text):
            return {"role": "system", "content": text}
        case UserMessage(text, attachments):
            # It takes nothing but pictures.
            images = [a.data for a in attachments if a.is_image]
            with_images = {"images": images} if images else {}
            return {"role": "user", "content": text, **with_images}
        case ToolResultMessage(call_id, name, content):
            return {
                "role": "tool",
                "tool_name": legal_name(name),
                "tool_call_id": call_id,
                "content": content,
            }
        case AssistantMessage(text, calls):
            answer: dict[str, Any] = {"role": "assistant", "content": text}
            if calls:
                answer["tool_calls"] = [_call(call) for call in calls]
            return answer


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": legal_name(call.name), "arguments": call.arguments}
    return {"id": call.id, "function": function}
