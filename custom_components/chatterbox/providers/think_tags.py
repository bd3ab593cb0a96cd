"""Telling thinking from speech in a model's text."""

from collections.abc import Iterator
from typing import Final

from .base import TextDelta, ThinkingDelta

_OPEN: Final = ("<think>", "<tool_response>")
"""What opens text that is for nobody: a small model repeats results in a template's tag
(seen with Qwen2.5-Coder 1.5B on llama.cpp, 2026-11)."""
_TAGS: Final = (*_OPEN, *(tag.replace("<", "</") for tag in _OPEN))
_LONGEST: Final = max(map(len, _TAGS))


class TextSplitter:
    """Turns pieces of text into deltas: what is between tags is thinking.

    What may become a tag is held back, white space behind thinking dropped, a pair of
    surrogates that is parted joined, and a lone one replaced.
    """

    def __init__(self) -> None:
        self._held = ""
        self._thinking = False
        self._strip = False

    def feed(self, piece: str) -> Iterator[TextDelta | ThinkingDelta]:
        """Give the deltas of the next piece."""
        text = self._held + piece
        while (found := self._next_tag(text)) is not None:
            start, tag = found
            yield from self._delta(text[:start])
            text = text[start + len(tag) :]
            self._thinking = tag in _OPEN
            self._strip = not self._thinking
        keep = self._held_back(text)
        self._held = text[len(text) - keep :]
        yield from self._delta(text[: len(text) - keep])

    def end(self) -> Iterator[TextDelta | ThinkingDelta]:
        """Give what was held back for a tag that did not come."""
        held, self._held = self._held, ""
        yield from self._delta(held)

    def _next_tag(self, text: str) -> tuple[int, str] | None:
        if "<" not in text:
            return None
        found = [(text.find(tag), tag) for tag in _TAGS if tag in text]
        return min(found, default=None)

    @staticmethod
    def _held_back(text: str) -> int:
        start = text.rfind("<", -_LONGEST)
        if start >= 0 and any(tag.startswith(text[start:]) for tag in _TAGS):
            return len(text) - start
        return 1 if text and "\ud800" <= text[-1] <= "\udbff" else 0

    def _delta(self, text: str) -> Iterator[TextDelta | ThinkingDelta]:
        if self._strip and not self._thinking:
            text = text.lstrip()
            self._strip = not text
        if not text:
            return
        text = mend_surrogates(text)
        yield ThinkingDelta(text) if self._thinking else TextDelta(text)


def mend_surrogates(text: str) -> str:
    """Return the text with pairs of surrogates joined and lone ones replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
