"""Putting the pieces of streamed tool calls together."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..base import ToolCall
from ..calls import CallMaker, read_arguments
from ..json_end import JsonText
from ..json_shape import as_text

type Piece = dict[str, Any]
"""One entry of a delta's `tool_calls`."""


@dataclass(slots=True, eq=False)
class _Call:
    index: int | None
    id: str = ""
    name: str = ""
    text: JsonText = field(default_factory=JsonText)
    whole: Any = None
    extra: dict[str, Any] = field(default_factory=dict)
    named_again: bool = False
    _complete: bool | None = False
    """None where that is to be found out."""

    def add(self, piece: str) -> None:
        self.text.add(piece)
        if piece.strip():
            self._complete = None

    @property
    def has_arguments(self) -> bool:
        return bool(self.text) or self.whole is not None

    @property
    def complete(self) -> bool:
        """Whether the arguments that have come are all that an object needs."""
        if self.whole is not None:
            return True
        if self._complete is None:
            self._complete = self.text.may_be_whole and not isinstance(
                read_arguments(self.text.text), str
            )
        return self._complete

    def repeats(self, call_id: str, name: str, arguments: Any) -> bool:
        """Whether a piece says again what is known, and nothing else."""
        if not name or name != self.name or not self.complete:
            return False
        if not arguments and not call_id:
            # The name again: either the same call, or the next one to the same tool,
            # which then has arguments. To run a call that nobody made is the worse.
            self.named_again = True
            return True
        known = self.text.text if self.whole is None else self.whole
        return bool(call_id) and arguments in (None, "", known)

    def is_over(self, name: str, arguments: Any) -> bool:
        """Whether a piece that might go on with this call begins the next one."""
        if name and self.name and name != self.name:
            return True
        return bool(arguments) and bool(name or self.named_again) and self.complete


class CallAssembler:
    """Gives each call as soon as it is complete and the next one has begun.

    Understood are pieces with an index, with an id, with neither (of the last call),
    calls that share an index, arguments sent whole, as an object, or encoded twice.
    """

    def __init__(self, maker: CallMaker) -> None:
        self._maker = maker
        self._calls: list[_Call] = []
        self.extras: dict[str, dict[str, Any]] = {}
        """`extra_content` of the calls that were given, by id: Gemini's signatures."""

    def feed(self, piece: Piece) -> Iterator[ToolCall]:
        """Take the next piece and give the calls that are complete by it."""
        function = piece.get("function")
        function = function if isinstance(function, dict) else {}
        call_id = as_text(piece.get("id"))
        name = as_text(function.get("name"))
        arguments = function.get("arguments")
        call = self._find(piece.get("index"), call_id)
        if call is None and not (call_id or name):
            call = self._begun_without_index()
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
            call.add(arguments)
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
        for call in reversed(self._calls):
            if index is not None and call.index != index:
                continue
            if call_id in ("", call.id) or not call.id:
                return call
            if index is not None:
                return None
        return None

    def _begun_without_index(self) -> _Call | None:
        """Return the call that a nameless piece with an index of its own goes on with."""
        last = self._calls[-1] if self._calls else None
        return last if last and last.index is None and not last.complete else None

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
        arguments = call.text.text if call.whole is None else call.whole
        made = self._maker.make(call.id, call.name, arguments, cut_off=cut_off)
        if call.extra:
            self.extras[made.id] = call.extra
        return made
