"""The body of a request to OpenAI's Responses, and what its refusals teach."""

from collections.abc import Iterator
import re
from typing import Any, Final

from ..additions import Additions
from ..base import (
    AssistantMessage,
    Attachment,
    ModelRequest,
    Retention,
    SystemMessage,
    ToolCall,
    ToolResultMessage,
    ToolSpec,
    UserMessage,
)
from ..body import dump, encode, merge
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

RETENTION: Final = {
    "prompt_cache_retention": "24h",
    "prompt_cache_options": {"ttl": "30m"},
}
"""The longest that can be asked for, by the field's name."""

LESSONS: Final = (
    Lesson(
        re.compile(r"temperature", re.IGNORECASE),
        {"temperature": False},
        has_temperature,
    ),
    Lesson(re.compile(r"max_output_tokens"), {"max_tokens": False}, has_limit),
    Lesson(re.compile(r"parallel_tool_calls"), {"parallel": False}, has_tools),
    Lesson(re.compile(r"prompt_cache_(retention|options)"), {"retention": None}),
    Lesson(re.compile(r"prompt_cache_key"), {"cache_key": False}),
    Lesson(re.compile(r"encrypted[_ ]content"), {"signed_back": False}, has_calls),
    Lesson(re.compile(r"reasoning"), refused_effort),
    schema_lesson(r"text\.format|json_schema|structured output"),
)


def request_body(request: ModelRequest, needs: Needs, additions: Additions) -> bytes:
    """Return the body; a later turn's begins with the bytes of an earlier one."""
    body: dict[str, Any] = {"model": request.model, "stream": True, "store": False}
    if request.cache_key and needs.cache_key:
        body["prompt_cache_key"] = request.cache_key
    if request.retention is Retention.LONG and needs.retention:
        body[needs.retention] = RETENTION[needs.retention]
    if request.temperature is not None and needs.temperature:
        body["temperature"] = request.temperature
    if request.max_tokens is not None and needs.max_tokens:
        # Fewer than 16 are refused.
        body["max_output_tokens"] = max(16, request.max_tokens)
    if effort := needs.effort(request.thinking):
        body["reasoning"] = {"effort": effort}
    if needs.efforts and needs.signed_back and effort != "none":
        body["include"] = ["reasoning.encrypted_content"]
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
        if needs.parallel:
            body["parallel_tool_calls"] = True
    instructions = [m.text for m in request.messages if isinstance(m, SystemMessage)]
    if instructions:
        body["instructions"] = "\n\n".join(instructions)
    if request.answer_schema and needs.answer_schema:
        schema = strict(request.answer_schema)
        told = {"type": "json_schema", "name": NAME, "strict": True, "schema": schema}
        body["text"] = {"format": told}
    merge(body, request.extra_body)
    body["input"] = list(_input(request, needs, additions))
    return encode(body)


def _tool(tool: ToolSpec) -> dict[str, Any]:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
        # The default, which refuses most schemas of ours.
        "strict": False,
    }


def _input(
    request: ModelRequest, needs: Needs, additions: Additions
) -> Iterator[dict[str, Any]]:
    messages = request.messages
    said = [i for i, m in enumerate(messages) if isinstance(m, UserMessage)]
    turn = said[-1] if said else 0
    for index, message in enumerate(messages):
        match message:
            case SystemMessage():
                pass
            case UserMessage(text, ()):
                yield {"role": "user", "content": text}
            case UserMessage(text, attachments):
                parts = [
                    {"type": "input_text", "text": text},
                    *map(_attachment, attachments),
                ]
                yield {"role": "user", "content": parts}
            case ToolResultMessage(call_id, _, content):
                yield {
                    "type": "function_call_output",
                    "call_id": call_id,
                    "output": content,
                }
            case AssistantMessage(text, calls):
                replays = index > turn and needs.signed_back
                for number, call in enumerate(calls):
                    if replays:
                        yield from additions.of(call.id).content
                    if text and number == 0:
                        yield _spoken(text)
                    yield _call(call)
                if text and not calls:
                    yield _spoken(text)


def _attachment(attachment: Attachment) -> dict[str, Any]:
    if attachment.is_image:
        image = {"type": "input_image", "image_url": attachment.data_url}
        return {**image, "detail": "auto"}
    return {
        "type": "input_file",
        "filename": attachment.name,
        "file_data": attachment.data_url,
    }


def _spoken(text: str) -> dict[str, Any]:
    # llama.cpp does not take the short form of an answer.
    content = [{"type": "output_text", "text": text}]
    return {"type": "message", "role": "assistant", "content": content}


def _call(call: ToolCall) -> dict[str, Any]:
    return {
        "type": "function_call",
        "call_id": call.id,
        "name": legal_name(call.name),
        "arguments": dump(call.arguments),
    }
