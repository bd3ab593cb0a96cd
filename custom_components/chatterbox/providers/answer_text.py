"""The text of an answer, parted into what is spoken, thought and called."""

from collections.abc import Iterator

from .base import ModelEvent, ModelRequest, TextDelta, ThinkingDelta
from .call_values import WrittenCall
from .calls import CallMaker
from .think_tags import TextSplitter
from .untrusted_text import UntrustedText, tools_in_text
from .written_calls import Found, WrittenCallReader


class AnswerText:
    """Turns an answer's text into events: words, thinking between tags, written calls."""

    def __init__(self, request: ModelRequest, calls: CallMaker) -> None:
        self._text = TextSplitter()
        self._written = WrittenCallReader(
            tools_in_text(request),
            UntrustedText(request).names,
            {t.name: t.parameters.get("properties", {}) for t in request.tools},
        )
        self._calls = calls

    def feed(self, text: str) -> Iterator[ModelEvent]:
        """Give the events of the next piece."""
        yield from self._heard(self._text.feed(text))

    def end(self) -> Iterator[ModelEvent]:
        """Give what was held back."""
        yield from self._heard(self._text.end())
        yield from self._found(self._written.end())

    def _heard(
        self, deltas: Iterator[TextDelta | ThinkingDelta]
    ) -> Iterator[ModelEvent]:
        for delta in deltas:
            if isinstance(delta, ThinkingDelta):
                yield delta
            else:
                yield from self._found(self._written.feed(delta.text))

    def _found(self, found: Iterator[Found]) -> Iterator[ModelEvent]:
        for part in found:
            if isinstance(part, WrittenCall):
                yield self._calls.make_written(part.name, part.arguments)
            else:
                yield part
