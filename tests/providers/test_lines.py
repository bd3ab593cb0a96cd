"""JSON lines, as Ollama streams them, in any pieces."""

import asyncio
from collections.abc import Iterable
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
from hypothesis import given, strategies as st

from custom_components.chatterbox.providers.events import read_lines

LINES = st.lists(
    st.text(st.characters(exclude_characters="\n"), max_size=12)
    | st.sampled_from(["", " ", "\r", '{"a": "\\n"}', "{", "\u2028", "\x85"]),
    max_size=8,
)
STOPPED = SimpleNamespace(understood=True, stopped=True, goes_on=False)


class Body:
    """A response whose body comes in these pieces."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        """Take the pieces; an empty one would be the end."""
        self._pieces = iter([*filter(None, pieces), b""])
        self.content = self

    async def readany(self) -> bytes:
        """Return the next."""
        return next(self._pieces)


async def read(pieces: Iterable[bytes]) -> list[str]:
    """Return the lines."""
    response = cast("aiohttp.ClientResponse", Body(pieces))
    return [line async for line in read_lines(response, cast("Any", STOPPED))]


@given(LINES, st.booleans(), st.data())
def test_any_lines_in_any_pieces(
    lines: list[str], ended: bool, data: st.DataObject
) -> None:
    """Each line comes once, whole and in order; blank ones are none."""
    body = ("\n".join(lines) + ("\n" if ended else "")).encode("utf-8", "replace")
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=8))
    edges = [0, *sorted(cuts), len(body)]
    pieces = [body[start:end] for start, end in pairwise(edges)]
    expected = [part.decode() for part in body.split(b"\n") if part.strip()]
    assert asyncio.run(read(pieces)) == expected
