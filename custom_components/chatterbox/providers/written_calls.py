"""Tool calls that a model writes into its text, where a person would hear them.

Small local models do: mostly JSON in a code fence or in `<tool_call>` tags (seen with
Qwen2.5-Coder on llama.cpp), else their own template's form.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
import re
from typing import Any, Final

from .base import TextDelta
from .call_forms import LONGEST_OPENING, OPENERS, OPENING, SPECIAL, Forms
from .call_values import WrittenCall
from .json_end import JsonScanner

MAX_HELD: Final = 32 * 2**10
"""Characters that are held back for a call; no sensible one is longer."""
_ANNOUNCEMENT: Final = 200
"""Characters before arguments in which their tool is named."""
_CLOSED: Final = re.compile(r"(?:```|</tool_call>)\s*$")
_ANNOUNCED: Final = re.compile(r":\s*\n\s*(?=[{\[])")
_FIRST_WORD: Final = re.compile(r"\s*([A-Za-z_][\w.-]*)(.?)", re.DOTALL)

type Found = TextDelta | WrittenCall


def nothing_outside(tool: str) -> bool:
    """Return that no tool is named where it must not be."""
    return False


class WrittenCallReader:
    """Parts calls of tools that were offered from the text around them.

    What may become a call is held back. Text after a call is dropped: it was written
    before the result was known.
    """

    def __init__(
        self,
        tool_names: Collection[str],
        named_outside: Callable[[str], bool] = nothing_outside,
        parameters: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        """Take the offered tools; one that is `named_outside` is not called."""
        bare = Counter(map(_bare, tool_names))
        self._tools = {_bare(n): n for n in tool_names if bare[_bare(n)] == 1}
        self._tools |= {name: name for name in tool_names}
        self._named_outside = named_outside
        self._parameters = parameters or {}
        self._forms = Forms(
            names=self._tools,
            resolve=self._resolve,
            json_ended=self._json_ended,
            meant=self._meant,
        )
        self._said = ""
        self._held = ""
        self._scanner: JsonScanner | None = None
        """How far the JSON is read that the held text is taken to begin with."""
        self._json_at = self._read_to = 0
        self._spoke = False
        self._called = False

    def feed(self, text: str) -> Iterator[Found]:
        """Give what the next piece of text comes to."""
        if not self._tools:
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
        starts = [at for opener in OPENERS if (at := text.find(opener)) >= 0]
        if self._called:
            if match := re.search(r"[{\[A-Za-z_]", text):
                starts.append(match.start())
        elif not self._spoke and self._may_be_bare(text):
            # Without fence or tag only where nothing else was said,
            starts.append(0)
        elif match := _ANNOUNCED.search(text):
            # or where it was announced.
            starts.append(match.start())
        if starts:
            return min(starts)
        if announces := re.search(r":\s*$", text):
            return announces.start()
        for length in range(min(len(text), max(map(len, OPENERS)) - 1), 0, -1):
            if any(opener.startswith(text[-length:]) for opener in OPENERS):
                return len(text) - length
        return len(text) if text.strip() or self._spoke else 0

    def _may_be_bare(self, text: str) -> bool:
        if text.lstrip()[:1] in ("{", "["):
            return True
        if (word := _FIRST_WORD.match(text)) is None:
            return False
        if word[2]:
            return word[2] == "(" and word[1] in self._tools
        return any(name.startswith(word[1]) for name in self._tools)

    def _read(self) -> list[Found] | None:
        text = self._held
        announced = _ANNOUNCED.match(text)
        if text.startswith(":") and not announced:
            return list(self._speak(1)) if text[1:].strip() else None
        opening = OPENING.match(text, announced.end() if announced else 0)
        at = opening.end() if opening else 0
        if at == len(text):
            return None if at < LONGEST_OPENING else list(self._speak(at))
        reading = self._forms.read(text, at)
        if reading is None:
            closed = _CLOSED.search(text, max(at, len(text) - 40))
            given_up = closed or len(text) > MAX_HELD
            return list(self._speak(len(text))) if given_up else None
        calls, end = reading
        if not calls:
            return list(self._speak(max(at, end, 1)))
        self._called = True
        self._held, self._scanner = text[end:], None
        return list(calls)

    def _json_ended(self, at: int) -> bool:
        if self._scanner is None or at != self._json_at:
            self._scanner, self._json_at, self._read_to = JsonScanner(), at, at
        piece, self._read_to = self._held[self._read_to :], len(self._held)
        self._scanner.feed(piece)
        return self._scanner.ended > 0

    def _resolve(self, name: str) -> str | None:
        tool = self._tools.get(name)
        if tool is None or any(map(self._named_outside, {tool, name})):
            return None
        return tool

    def _meant(self, value: Any) -> WrittenCall | None:
        """Return the call that an object is whose keys are parameters of one tool.

        It is the tool that has the object's `name` (Qwen2.5-Coder puts the arguments
        beside it, too), else the one that was just named.
        """
        if not isinstance(value, dict):
            return None
        given = value.get("name")
        rest = {key: inner for key, inner in value.items() if key != "name"}
        if isinstance(given, str) and (call := self._with(given, rest)):
            return call
        words = set(re.findall(r"[\w-]+", self._said))
        named = {tool for name, tool in self._tools.items() if name in words}
        return self._with(named.pop(), value) if len(named) == 1 else None

    def _with(self, name: str, arguments: dict[str, Any]) -> WrittenCall | None:
        """Return the call of a tool that takes all these arguments, if there are any."""
        tool = self._resolve(name)
        if tool is None or not arguments:
            return None
        known = set(self._parameters.get(tool, ()))
        return WrittenCall(tool, arguments) if arguments.keys() <= known else None

    def _speak(self, length: int) -> Iterator[TextDelta]:
        text, self._held = self._held[:length], self._held[length:]
        self._scanner = None
        if not text or self._called:
            return
        self._spoke = True
        for token in SPECIAL:
            text = text.replace(token, "")
        self._said = (self._said + text)[-_ANNOUNCEMENT:]
        if text:
            yield TextDelta(text)


def _bare(name: str) -> str:
    return name.rpartition("__")[2]
