"""What the chunks of a chat answer say."""

from collections.abc import Iterator
from typing import Any, override

from ..additions import Addition, Additions
from ..answer import AnswerReader
from ..base import (
    FinishReason,
    ModelEvent,
    ModelRequest,
    ProviderError,
    ProviderErrorKind as Kind,
    ThinkingDelta,
    ToolCall,
    Usage,
)
from ..http import in_stream_error
from ..json_shape import as_count, as_object, as_objects, parse_object
from ..think_tags import mend_surrogates
from .call_pieces import CallAssembler

_REASONS = {
    "stop": FinishReason.STOP,
    "eos": FinishReason.STOP,
    "end_turn": FinishReason.STOP,
    "tool_calls": FinishReason.TOOL_CALLS,
    "tool_use": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "model_length": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
    "safety": FinishReason.CONTENT_FILTER,
}

# The server gave up and says so here alone: OpenRouter, DeepSeek.
_FAILED = {"error", "insufficient_system_resource"}

_NO_REASON = ("", "null", "none")

_CONTENT_KEYS = ("content", "tool_calls")

_THINKING_KEYS = ("reasoning_content", "reasoning", "thinking")


class ChatReader(AnswerReader):
    """Turns the chunks of one answer, or a body that is one, into events."""

    def __init__(self, request: ModelRequest, additions: Additions) -> None:
        super().__init__(request, additions)
        self._pieces = CallAssembler(self._calls)
        self._thinking: list[str] = []

    @override
    def read(self, data: str) -> Iterator[ModelEvent]:
        chunk = parse_object(data, understood=self.understood)
        if error := chunk.get("error"):
            raise in_stream_error(error)
        self._usage = read_usage(chunk) or self._usage
        choices = chunk.get("choices")
        if isinstance(choices, list):
            self.understood = True
        for choice in as_objects(choices):
            # Only one answer was asked for.
            if choice.get("index") in (0, None):
                yield from self._read_choice(choice)

    def _read_choice(self, choice: dict[str, Any]) -> Iterator[ModelEvent]:
        delta = as_object(choice.get("delta")) or as_object(choice.get("message"))
        if self.stopped and any(delta.get(key) for key in _CONTENT_KEYS):
            # Gemini has said "stop" with every piece.
            self.goes_on = True
        yield from self._read_thinking(delta)
        content = delta.get("content") or delta.get("refusal")
        if isinstance(content, list):
            yield from self._read_parts(content)
        elif isinstance(content, str):
            yield from self._speak(content)
        elif isinstance(choice.get("text"), str):
            yield from self._speak(choice["text"])
        pieces = as_objects(delta.get("tool_calls"))
        if pieces:
            yield from self._heard(self._text.end())
        for piece in pieces:
            for call in self._pieces.feed(piece):
                yield self._kept(call)
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason not in _NO_REASON:
            if reason.lower() in _FAILED:
                raise ProviderError(Kind.SERVER_ERROR, f"The model ended with {reason}")
            self._reason = _REASONS.get(reason.lower(), FinishReason.UNKNOWN)
            yield from self._flush()

    def _read_thinking(self, delta: dict[str, Any]) -> Iterator[ModelEvent]:
        for key in _THINKING_KEYS:
            # Some servers send the same text under two keys.
            if isinstance(text := delta.get(key), str) and text:
                yield self._thought(text)
                return

    def _read_parts(self, parts: list[Any]) -> Iterator[ModelEvent]:
        """Read content that is a list of parts, as Mistral's thinking models send."""
        for part in as_objects(parts):
            if isinstance(text := part.get("text"), str):
                yield from self._speak(text)
            for thought in as_objects(part.get("thinking")):
                if isinstance(text := thought.get("text"), str) and text:
                    yield self._thought(text)

    def _speak(self, text: str) -> Iterator[ModelEvent]:
        yield from self._heard(self._text.feed(text))

    def _heard(self, events: Iterator[ModelEvent]) -> Iterator[ModelEvent]:
        for event in events:
            if isinstance(event, ThinkingDelta):
                self._thinking.append(event.text)
            yield self._kept(event) if isinstance(event, ToolCall) else event

    def _thought(self, text: str) -> ThinkingDelta:
        text = mend_surrogates(text)
        self._thinking.append(text)
        return ThinkingDelta(text)

    @override
    def _flush(self) -> Iterator[ModelEvent]:
        yield from self._heard(self._text.end())
        for call in self._pieces.end(self._reason is FinishReason.LENGTH):
            yield self._kept(call)

    def _kept(self, call: ToolCall) -> ToolCall:
        extra = self._pieces.extras.get(call.id)
        self._additions.keep(call.id, Addition(extra, "".join(self._thinking)))
        return call


def read_usage(chunk: dict[str, Any]) -> Usage | None:
    """Return the usage in a chunk, wherever the server puts it; None without."""
    usage = as_object(chunk.get("usage")) or as_object(
        as_object(chunk.get("x_groq")).get("usage")
    )
    timings = as_object(chunk.get("timings"))
    cached = as_count(timings.get("cache_n"))
    if not usage:
        if "prompt_n" not in timings:
            return None
        # llama.cpp: prompt_n is what it had to read beside what was cached.
        read = as_count(timings["prompt_n"])
        return Usage(cached + read, as_count(timings.get("predicted_n")), cached)
    details = as_object(usage.get("prompt_tokens_details"))
    cached = (
        as_count(details.get("cached_tokens"))
        or as_count(usage.get("prompt_cache_hit_tokens"))  # DeepSeek
        or cached
    )
    return Usage(
        as_count(usage.get("prompt_tokens")),
        as_count(usage.get("completion_tokens")),
        cached,
    )
