"""Server-sent events, parsed as the HTML standard says.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

import re

MAX_EVENT_BYTES = 2**20
"""Bytes of one event: 20 times what a model says; with more its server is broken."""

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventTooLongError(ValueError):
    """An event is longer than MAX_EVENT_BYTES."""


class EventParser:
    """Takes bytes as they come and gives the data of each complete event.

    An event is given as soon as the line break that ends it has begun. Event types, ids
    and retry times are ignored.
    """

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max = max_event_bytes
        self._pieces: list[bytes] = []
        self._data: list[str] = []
        self._size = 0
        self._first_line = True
        self._after_return = False

    def feed(self, chunk: bytes) -> list[str]:
        """Take bytes; return the data of events that they end. Raises EventTooLongError."""
        if self._after_return and chunk:
            # The line feed of a CRLF that the last chunk's end parted.
            self._after_return = False
            chunk = chunk.removeprefix(b"\n") if chunk[0] == 0x0A else chunk
        if not chunk:
            return []
        self._after_return = chunk.endswith(b"\r")
        first, *others = _LINE_END.split(chunk)
        events: list[str] = []
        self._grow(first)
        for line in others:
            if (event := self._end_line()) is not None:
                events.append(event)
            self._grow(line)
        if not events:
            self._check_size()
        return events

    def _check_size(self) -> None:
        if self._size > self._max:
            raise EventTooLongError(f"An event is longer than {self._max} bytes")

    def _grow(self, piece: bytes) -> None:
        if not piece:
            return
        self._pieces.append(piece)
        self._size += len(piece)

    def _end_line(self) -> str | None:
        """Take in a complete line; return an event's data if the line ends it."""
        line = b"".join(self._pieces)
        self._pieces.clear()
        if self._first_line:
            self._first_line = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            return self._end_event()
        field, _, value = line.partition(b":")
        if field == b"data":
            # A line is decoded whole, so no chunk boundary parts a character.
            text = value.removeprefix(b" ").decode("utf-8", "replace")
            self._data.append(text)
        else:
            self._size -= len(line)
        return None

    def _end_event(self) -> str | None:
        self._check_size()
        data = self._data
        self._data = []
        self._size = 0
        return "\n".join(data) if data else None
