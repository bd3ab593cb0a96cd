"""Putting the pieces of streamed tool calls together."""

from collections.abc import Iterator
from dataclasses import dataclass, field
import json
import re
from typing import Any
import uuid

from ..base import ToolCall

type Piece = dict[str, Any]
"""One entry of a delta's `tool_calls`."""

NO_NAME = "unnamed"


@dataclass(slots=True, eq=False)
class _Call:
    """A call of which some pieces have come."""

    index: int | None
    id: str = ""
    name: str = ""
    text: str = ""
    whole: Any = None
    """Arguments that came as an object."""
    extra: dict[str, Any] = field(default_factory=dict)
    named_again: bool = False
    """Whether its name came again after it was complete."""

    @property
    def has_arguments(self) -> bool:
        """Whether any arguments have come."""
        return bool(self.text) or self.whole is not None

    @property
    def complete(self) -> bool:
        """Whether the arguments that have come are all that an object needs."""
        if self.whole is not None:
            return True
        # Most pieces end elsewhere, and parsing each time would be quadratic.
        if not self.text.rstrip().endswith(("}", '"', "null")):
            return False
        return not isinstance(read_arguments(self.text), str)

    def repeats(self, call_id: str, name: str, arguments: Any) -> bool:
        """Whether a piece says again what is known, and nothing else."""
        if not name or name != self.name or not self.complete:
            return False
        if not arguments and not call_id:
            # The name again: either the same call, or the next one to the same tool,
            # which then has arguments. To run a call that nobody made is the worse.
            self.named_again = True
            return True
        known = self.text if self.whole is None else self.whole
        return bool(call_id) and arguments in (None, "", known)

    def is_over(self, name: str, arguments: Any) -> bool:
        """Whether a piece that might go on with this call begins the next one."""
        if name and self.name and name != self.name:
            return True
        return self.complete and bool(arguments) and bool(name or self.named_again)


class CallAssembler:
    """Gives each call as soon as it is complete and the next one has begun.

    Calls come out in the order in which they began. Understood are pieces with an
    index, with an id, with neither (they go on with the last call), calls that share
    an index, arguments sent whole, as an object, or encoded twice. A call that has no
    id, or one that is taken, gets another: nine letters and digits, which is all that
    Mistral accepts.
    """

    def __init__(self, taken_ids: set[str]) -> None:
        """Start an answer; `taken_ids` are those of the calls in its history."""
        self._taken = set(taken_ids)
        self._calls: list[_Call] = []
        self.extras: dict[str, dict[str, Any]] = {}
        """`extra_content` of the calls that were given, by id: Gemini's signatures."""
        self.count = 0
        """How many calls were given."""

    def feed(self, piece: Piece) -> Iterator[ToolCall]:
        """Take the next piece and give the calls that are complete by it."""
        function = piece.get("function")
        function = function if isinstance(function, dict) else {}
        call_id = _text(piece.get("id"))
        name = _text(function.get("name"))
        arguments = function.get("arguments")
        call = self._find(piece.get("index"), call_id)
        if call is not None:
            if call.repeats(call_id, name, arguments):
                return
            if call.is_over(name, arguments):
                name = name or call.name
                call = None
        if call is None:
            call = _Call(piece.get("index"))
            self._calls.append(call)
        call.id = call.id or call_id
        call.name = call.name or name
        if isinstance(extra := piece.get("extra_content"), dict):
            call.extra |= extra
        if isinstance(arguments, str):
            call.text += arguments
        elif arguments is not None:
            call.whole = arguments
        yield from self._give_complete()

    def end(self, cut_off: bool) -> Iterator[ToolCall]:
        """Give all that is left: the answer has ended, at its limit if `cut_off`."""
        calls, self._calls = self._calls, []
        for call in calls:
            if call.name or call.has_arguments:
                yield self._give(call, cut_off)

    def _find(self, index: Any, call_id: str) -> _Call | None:
        """Return the latest call that a piece with this index and id may go on."""
        for call in reversed(self._calls):
            if index is not None and call.index != index:
                continue
            if call_id in ("", call.id) or not call.id:
                return call
            if index is not None:
                return None
        return None

    def _give_complete(self) -> Iterator[ToolCall]:
        while len(self._calls) > 1:
            first, *later = self._calls
            # Without arguments it takes none, once a later call has some.
            empty = not first.has_arguments and any(c.has_arguments for c in later)
            if not (first.complete or empty):
                return
            self._calls.pop(0)
            yield self._give(first, cut_off=False)

    def _give(self, call: _Call, cut_off: bool) -> ToolCall:
        read = read_arguments(call.text if call.whole is None else call.whole)
        error = None
        if isinstance(read, str):
            error = "The call was cut off at the length limit." if cut_off else read
            read = {}
        if not call.name:
            error = "The call has no name."
        call_id = call.id
        while not call_id or call_id in self._taken:
            call_id = uuid.uuid4().hex[:9]
        self._taken.add(call_id)
        self.count += 1
        if call.extra:
            self.extras[call_id] = call.extra
        return ToolCall(call_id, call.name or NO_NAME, read, error)


def read_arguments(raw: Any) -> dict[str, Any] | str:
    """Return the arguments of a call, or a sentence for the model if they are none.

    Nothing and null are no arguments. A string of JSON in JSON is read twice.
    """
    for _ in range(2):
        if not isinstance(raw, str):
            break
        # Some servers open with an empty object, and send the arguments after it.
        text = re.sub(r"^\s*\{\s*\}\s*(?=\{)", "", raw)
        if not text.strip():
            return {}
        try:
            raw = json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError) as err:
            return f"The arguments are not valid JSON: {err}"
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        return "The arguments are not a JSON object."
    try:
        json.dumps(raw, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "The arguments hold half of a character."
    return raw


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
