"""What the events of an answer of Anthropic's Messages say."""

from collections.abc import Iterator
from dataclasses import dataclass, field
import json
from typing import Any, Final, override

from ..additions import Addition, Additions
from ..answer import AnswerReader
from ..base import (
    FinishReason,
    ModelEvent,
    ModelRequest,
    ThinkingDelta,
    Usage,
)
from ..http import in_stream_error
from ..json_shape import as_count, as_object, as_objects, as_text, parse_object
from ..think_tags import mend_surrogates

_REASONS: Final = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "pause_turn": FinishReason.STOP,
    "tool_use": FinishReason.TOOL_CALLS,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "refusal": FinishReason.CONTENT_FILTER,
}

_EVENTS: Final = (
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
)


@dataclass(slots=True)
class _Block:
    kind: str
    start: dict[str, Any]
    pieces: dict[str, list[str]] = field(default_factory=dict)
    """What has come of its arguments, thinking and signature."""
    thought: list[dict[str, Any]] = field(default_factory=list)

    def add(self, part: str, piece: str) -> None:
        self.pieces.setdefault(part, []).append(piece)

    def part(self, part: str) -> str:
        return "".join(self.pieces.get(part, ()))

    @property
    def arguments(self) -> str:
        return self.part("arguments")

    @property
    def thinking(self) -> str:
        return self.part("thinking")

    @property
    def signature(self) -> str:
        return self.part("signature")


class MessagesReader(AnswerReader):
    """Turns the events of one answer, or a body without them, into ours."""

    def __init__(self, request: ModelRequest, additions: Additions) -> None:
        super().__init__(request, additions)
        self._blocks: dict[Any, _Block] = {}
        self._held: _Block | None = None
        """A call without arguments: whether there are none, is told by what follows."""
        self._thought: list[dict[str, Any]] = []
        self._counts: dict[str, int] = {}

    @override
    def read(self, data: str) -> Iterator[ModelEvent]:
        event = parse_object(data, understood=self.understood)
        kind = event.get("type")
        if kind == "error" or (event.get("error") and kind not in _EVENTS):
            raise in_stream_error(event.get("error") or event)
        self.understood = self.understood or kind in (*_EVENTS, "message")
        match kind:
            case "message":
                yield from self._read_whole(event)
            case "message_start":
                self._read_usage(as_object(event.get("message")))
            case "content_block_start":
                yield from self._begin(event)
            case "content_block_delta":
                yield from self._read_delta(event)
            case "content_block_stop":
                yield from self._end_block(_index(event))
            case "message_delta":
                self._read_usage(event)
                yield from self._stop(as_object(event.get("delta")).get("stop_reason"))

    def _read_whole(self, message: dict[str, Any]) -> Iterator[ModelEvent]:
        self._read_usage(message)
        for index, block in enumerate(as_objects(message.get("content"))):
            yield from self._begin({"index": index, "content_block": block})
            yield from self._end_block(index)
        yield from self._stop(message.get("stop_reason") or "end_turn")

    def _read_usage(self, event: dict[str, Any]) -> None:
        for key, value in as_object(event.get("usage")).items():
            # A later event repeats some, and leaves others out or at 0.
            if isinstance(key, str) and (count := as_count(value)):
                self._counts[key] = count
        counts = self._counts
        cached = counts.get("cache_read_input_tokens", 0)
        # What was written to the cache and read from it is counted apart.
        asked = counts.get("input_tokens", 0) + cached
        asked += counts.get("cache_creation_input_tokens", 0)
        if counts:
            self._usage = Usage(asked, counts.get("output_tokens", 0), cached)

    def _begin(self, event: dict[str, Any]) -> Iterator[ModelEvent]:
        # The model went on, so the call before was complete.
        yield from self._give(cut_off=False)
        start = as_object(event.get("content_block"))
        block = _Block(as_text(start.get("type")), start)
        self._blocks[_index(event)] = block
        block.add("signature", as_text(start.get("signature")))
        if block.kind == "text":
            yield from self._text.feed(as_text(start.get("text")))
        elif block.kind == "thinking":
            yield from self._think(block, as_text(start.get("thinking")))
        elif block.kind == "tool_use":
            yield from self._text.end()

    def _read_delta(self, event: dict[str, Any]) -> Iterator[ModelEvent]:
        delta = as_object(event.get("delta"))
        block = self._blocks.setdefault(_index(event), _Block("text", {}))
        match delta.get("type"):
            case "text_delta":
                yield from self._text.feed(as_text(delta.get("text")))
            case "thinking_delta":
                yield from self._think(block, as_text(delta.get("thinking")))
            case "signature_delta":
                block.add("signature", as_text(delta.get("signature")))
            case "input_json_delta":
                piece = delta.get("partial_json") or ""
                text = piece if isinstance(piece, str) else json.dumps(piece)
                block.add("arguments", text)

    def _think(self, block: _Block, text: str) -> Iterator[ModelEvent]:
        block.add("thinking", text)
        if text:
            yield ThinkingDelta(mend_surrogates(text))

    def _end_block(self, index: Any) -> Iterator[ModelEvent]:
        block = self._blocks.pop(index, None)
        if block is None:
            return
        if block.kind == "thinking":
            if block.signature:
                self._thought.append(
                    {
                        "type": "thinking",
                        "thinking": block.thinking,
                        "signature": block.signature,
                    }
                )
        elif block.kind == "redacted_thinking":
            self._thought.append(block.start)
        elif block.kind == "tool_use":
            block.thought, self._thought = self._thought, []
            self._held = block
            if block.arguments.strip() or block.start.get("input"):
                yield from self._give(cut_off=False)

    def _stop(self, told: Any) -> Iterator[ModelEvent]:
        if isinstance(told, str):
            self._reason = _REASONS.get(told, FinishReason.UNKNOWN)
            yield from self._text.end()
            yield from self._give(cut_off=self._reason is FinishReason.LENGTH)

    def _give(self, *, cut_off: bool) -> Iterator[ModelEvent]:
        block, self._held = self._held, None
        if block is None:
            return
        call = self._calls.make(
            as_text(block.start.get("id")),
            as_text(block.start.get("name")),
            block.arguments or block.start.get("input") or "",
            cut_off=cut_off,
        )
        self._additions.keep(call.id, Addition(content=tuple(block.thought)))
        yield call


def _index(event: dict[str, Any]) -> Any:
    index = event.get("index")
    return index if isinstance(index, int) else None
