"""The body of a chat request, and what its refusals teach."""

import hashlib
import re
from typing import Any, Final

from ..additions import Additions
from ..base import (
    AssistantMessage,
    Attachment,
    Message,
    ModelRequest,
    SystemMessage,
    Thinking,
    ToolCall,
    ToolResultMessage,
    UserMessage,
)
from ..body import dump, encode, function_tool, merge
from ..calls import legal_name
from ..needs import (
    Lesson,
    Needs,
    has_calls,
    has_limit,
    has_temperature,
    has_tools,
    refused_effort,
)
from ..structured import NAME, schema_lesson, strict

_SHORT_ID = re.compile(r"[a-zA-Z0-9]{9}")

LESSONS: Final = (
    # Mistral, older vLLM: extra field.
    Lesson(re.compile(r"stream_options|include_usage"), {"usage": False}),
    # OpenAI's reasoning models have renamed the limit; others refuse the new name.
    Lesson(
        re.compile(r"max_completion_tokens"),
        lambda _, needs: {"completion_tokens": not needs.completion_tokens},
        has_limit,
    ),
    Lesson(
        re.compile(r"temperature", re.IGNORECASE),
        {"temperature": False},
        has_temperature,
    ),
    # OpenAI's first reasoning models, strict gateways.
    Lesson(re.compile(r"parallel_tool_calls"), {"parallel": False}, has_tools),
    # LM Studio takes no null; Bedrock's gateways take no empty text.
    Lesson(
        re.compile(r"content.{0,40}must be a string", re.IGNORECASE),
        {"null_content": False},
        has_calls,
    ),
    # Mistral, for calls that another server made.
    Lesson(re.compile(r"length of 9"), {"short_ids": True}, has_calls),
    # DeepSeek wants a call's thinking back; Mistral refuses the field.
    Lesson(
        re.compile(r"reasoning_content"),
        lambda _, needs: {"thinking_back": not needs.thinking_back},
        has_calls,
    ),
    # The GPT-5.6 family takes tools with the effort "none" alone.
    Lesson(re.compile(r"reasoning_effort|reasoning\.effort"), refused_effort),
    Lesson(re.compile(r"chat_template_kwargs"), {"template_switch": None}),
    schema_lesson(r"response_format|json_schema|structured output"),
    Lesson(
        re.compile(r"role.{0,20}system|system.{0,20}role", re.IGNORECASE),
        {"system_role": "developer"},
    ),
)


def request_body(
    request: ModelRequest,
    needs: Needs,
    additions: Additions,
) -> bytes:
    """Return the body; a later turn's begins with the bytes of an earlier one."""
    body: dict[str, Any] = {"model": request.model, "stream": True}
    if needs.usage:
        body["stream_options"] = {"include_usage": True}
    if request.temperature is not None and needs.temperature:
        body["temperature"] = request.temperature
    if request.max_tokens is not None:
        name = "max_completion_tokens" if needs.completion_tokens else "max_tokens"
        body[name] = request.max_tokens
    if effort := _effort(request, needs):
        body["reasoning_effort"] = effort
    if needs.template_switch and request.thinking is not Thinking.MODEL:
        thinks = request.thinking is not Thinking.OFF
        body["chat_template_kwargs"] = {needs.template_switch: thinks}
    if request.tools:
        body["tools"] = [function_tool(tool) for tool in request.tools]
        # The default, but not for llama.cpp.
        if needs.parallel:
            body["parallel_tool_calls"] = True
    if request.answer_schema and needs.answer_schema:
        schema = {"name": NAME, "strict": True, "schema": strict(request.answer_schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    merge(body, request.extra_body)
    body["messages"] = [_message(m, needs, additions) for m in request.messages]
    return encode(body)


def _effort(request: ModelRequest, needs: Needs) -> str | None:
    """Return the effort to ask for; one that tools need is not needed without them."""
    if needs.forced_effort and not request.tools:
        return None
    return needs.effort(request.thinking)


def _message(message: Message, needs: Needs, additions: Additions) -> dict[str, Any]:
    match message:
        case SystemMessage(text):
            return {"role": needs.system_role, "content": text}
        case UserMessage(text, ()):
            return {"role": "user", "content": text}
        case UserMessage(text, attachments):
            parts = [{"type": "text", "text": text}, *map(_attachment, attachments)]
            return {"role": "user", "content": parts}
        case ToolResultMessage(call_id, _, content):
            return {
                "role": "tool",
                "tool_call_id": _id(call_id, needs),
                "content": content,
            }
        case AssistantMessage(text, calls):
            if not calls:
                return {"role": "assistant", "content": text}
            return _calling(text, calls, needs, additions)


def _attachment(attachment: Attachment) -> dict[str, Any]:
    if attachment.is_image:
        return {"type": "image_url", "image_url": {"url": attachment.data_url}}
    file = {"filename": attachment.name, "file_data": attachment.data_url}
    return {"type": "file", "file": file}


def _calling(
    text: str,
    calls: tuple[ToolCall, ...],
    needs: Needs,
    additions: Additions,
) -> dict[str, Any]:
    content = text if text or not needs.null_content else None
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if needs.thinking_back:
        message["reasoning_content"] = additions.of(calls[0].id).reasoning
    message["tool_calls"] = [_call(c, needs, additions) for c in calls]
    return message


def _call(call: ToolCall, needs: Needs, additions: Additions) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": _id(call.id, needs),
        "type": "function",
        "function": {
            "name": legal_name(call.name),
            "arguments": dump(call.arguments),
        },
    }
    if extra := additions.of(call.id).extra_content:
        entry["extra_content"] = extra
    return entry


def _id(call_id: str, needs: Needs) -> str:
    if not needs.short_ids or _SHORT_ID.fullmatch(call_id):
        return call_id
    return hashlib.sha256(call_id.encode()).hexdigest()[:9]
