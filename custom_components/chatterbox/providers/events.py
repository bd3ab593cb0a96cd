"""The events of a streamed answer, from the bytes of its response."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Protocol

import aiohttp

from .base import ProviderError, ProviderErrorKind as Kind
from .http import MAX_RESPONSE_BYTES, read_error
from .sse import MAX_EVENT_BYTES, EventParser, EventTooLongError

TRAILER_TIMEOUT = 1.0
"""Seconds for usage and the end of the stream, once the model has stopped."""

_DONE = "[DONE]"


class Progress(Protocol):
    """How far whoever reads the events has come."""

    @property
    def understood(self) -> bool:
        """Whether any event was one of an answer."""

    @property
    def stopped(self) -> bool:
        """Whether the model was said to have stopped."""

    @property
    def goes_on(self) -> bool:
        """Whether it has gone on all the same."""


async def read_events(
    response: aiohttp.ClientResponse, progress: Progress
) -> AsyncGenerator[str]:
    """Give the data of each event; a body that came without streaming is one.

    Which it is, its first character shows. Reads to the end, so that the connection can
    be used again. Raises ProviderError if it breaks or stalls before that.
    """
    body = _Body(response)
    start = b""
    while not start and (chunk := await body.next()):
        start = chunk.lstrip()
    if start[:1] in (b"{", b"["):
        yield await body.rest(start)
        return
    if not start or start.startswith(b"<"):
        kind = Kind.NOT_A_MODEL_SERVER if start else Kind.STREAM_BROKEN
        raise ProviderError(kind, "A page came" if start else "Nothing came")
    parser = EventParser()
    done = False
    chunk = start
    while chunk:
        try:
            events = parser.feed(chunk)
        except EventTooLongError as err:
            raise ProviderError(Kind.TOO_LONG, str(err)) from err
        for data in events:
            done = done or data.strip() == _DONE
            if not done:
                yield data
        if done or (progress.stopped and not progress.goes_on):
            body.hurry()
        else:
            body.take_time()
        chunk = await body.next()
    if not (done or progress.stopped):
        streamed = progress.understood or response.content_type == "text/event-stream"
        kind = Kind.STREAM_BROKEN if streamed else Kind.NOT_A_MODEL_SERVER
        raise ProviderError(kind, "The stream ended before the answer did")


async def read_lines(
    response: aiohttp.ClientResponse, progress: Progress
) -> AsyncGenerator[str]:
    """Give each line of a body of JSON lines. Raises ProviderError."""
    body = _Body(response)
    held: list[bytes] = []
    size = 0
    while chunk := await body.next():
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            line, held, size = b"".join((*held, piece)), [], 0
            _check_line(len(line))
            if line.strip():
                yield line.decode("utf-8", "replace")
        held.append(rest)
        size += len(rest)
        _check_line(size)
        if progress.stopped:
            body.hurry()
    # A body that came without streaming ends without a line's end.
    if (line := b"".join(held)).strip():
        yield line.decode("utf-8", "replace")
    if not progress.stopped:
        kind = Kind.STREAM_BROKEN if progress.understood else Kind.NOT_A_MODEL_SERVER
        raise ProviderError(kind, "The stream ended before the answer did")


def _check_line(size: int) -> None:
    if size > MAX_EVENT_BYTES:
        raise ProviderError(Kind.TOO_LONG, "A line is too long")


class _Body:
    """The bytes of a response, with an end to patience once all that matters came."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._content = response.content
        self._deadline: float | None = None
        self._size = 0

    def hurry(self) -> None:
        """Wait TRAILER_TIMEOUT more in all, and take any fault for the end."""
        if self._deadline is None:
            now = asyncio.get_running_loop().time()
            self._deadline = now + TRAILER_TIMEOUT

    def take_time(self) -> None:
        """Take back `hurry`: it was not the end."""
        self._deadline = None

    async def next(self) -> bytes:
        """Return the next bytes, none at the end. Raises ProviderError."""
        try:
            async with asyncio.timeout_at(self._deadline):
                chunk = await self._content.readany()
        except (aiohttp.ClientError, TimeoutError) as err:
            if self._deadline is None:
                raise read_error(err) from err
            return b""
        self._size += len(chunk)
        if self._size > MAX_RESPONSE_BYTES:
            raise ProviderError(
                Kind.TOO_LONG, f"The answer is longer than {MAX_RESPONSE_BYTES} bytes"
            )
        return chunk

    async def rest(self, start: bytes) -> str:
        """Return `start` and all that is left, as text. Raises ProviderError."""
        pieces = [start]
        while chunk := await self.next():
            pieces.append(chunk)
        return b"".join(pieces).decode("utf-8", "replace")
