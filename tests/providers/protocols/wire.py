"""What each protocol looks like on the wire, beside what was recorded of it.

`recordings` holds what llama.cpp's server sent for chat completions, Responses and
Messages, byte for byte, and answers of Ollama written after its documentation. A
`Speaker` writes what no server at hand can be made to send.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any

from custom_components.chatterbox.providers.base import Usage

RECORDINGS = Path(__file__).parent.parent / "recordings"


@dataclass(frozen=True, slots=True)
class Say:
    """Text."""

    text: str


@dataclass(frozen=True, slots=True)
class Think:
    """Thinking, signed where the protocol signs it."""

    text: str
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call; `text` are its arguments as the model wrote them."""

    id: str
    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    text: str | None = None

    @property
    def written(self) -> str:
        """The arguments as JSON."""
        return json.dumps(self.arguments) if self.text is None else self.text


type Part = Say | Think | Call

EXAMPLES: dict[str, tuple[Part | str, ...]] = {
    "calls": (
        Call("id_1", "turn_on_light", {"name": "kitchen"}),
        Call("id_2", "turn_on_fan", {"name": "bedroom"}),
    ),
    "written": (
        "```json\n",
        '{"name": "turn_on_light", "arguments": ',
        '{"name": "kitchen"}}\n',
        '{"name": "turn_on_fan", "arguments": {"name": "bedroom"}}\n```',
    ),
}
"""Calls that no model at hand makes in a protocol: as the server or in its text."""
USAGE = Usage(120, 17, 100)
NO_END = "none"
"""A reason for an answer that does not end."""


def sse(event: dict[str, Any], *, named: bool = True) -> bytes:
    """Return one server-sent event."""
    name = f"event: {event['type']}\n" if named else ""
    return f"{name}data: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


def speak_openai(parts: tuple[Part, ...], reason: str, usage: Usage | None) -> bytes:
    """Return an answer of chat completions."""

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return sse({"choices": [choice]}, named=False)

    out = chunk({"role": "assistant", "content": None})
    calls = 0
    for part in parts:
        match part:
            case Say(text):
                out += chunk({"content": text})
            case Think(text):
                out += chunk({"reasoning_content": text})
            case Call(id=call_id, name=name):
                head = {"index": calls, "id": call_id, "type": "function"}
                begin = {**head, "function": {"name": name, "arguments": ""}}
                rest = {"index": calls, "function": {"arguments": part.written}}
                out += chunk({"tool_calls": [begin]}) + chunk({"tool_calls": [rest]})
                calls += 1
    if reason == NO_END:
        return out
    reasons = {"end": "tool_calls" if calls else "stop", "filter": "content_filter"}
    out += chunk({}, reasons.get(reason, reason))
    if usage:
        told = {
            "prompt_tokens": usage.input_tokens,
            "completion_tokens": usage.output_tokens,
            "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        }
        out += sse({"choices": [], "usage": told}, named=False)
    return out + b"data: [DONE]\n\n"


def speak_responses(parts: tuple[Part, ...], reason: str, usage: Usage | None) -> bytes:
    """Return an answer of Responses."""
    out = sse({"type": "response.created", "response": {"status": "in_progress"}})
    output: list[dict[str, Any]] = []
    for index, part in enumerate(parts):
        at = {"output_index": index}
        match part:
            case Say(text):
                item: dict[str, Any] = {
                    "type": "message",
                    "id": f"msg_{index}",
                    "content": [{"type": "output_text", "text": text}],
                }
                out += sse({"type": "response.output_text.delta", **at, "delta": text})
            case Think(text, signature):
                item = {"type": "reasoning", "id": f"rs_{index}", "summary": []}
                if signature:
                    item["encrypted_content"] = signature
                kind = "response.reasoning_summary_text.delta"
                out += sse({"type": kind, **at, "delta": text})
            case Call(id=call_id, name=name):
                item = {
                    "type": "function_call",
                    "id": f"fc_{index}",
                    "call_id": call_id,
                    "name": name,
                    "arguments": part.written,
                    "status": "completed",
                }
                begun = {**item, "arguments": "", "status": "in_progress"}
                kind = "response.function_call_arguments.delta"
                out += sse({"type": "response.output_item.added", **at, "item": begun})
                out += sse({"type": kind, **at, "delta": part.written})
        if reason == "length" and index == len(parts) - 1:
            item["status"] = "incomplete"
        output.append(item)
        if reason != NO_END or index < len(parts) - 1:
            out += sse({"type": "response.output_item.done", **at, "item": item})
    if reason == NO_END:
        return out
    response: dict[str, Any] = {"status": "completed", "output": output}
    if reason != "end":
        why = {"length": "max_output_tokens", "filter": "content_filter"}[reason]
        response |= {"status": "incomplete", "incomplete_details": {"reason": why}}
    if usage:
        response["usage"] = {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "input_tokens_details": {"cached_tokens": usage.cached_tokens},
        }
    return out + sse({"type": f"response.{response['status']}", "response": response})


def speak_anthropic(parts: tuple[Part, ...], reason: str, usage: Usage | None) -> bytes:
    """Return an answer of Messages."""
    asked = {}
    if usage:
        # What is read from the cache is not counted with the rest.
        asked = {
            "input_tokens": usage.input_tokens - usage.cached_tokens - 15,
            "cache_read_input_tokens": usage.cached_tokens,
            "cache_creation_input_tokens": 15,
            "output_tokens": 1,
        }
    out = sse({"type": "message_start", "message": {"content": [], "usage": asked}})
    out += sse({"type": "ping"})
    for index, part in enumerate(parts):
        deltas: list[dict[str, Any]]
        match part:
            case Say(text):
                block: dict[str, Any] = {"type": "text", "text": ""}
                deltas = [{"type": "text_delta", "text": text}]
            case Think(text, signature):
                block = {"type": "thinking", "thinking": "", "signature": ""}
                deltas = [{"type": "thinking_delta", "thinking": text}]
                if signature:
                    deltas += [{"type": "signature_delta", "signature": signature}]
            case Call(id=call_id, name=name):
                block = {"type": "tool_use", "id": call_id, "name": name, "input": {}}
                deltas = [{"type": "input_json_delta", "partial_json": part.written}]
        out += sse(
            {"type": "content_block_start", "index": index, "content_block": block}
        )
        for delta in deltas:
            out += sse({"type": "content_block_delta", "index": index, "delta": delta})
        if reason != NO_END or index < len(parts) - 1:
            out += sse({"type": "content_block_stop", "index": index})
    if reason == NO_END:
        return out
    called = any(isinstance(part, Call) for part in parts)
    reasons = {
        "end": "tool_use" if called else "end_turn",
        "length": "max_tokens",
        "filter": "refusal",
    }
    told = {"output_tokens": usage.output_tokens} if usage else {}
    delta = {"stop_reason": reasons[reason], "stop_sequence": None}
    out += sse({"type": "message_delta", "delta": delta, "usage": told})
    return out + sse({"type": "message_stop"})


def speak_ollama(parts: tuple[Part, ...], reason: str, usage: Usage | None) -> bytes:
    """Return an answer of Ollama."""

    def line(message: dict[str, Any], **end: Any) -> bytes:
        message = {"role": "assistant", "content": "", **message}
        data = {"model": "demo", "message": message, "done": bool(end), **end}
        return json.dumps(data, ensure_ascii=False).encode() + b"\n"

    out = b""
    for part in parts:
        match part:
            case Say(text):
                out += line({"content": text})
            case Think(text):
                out += line({"thinking": text})
            case Call(id=call_id, name=name):
                function = {"name": name, "arguments": part.arguments}
                out += line({"tool_calls": [{"id": call_id, "function": function}]})
    if reason == NO_END:
        return out
    counts = {}
    if usage:
        counts = {
            "prompt_eval_count": usage.input_tokens,
            "eval_count": usage.output_tokens,
        }
    told = {"end": "stop"}.get(reason, reason)
    return out + line({}, done=True, done_reason=told, **counts)


type Speaker = Callable[[tuple[Part, ...], str, Usage | None], bytes]


@dataclass(frozen=True, slots=True)
class Protocol:
    """One wire protocol, as the suite needs to know it."""

    kind: str
    name: str
    base: str
    """The path of the address."""
    ask_path: str
    models_path: str
    models: Any
    """A list of the models `demo` and `other`."""
    content_type: str
    speak: Speaker
    error: bytes
    """An error in the midst of an answer."""
    pages: dict[str, Any] = field(default_factory=dict)
    """What else the server is asked."""
    signs_thinking: bool = False
    counts_cached: bool = True
    filters: bool = True
    refuses_temperature: bool = True
    takes_pdf: bool = True
    pieces: bool = True
    """Whether calls come in pieces."""

    def answer(
        self, *parts: Part | str, reason: str = "end", usage: Usage | None = None
    ) -> bytes:
        """Return the bytes of an answer made of these parts."""
        made = tuple(Say(part) if isinstance(part, str) else part for part in parts)
        return self.speak(made, reason, usage)

    def example(self, name: str) -> bytes:
        """Return an answer as it was recorded, else one made of `EXAMPLES`."""
        path = RECORDINGS / self.kind / name
        if path.exists():
            return path.read_bytes()
        return self.answer(*EXAMPLES[name], usage=USAGE)


_LISTED = {"object": "list", "data": [{"id": "other"}, {"id": "demo"}]}
_SHOWN = {
    "capabilities": ["completion", "tools", "thinking"],
    "model_info": {
        "general.architecture": "qwen3",
        "qwen3.block_count": 36,
        "qwen3.context_length": 40_960,
    },
}

PROTOCOLS = (
    Protocol(
        "openai",
        "Chat completions",
        "/v1",
        "/v1/chat/completions",
        "/v1/models",
        _LISTED,
        "text/event-stream",
        speak_openai,
        b'data: {"error": {"message": "out of memory"}}\n\n',
    ),
    Protocol(
        "responses",
        "Responses",
        "/v1",
        "/v1/responses",
        "/v1/models",
        _LISTED,
        "text/event-stream",
        speak_responses,
        sse({"type": "error", "code": "server_error", "message": "out of memory"}),
        signs_thinking=True,
    ),
    Protocol(
        "anthropic",
        "Messages",
        "/v1",
        "/v1/messages",
        "/v1/models",
        _LISTED,
        "text/event-stream",
        speak_anthropic,
        sse(
            {
                "type": "error",
                "error": {"type": "api_error", "message": "out of memory"},
            }
        ),
        signs_thinking=True,
    ),
    Protocol(
        "ollama",
        "Ollama",
        "",
        "/api/chat",
        "/api/tags",
        {"models": [{"name": "other", "size": 5}, {"name": "demo", "size": 7}]},
        "application/x-ndjson",
        speak_ollama,
        b'{"error": "out of memory"}\n',
        pages={"/api/show": _SHOWN},
        counts_cached=False,
        filters=False,
        refuses_temperature=False,
        takes_pdf=False,
        pieces=False,
    ),
)
