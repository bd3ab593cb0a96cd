"""What the lines of an answer of Ollama's own protocol say."""

from collections.abc import Iterator
from typing import Any, Final

from ..answer_text import AnswerText
from ..base import (
    Finished,
    FinishReason,
    ModelEvent,
    ModelRequest,
    ProviderError,
    ProviderErrorKind as Kind,
    ThinkingDelta,
    Usage,
)
from ..calls import CallMaker, call_ids
from ..http import in_stream_error
from ..json_shape import as_count, as_object, as_objects, as_text, parse_object
from ..think_tags import mend_surrogates

_REASONS: Final = {"stop": FinishReason.STOP, "length": FinishReason.LENGTH}


class AnswerReader:
    """Turns the lines of one answer into events; each call comes whole in a line."""

    goes_on = False
    """Nothing comes after the end."""

    def __init__(self, request: ModelRequest) -> None:
        self._calls = CallMaker(call_ids(request.messages))
        self._text = AnswerText(request, self._calls)
        self._reason: FinishReason | None = None
        self.usage: Usage | None = None
        self.understood = False
        """Whether any line was one of an answer."""

    @property
    def stopped(self) -> bool:
        """Whether the server has said that the model stopped."""
        return self._reason is not None

    def read(self, data: str) -> Iterator[ModelEvent]:
        """Give what the next line says. Raises ProviderError."""
        line = parse_object(data, understood=self.understood)
        if error := line.get("error"):
            raise in_stream_error(error)
        message = line.get("message")
        self.understood = self.understood or isinstance(message, dict)
        yield from self._read_message(as_object(message))
        if line.get("done") is True:
            told = as_text(line.get("done_reason")) or "stop"
            self._reason = _REASONS.get(told, FinishReason.UNKNOWN)
            self.usage = Usage(
                as_count(line.get("prompt_eval_count")),
                as_count(line.get("eval_count")),
            )

    def end(self) -> Iterator[ModelEvent]:
        """Give what is left at the end. Raises ProviderError if there was no answer."""
        if not self.understood:
            raise ProviderError(Kind.NOT_A_MODEL_SERVER, "It is no answer to a chat")
        yield from self._text.end()
        if self.usage is not None:
            yield self.usage
        reason = self._reason or FinishReason.UNKNOWN
        if self._calls.count and reason is FinishReason.STOP:
            reason = FinishReason.TOOL_CALLS
        yield Finished(reason)

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
