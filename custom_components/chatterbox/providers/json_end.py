"""JSON that comes in pieces, of which each character is looked at once."""

import re
from typing import Final

_SPECIAL: Final = re.compile(r'["\\{}\[\]]')


class JsonScanner:
    """Tells where values end. It does not say whether they are valid."""

    def __init__(self) -> None:
        self.ended = 0
        """How many objects, lists and texts have ended."""
        self._depth = 0
        self._in_text = False
        self._escaped = False

    @property
    def at_rest(self) -> bool:
        """Whether no value is open."""
        return not (self._depth or self._in_text)

    def feed(self, piece: str) -> int | None:
        """Take the next piece; return where in it the first value ends, if it does."""
        if not piece:
            return None
        skip = 0 if self._escaped else -1
        end = None
        for match in _SPECIAL.finditer(piece):
            at, char = match.start(), match.group()
            if at == skip:
                continue
            if char == "\\":
                skip = at + 1 if self._in_text else skip
            elif self._step(char) and end is None:
                end = at + 1
        self._escaped = skip == len(piece)
        return end if self.ended else None

    def _step(self, char: str) -> bool:
        """Take one character; return whether it ends a value at the top."""
        if char == '"':
            self._in_text = not self._in_text
        elif self._in_text:
            return False
        elif char in "{[":
            self._depth += 1
        elif self._depth:
            self._depth -= 1
        ends = self.at_rest and char in '"}]'
        self.ended += ends
        return ends


class JsonText:
    """A text of JSON that grows, and whether it may be whole by now."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._scanner = JsonScanner()
        self._spoilt = False

    def __bool__(self) -> bool:
        return any(self._pieces)

    def add(self, piece: str) -> None:
        """Take the next piece."""
        # An empty object may stand before the arguments; nothing stands after them.
        if self._scanner.ended > 1 and self._scanner.at_rest and piece.strip():
            self._spoilt = True
        self._pieces.append(piece)
        self._scanner.feed(piece)

    @property
    def text(self) -> str:
        """All that has come."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    @property
    def may_be_whole(self) -> bool:
        """Whether parsing is worth the while: it is but a few times for any text."""
        if self._spoilt or not self._scanner.at_rest:
            return False
        if self._scanner.ended:
            return self._scanner.ended < 3
        # A bare word: null.
        return 0 < sum(map(len, self._pieces)) < 16
