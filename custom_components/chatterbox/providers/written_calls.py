"""Tool calls that a model writes into its text, where a person would hear them.

Small local models do so whatever their server's template says: an object with the name
and the arguments, mostly in a code fence or in `<tool_call>` tags. Seen with
Qwen2.5-Coder on llama.cpp.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
import json
import re
from typing import Any

from .base import (
    AssistantMessage,
    Message,
    ModelRequest,
    TextDelta,
    ToolResultMessage,
)

_OPENERS = ("<tool_call>", "```")
_OPENING = re.compile(r"(?:```[\w-]*\s*)?(?:<tool_call>\s*)?")
_LONGEST_OPENING = 40
_CLOSED = re.compile(r"(?:```|</tool_call>)\s*$")
_DECODER = json.JSONDecoder()
# However often it is escaped.
_NAMED = re.compile(r"""name\\*["']?\s*:\s*\\*["']?([a-zA-Z0-9_-]+)""")


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """A call that was found in the text."""

    name: str
    arguments: Any


type Found = TextDelta | WrittenCall


def callable_in_text(request: ModelRequest) -> frozenset[str]:
    """Return the names of the tools that an answer's text may call.

    Not those whose call stands in what was said or read: an item of a list that is
    read aloud must not act.
    """
    read = {
        name
        for message in request.messages
        for name in _NAMED.findall(_content(message))
    }
    return frozenset(tool.name for tool in request.tools) - read


def _content(message: Message) -> str:
    """Return what somebody other than the model wrote."""
    match message:
        case ToolResultMessage(_, _, content):
            return content
        case AssistantMessage():
            return ""
        case _:
            return message.text


class WrittenCallReader:
    """Parts calls of tools that were offered from the text around them.

    What may become a call is held back until it is one or cannot be. Whatever names no
    tool that was offered is text. Text after a call is dropped: it was written before
    the call's result was known.
    """

    def __init__(self, tool_names: Collection[str]) -> None:
        """Take the names of the tools that were offered."""
        self._names = frozenset(tool_names)
        self._held = ""
        self._may_end = False
        self._spoke = False
        self._called = False

    def feed(self, text: str) -> Iterator[Found]:
        """Give what the next piece of text comes to."""
        if not self._names:
            yield TextDelta(text)
            return
        self._held += text
        # To try at every piece would be quadratic.
        self._may_end = any(end in text for end in "}]`>")
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
        if not self._may_end:
            return None
        # Qwen2.5-Coder's template doubles the outer braces of its example.
        doubled = self._held.startswith("{{", at)
        try:
            value, end = _DECODER.raw_decode(self._held, at + doubled)
        except ValueError, RecursionError:
            closed = _CLOSED.search(self._held, at)
            return list(self._speak(len(self._held))) if closed else None
        calls = [self._call(i) for i in (value if isinstance(value, list) else [value])]
        if not calls or None in calls:
            return list(self._speak(end))
        self._called = True
        self._held = self._held[end:]
        return [call for call in calls if call]

    def _call(self, value: Any) -> WrittenCall | None:
        name = value.get("name") if isinstance(value, dict) else None
        if not isinstance(name, str) or name not in self._names:
            return None
        if set(value) - {"name", "arguments", "parameters", "type", "id"}:
            return None
        arguments = value.get("arguments", value.get("parameters"))
        return WrittenCall(name, arguments)

    def _speak(self, length: int) -> Iterator[TextDelta]:
        text, self._held = self._held[:length], self._held[length:]
        if text and not self._called:
            self._spoke = True
            yield TextDelta(text)
