"""Tool calls that a model writes into its text, where a person would hear them.

Small local models do so whatever their server's template says: an object with the name
and the arguments, mostly in a code fence or in `<tool_call>` tags. Seen with
Qwen2.5-Coder on llama.cpp.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
import json
import re
from typing import Any

from .base import TextDelta
from .json_end import JsonScanner

_OPENERS = ("<tool_call>", "```")
_OPENING = re.compile(r"(?:```[\w-]*\s*)?(?:<tool_call>\s*)?")
_LONGEST_OPENING = 40
_CLOSED = re.compile(r"(?:```|</tool_call>)\s*$")
_DECODER = json.JSONDecoder()
MAX_HELD = 32 * 2**10
"""Characters that are held back for a call; no sensible one is longer."""


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """A call that was found in the text."""

    name: str
    arguments: Any


type Found = TextDelta | WrittenCall


def nothing_outside(tool: str) -> bool:
    """Return that no tool is named where it must not be."""
    return False


class WrittenCallReader:
    """Parts calls of tools that were offered from the text around them.

    What may become a call is held back until it is one or cannot be. Whatever names no
    tool that was offered is text. Text after a call is dropped: it was written before
    the call's result was known.
    """

    def __init__(
        self,
        tool_names: Collection[str],
        named_outside: Callable[[str], bool] = nothing_outside,
    ) -> None:
        """Take the names of the tools that were offered, and what tells of each.

        A tool that is `named_outside`, in what the model did not write, is not called.
        """
        self._names = frozenset(tool_names)
        self._named_outside = named_outside
        self._held = ""
        self._scanner: JsonScanner | None = None
        """How far the JSON is read that the held text is taken to begin with."""
        self._read_to = 0
        self._spoke = False
        self._called = False

    def feed(self, text: str) -> Iterator[Found]:
        """Give what the next piece of text comes to."""
        if not self._names:
            yield TextDelta(text)
            return
        self._held += text
        while self._held:
            start = self._begin()
            if start:
                yield from self._speak(start)
            elif (found := self._read()) is None:
                return
            else:
                yield from found

    def end(self) -> Iterator[Found]:
        """Give what was held back for a call that did not come."""
        yield from self._speak(len(self._held))

    def _begin(self) -> int:
        """Return where in the held text something begins that may be a call."""
        text = self._held
        starts = [at for opener in _OPENERS if (at := text.find(opener)) >= 0]
        if self._called:
            starts += [at for bracket in "{[" if (at := text.find(bracket)) >= 0]
        elif not self._spoke and text.lstrip()[:1] in ("{", "["):
            # Without fence or tag only where nothing else was said.
            starts.append(0)
        if starts:
            return min(starts)
        for length in range(min(len(text), len(_OPENERS[0]) - 1), 0, -1):
            if any(opener.startswith(text[-length:]) for opener in _OPENERS):
                return len(text) - length
        return len(text) if text.strip() or self._spoke else 0

    def _read(self) -> list[Found] | None:
        """Read what the held text begins with; None if it is not yet complete."""
        match = _OPENING.match(self._held.lstrip())
        skipped = len(self._held) - len(self._held.lstrip())
        at = skipped + (match.end() if match else 0)
        if at == len(self._held):
            return None if at < _LONGEST_OPENING else list(self._speak(at))
        if self._held[at] not in "{[":
            # A tag that is not whole yet, or other text after all.
            rest = self._held[at:]
            partial = any(opener.startswith(rest) for opener in _OPENERS)
            return None if partial else list(self._speak(max(at, 1)))
        return None if at + 1 == len(self._held) else self._read_json(at)

    def _read_json(self, at: int) -> list[Found] | None:
        """Read the JSON that begins there; None if it is not yet complete."""
        # Qwen2.5-Coder's template doubles the outer braces of its example.
        doubled = self._held.startswith("{{", at)
        if not self._json_ended(at + doubled):
            closed = _CLOSED.search(self._held, max(at, len(self._held) - 40))
            given_up = closed or len(self._held) > MAX_HELD
            return list(self._speak(len(self._held))) if given_up else None
        try:
            value, end = _DECODER.raw_decode(self._held, at + doubled)
        except ValueError, RecursionError:
            return list(self._speak(len(self._held)))
        calls = [self._call(i) for i in (value if isinstance(value, list) else [value])]
        if not calls or None in calls:
            return list(self._speak(end))
        self._called = True
        self._held, self._scanner = self._held[end:], None
        return [call for call in calls if call]

    def _json_ended(self, at: int) -> bool:
        """Return whether the JSON that begins there has come to its end."""
        if self._scanner is None:
            self._scanner, self._read_to = JsonScanner(), at
        piece, self._read_to = self._held[self._read_to :], len(self._held)
        self._scanner.feed(piece)
        return self._scanner.ended > 0

    def _call(self, value: Any) -> WrittenCall | None:
        name = value.get("name") if isinstance(value, dict) else None
        if not isinstance(name, str) or name not in self._names:
            return None
        if self._named_outside(name):
            return None
        if set(value) - {"name", "arguments", "parameters", "type", "id"}:
            return None
        arguments = value.get("arguments", value.get("parameters"))
        return WrittenCall(name, arguments)

    def _speak(self, length: int) -> Iterator[TextDelta]:
        text, self._held = self._held[:length], self._held[length:]
        self._scanner = None
        if text and not self._called:
            self._spoke = True
            yield TextDelta(text)
