"""The body of a chat request, and how it is adapted to servers that refuse it."""

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
import hashlib
import json
import re
from typing import Any

from ..base import (
    AssistantMessage,
    Message,
    ModelRequest,
    SystemMessage,
    ToolCall,
    ToolResultMessage,
    ToolSpec,
    UserMessage,
)
from ..think_tags import mend_surrogates

MAX_REMEMBERED = 2000
"""Calls of which the server's own additions are kept: more than any history has."""

_ILLEGAL = re.compile(r"[^a-zA-Z0-9_-]")
_SHORT_ID = re.compile(r"[a-zA-Z0-9]{9}")


class Adaptation(Enum):
    """A change to the request, and what a server says that needs it.

    The first form of each is the one that most servers take; the value is looked
    for in the refusal. Learned from their documents and issue trackers.
    """

    NO_USAGE = re.compile(r"stream_options|include_usage")
    """Mistral, older vLLM: extra field."""
    COMPLETION_TOKENS = re.compile(r"max_completion_tokens")
    """OpenAI's reasoning models have renamed `max_tokens`."""
    NO_TEMPERATURE = re.compile(r"temperature", re.IGNORECASE)
    """OpenAI's reasoning models."""
    NO_PARALLEL = re.compile(r"parallel_tool_calls")
    """OpenAI's first reasoning models, strict gateways."""
    TEXT_CONTENT = re.compile(r"content.{0,40}must be a string", re.IGNORECASE)
    """LM Studio takes no null; Bedrock's gateways take no empty text."""
    SHORT_IDS = re.compile(r"length of 9")
    """Mistral, for calls that another server made."""
    REASONING = re.compile(r"reasoning_content")
    """DeepSeek wants a call's thinking back; Mistral refuses the field."""


@dataclass(frozen=True, slots=True)
class Addition:
    """What a server sent with a call and wants back with it."""

    extra_content: dict[str, Any] | None = None
    """Gemini 3's thought signatures."""
    reasoning: str = ""


class Additions:
    """The servers' additions by call id, the latest MAX_REMEMBERED of them."""

    def __init__(self) -> None:
        """Start with none."""
        self._by_id: OrderedDict[str, Addition] = OrderedDict()

    def keep(self, call_id: str, addition: Addition) -> None:
        """Remember a call's additions, if it has any."""
        if addition != Addition():
            self._by_id[call_id] = addition
            if len(self._by_id) > MAX_REMEMBERED:
                self._by_id.popitem(last=False)

    def of(self, call_id: str) -> Addition:
        """Return what is remembered of a call."""
        return self._by_id.get(call_id, Addition())


def request_body(
    request: ModelRequest, adaptations: frozenset[Adaptation], additions: Additions
) -> bytes:
    """Return the body: the same bytes for the same request and adaptations.

    The messages come last, so that the body of a later turn begins with the bytes
    of an earlier one.
    """
    body: dict[str, Any] = {"model": request.model, "stream": True}
    if Adaptation.NO_USAGE not in adaptations:
        body["stream_options"] = {"include_usage": True}
    if request.temperature is not None and Adaptation.NO_TEMPERATURE not in adaptations:
        body["temperature"] = request.temperature
    if request.max_tokens is not None:
        renamed = Adaptation.COMPLETION_TOKENS in adaptations
        body["max_completion_tokens" if renamed else "max_tokens"] = request.max_tokens
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
        # The default, but not for llama.cpp.
        if Adaptation.NO_PARALLEL not in adaptations:
            body["parallel_tool_calls"] = True
    body["messages"] = [_message(m, adaptations, additions) for m in request.messages]
    return encode(body)


def encode(value: Any) -> bytes:
    """Return compact JSON; half characters, which no server takes, are replaced."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return mend_surrogates(text).encode()


def fitting(
    refusal: str, request: ModelRequest, made: frozenset[Adaptation]
) -> frozenset[Adaptation]:
    """Return the adaptations not yet made that a refusal asks for."""
    useless = set(made)
    if request.temperature is None:
        useless.add(Adaptation.NO_TEMPERATURE)
    if request.max_tokens is None:
        useless.add(Adaptation.COMPLETION_TOKENS)
    if not request.tools:
        useless.add(Adaptation.NO_PARALLEL)
    if not call_ids(request.messages):
        useless |= {
            Adaptation.TEXT_CONTENT,
            Adaptation.SHORT_IDS,
            Adaptation.REASONING,
        }
    return frozenset(
        a for a in Adaptation if a not in useless and a.value.search(refusal)
    )


def call_ids(messages: tuple[Message, ...]) -> set[str]:
    """Return the ids of all calls in a history."""
    return {
        call.id
        for message in messages
        if isinstance(message, AssistantMessage)
        for call in message.tool_calls
    }


def _tool(tool: ToolSpec) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        },
    }


def _message(
    message: Message, adaptations: frozenset[Adaptation], additions: Additions
) -> dict[str, Any]:
    match message:
        case SystemMessage(text):
            return {"role": "system", "content": text}
        case UserMessage(text):
            return {"role": "user", "content": text}
        case ToolResultMessage(call_id, _, content):
            return {
                "role": "tool",
                "tool_call_id": _id(call_id, adaptations),
                "content": content,
            }
        case AssistantMessage(text, calls):
            if not calls:
                return {"role": "assistant", "content": text}
            return _calling(text, calls, adaptations, additions)


def _calling(
    text: str,
    calls: tuple[ToolCall, ...],
    adaptations: frozenset[Adaptation],
    additions: Additions,
) -> dict[str, Any]:
    content = text if text or Adaptation.TEXT_CONTENT in adaptations else None
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if Adaptation.REASONING in adaptations:
        message["reasoning_content"] = additions.of(calls[0].id).reasoning
    message["tool_calls"] = [_call(c, adaptations, additions) for c in calls]
    return message


def _call(
    call: ToolCall, adaptations: frozenset[Adaptation], additions: Additions
) -> dict[str, Any]:
    arguments = json.dumps(call.arguments, ensure_ascii=False, separators=(",", ":"))
    entry: dict[str, Any] = {
        "id": _id(call.id, adaptations),
        "type": "function",
        # A name that the model made up must not spoil the history.
        "function": {"name": _ILLEGAL.sub("_", call.name)[:64], "arguments": arguments},
    }
    if extra := additions.of(call.id).extra_content:
        entry["extra_content"] = extra
    return entry


def _id(call_id: str, adaptations: frozenset[Adaptation]) -> str:
    if Adaptation.SHORT_IDS not in adaptations or _SHORT_ID.fullmatch(call_id):
        return call_id
    return hashlib.sha256(call_id.encode()).hexdigest()[:9]
