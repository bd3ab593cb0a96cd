"""What the lines of an answer of Ollama's own protocol say."""

from collections.abc import Iterator
from typing import Any, Final, override

from ..answer import AnswerReader
from ..base import (
    FinishReason,
    ModelEvent,
    ThinkingDelta,
    Usage,
)
from ..http import in_stream_error
from ..json_shape import as_count, as_object, as_objects, as_text, parse_object
from ..think_tags import mend_surrogates

_REASONS: Final = {"stop": FinishReason.STOP, "length": FinishReason.LENGTH}


class OllamaReader(AnswerReader):
    """Turns the lines of one answer into events; each call comes whole in a line."""

    @override
    def read(self, data: str) -> Iterator[ModelEvent]:
        line = parse_object(data, understood=self.understood)
        if error := line.get("error"):
            raise in_stream_error(error)
        message = line.get("message")
        self.understood = self.understood or isinstance(message, dict)
        yield from self._read_message(as_object(message))
        if line.get("done") is True:
            told = as_text(line.get("done_reason")) or "stop"
            self._reason = _REASONS.get(told, FinishReason.UNKNOWN)
            self._usage = Usage(
                as_count(line.get("prompt_eval_count")),
                as_count(line.get("eval_count")),
            )

    def _read_message(self, message: dict[str, Any]) -> Iterator[ModelEvent]:
        if thought := as_text(message.get("thinking")):
            yield ThinkingDelta(mend_surrogates(thought))
        yield from self._text.feed(as_text(message.get("content")))
        calls = as_objects(message.get("tool_calls"))
        if calls:
            yield from self._text.end()
        for call in calls:
            function = as_object(call.get("function"))
            yield self._calls.make(
                as_text(call.get("id")),
                as_text(function.get("name")),
                function.get("arguments"),
            )
