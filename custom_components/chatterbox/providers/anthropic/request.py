"""The body of a request to Anthropic's Messages, and what its refusals teach."""

import re
from typing import Any, Final

from ..additions import Additions
from ..base import (
    AssistantMessage,
    Attachment,
    ModelRequest,
    Retention,
    SystemMessage,
    Thinking,
    ToolCall,
    ToolResultMessage,
    ToolSpec,
    UserMessage,
)
from ..body import encode, merge
from ..calls import legal_name
from ..needs import Lesson, Needs, has_calls, has_temperature
from ..structured import schema_lesson, strict

DEFAULT_MAX_TOKENS: Final = 4096
"""Tokens of an answer; Anthropic wants to be told."""

BUDGETS: Final = {Thinking.LOW: 1024, Thinking.MEDIUM: 4096, Thinking.HIGH: 16384}
"""Tokens to think with, where a model is told a number; fewer than 1024 are refused."""

_ID: Final = re.compile(r"[^a-zA-Z0-9_-]")

LESSONS: Final = (
    Lesson(re.compile("temperature"), {"temperature": False}, has_temperature),
    Lesson(
        re.compile(r"thinking\.type\.?(=|:)?.{0,3}disabled.{0,40}not supported"),
        {"claude_off": "low"},
    ),
    Lesson(re.compile(r"between_tools"), {"claude_off": "between_tools"}),
    Lesson(
        re.compile(r"enabled.{0,40}not supported|budget_tokens"),
        {"claude_thinking": "adaptive"},
    ),
    Lesson(
        re.compile(
            r"(adaptive|output_config(?!.format)|effort)"
            r".{0,40}(not supported|not permitted)"
        ),
        {"claude_thinking": "budget", "claude_off": None},
    ),
    schema_lesson(r"output_config.format|json_schema|structured output|output_format"),
    Lesson(re.compile(r"\bttl\b"), {"extended_cache": False}),
    Lesson(
        re.compile(r"signature|thinking.{0,20} block|redacted_thinking"),
        {"signed_back": False},
        has_calls,
    ),
)


def request_body(request: ModelRequest, needs: Needs, additions: Additions) -> bytes:
    """Return the body, with marks for the cache; the same bytes for the same request."""
    long = request.retention is Retention.LONG and needs.extended_cache
    mark: dict[str, Any] = {"type": "ephemeral", **({"ttl": "1h"} if long else {})}
    limit = request.max_tokens or DEFAULT_MAX_TOKENS
    body: dict[str, Any] = {"model": request.model, "stream": True}
    body |= _thinking(request.thinking, needs)
    budget = body.get("thinking", {}).get("budget_tokens", 0)
    body["max_tokens"] = limit + budget
    thinks = body.get("thinking", {}).get("type") in ("enabled", "adaptive")
    if request.temperature is not None and needs.temperature and not thinks:
        # Above 1 is refused.
        body["temperature"] = min(1.0, request.temperature)
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
        body["tools"][-1]["cache_control"] = mark
    instructions = [m.text for m in request.messages if isinstance(m, SystemMessage)]
    if instructions:
        text = "\n\n".join(instructions)
        body["system"] = [{"type": "text", "text": text, "cache_control": mark}]
    if request.answer_schema and needs.answer_schema:
        told = {"type": "json_schema", "schema": strict(request.answer_schema)}
        body["output_config"] = {**body.get("output_config", {}), "format": told}
    merge(body, request.extra_body)
    body["messages"] = _messages(request, needs, additions)
    return encode(body)


def _thinking(thinking: Thinking, needs: Needs) -> dict[str, Any]:
    if thinking is Thinking.MODEL:
        return {}
    if thinking is Thinking.OFF:
        match needs.claude_off:
            case None:
                return {}
            case "low":
                return {"output_config": {"effort": "low"}}
            case how:
                return {"thinking": {"type": how}}
    if needs.claude_thinking == "adaptive":
        return {
            "thinking": {"type": "adaptive"},
            "output_config": {"effort": thinking.value},
        }
    return {"thinking": {"type": "enabled", "budget_tokens": BUDGETS[thinking]}}


def _tool(tool: ToolSpec) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "input_schema": tool.parameters,
    }


def _messages(
    request: ModelRequest, needs: Needs, additions: Additions
) -> list[dict[str, Any]]:
    """Return what was said, in turns of user and assistant; results are the user's."""
    messages: list[dict[str, Any]] = []
    said = [i for i, m in enumerate(request.messages) if isinstance(m, UserMessage)]
    turn = said[-1] if said else 0
    for index, message in enumerate(request.messages):
        match message:
            case SystemMessage():
                continue
            case UserMessage(text, attachments):
                role = "user"
                # Pictures are understood best before what is said of them.
                content = [*map(_attachment, attachments), *_text(text)]
            case ToolResultMessage(call_id, _, result):
                role = "user"
                content = [
                    {
                        "type": "tool_result",
                        "tool_use_id": _ID.sub("_", call_id),
                        "content": result,
                    }
                ]
            case AssistantMessage(text, calls):
                role = "assistant"
                replays = index > turn and needs.signed_back
                content = _answer(text, calls, additions if replays else Additions())
        if not content:
            continue
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"] += content
        else:
            messages.append({"role": role, "content": content})
    if messages:
        last = messages[-1]["content"]
        # Of what is kept, the newest is asked for again soonest.
        last[-1] = {**last[-1], "cache_control": {"type": "ephemeral"}}
    return messages


def _attachment(attachment: Attachment) -> dict[str, Any]:
    kind = "image" if attachment.is_image else "document"
    source = {"media_type": attachment.mime_type, "data": attachment.data}
    return {"type": kind, "source": {"type": "base64", **source}}


def _text(text: str) -> list[dict[str, Any]]:
    # Text of nothing but white space is refused.
    return [{"type": "text", "text": text}] if text.strip() else []


def _answer(
    text: str, calls: tuple[ToolCall, ...], additions: Additions
) -> list[dict[str, Any]]:
    """Return an answer's blocks: each call behind the thinking that led to it."""
    if not calls:
        return _text(text)
    content: list[dict[str, Any]] = []
    for number, call in enumerate(calls):
        content += additions.of(call.id).content
        if number == 0:
            content += _text(text)
        content.append(
            {
                "type": "tool_use",
                "id": _ID.sub("_", call.id),
                "name": legal_name(call.name),
                "input": call.arguments,
            }
        )
    return content
