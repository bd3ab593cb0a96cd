"""What the events of an answer of OpenAI's Responses say."""

from collections import defaultdict
from collections.abc import Iterator
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

_SPOKEN: Final = ("response.output_text.delta", "response.refusal.delta")
_THOUGHT: Final = (
    "response.reasoning_summary_text.delta",
    "response.reasoning_text.delta",
)
_ENDED: Final = (
    "response.completed",
    "response.incomplete",
    "response.failed",
    "response.done",
)
_INCOMPLETE: Final = {
    "max_output_tokens": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
}


class ResponsesReader(AnswerReader):
    """Turns the events of one answer, or a body without them, into ours."""

    def __init__(self, request: ModelRequest, additions: Additions) -> None:
        super().__init__(request, additions)
        self._reasoning: list[dict[str, Any]] = []
        self._arguments: defaultdict[Any, list[str]] = defaultdict(list)
        """By the place of their call, as they come."""
        self._by_item = False
        self._in_pieces = False

    @override
    def read(self, data: str) -> Iterator[ModelEvent]:
        event = parse_object(data, understood=self.understood)
        kind = as_text(event.get("type"))
        if kind == "error" or (event.get("error") and not kind):
            raise in_stream_error(event.get("error") or event)
        if event.get("object") == "response":
            # It came without streaming.
            status = event.get("status") or "completed"
            kind, event = f"response.{status}", {"response": event}
        self.understood = self.understood or kind.startswith("response.")
        if kind in _SPOKEN:
            self._in_pieces = True
            yield from self._text.feed(as_text(event.get("delta")))
        elif kind in _THOUGHT:
            if text := as_text(event.get("delta")):
                yield ThinkingDelta(mend_surrogates(text))
        elif kind == "response.function_call_arguments.delta":
            self._arguments[_place(event)].append(as_text(event.get("delta")))
        elif kind == "response.output_item.done":
            self._by_item = True
            pieces = "".join(self._arguments.pop(_place(event), ()))
            yield from self._read_item(as_object(event.get("item")), pieces)
        elif kind in _ENDED:
            yield from self._read_end(as_object(event.get("response")))

    def _read_item(
        self, item: dict[str, Any], pieces: str = ""
    ) -> Iterator[ModelEvent]:
        kind = item.get("type")
        if kind == "reasoning":
            if item.get("encrypted_content"):
                self._reasoning.append(item)
        elif kind == "function_call":
            yield from self._text.end()
            call = self._calls.make(
                as_text(item.get("call_id")),
                as_text(item.get("name")),
                # Some servers leave out here what has come in pieces.
                item.get("arguments") or pieces,
                cut_off=item.get("status") == "incomplete",
            )
            self._additions.keep(call.id, Addition(content=tuple(self._reasoning)))
            self._reasoning.clear()
            yield call
        elif kind == "message" and not self._in_pieces:
            for part in as_objects(item.get("content")):
                text = as_text(part.get("text")) or as_text(part.get("refusal"))
                yield from self._text.feed(text)

    def _read_end(self, response: dict[str, Any]) -> Iterator[ModelEvent]:
        usage = as_object(response.get("usage"))
        if usage:
            details = as_object(usage.get("input_tokens_details"))
            self._usage = Usage(
                as_count(usage.get("input_tokens")),
                as_count(usage.get("output_tokens")),
                as_count(details.get("cached_tokens")),
            )
        if response.get("status") == "failed" or response.get("error"):
            raise in_stream_error(response.get("error") or "The response failed")
        if not self._by_item:
            for item in as_objects(response.get("output")):
                yield from self._read_item(item)
        self._reason = FinishReason.STOP
        if response.get("status") == "incomplete":
            details = as_object(response.get("incomplete_details"))
            told = as_text(details.get("reason"))
            self._reason = _INCOMPLETE.get(told, FinishReason.UNKNOWN)


def _place(event: dict[str, Any]) -> int | None:
    place = event.get("output_index")
    return place if isinstance(place, int) else None
