"""What proxies and careless servers do to an answer: it is right, or the server's error."""

import asyncio
from collections.abc import AsyncIterator
import gzip
import json
from typing import Any

import aiohttp
import pytest

from custom_components.chatterbox.providers.base import (
    ProviderErrorKind as Kind,
    ToolCall,
)
from custom_components.chatterbox.providers.client import HttpProvider
from custom_components.chatterbox.providers.registry import create_provider

from ..asking import ask, calls, fault, said
from .conftest import Spoken
from .wire import Call, Protocol

SAYS = "It is ☀, così."
ON = {"name": "Lamp ☀"}


def whole(protocol: Protocol) -> bytes:
    """Return an answer with text and two calls."""
    return protocol.answer(
        SAYS, Call("id_1", "HassTurnOn", ON), Call("id_2", "HassTurnOff", ON)
    )


def assert_whole(events: list[Any]) -> None:
    """Assert that nothing of `whole` is missing or was given twice."""
    assert said(events) == SAYS
    assert calls(events) == [("HassTurnOn", ON), ("HassTurnOff", ON)]


@pytest.mark.parametrize("size", [None, 1, 5], ids=["whole", "bytes", "fives"])
async def test_compressed(spoken: Spoken, size: int | None) -> None:
    """An answer that a proxy has compressed is read as it comes."""
    body = gzip.compress(whole(spoken.protocol))
    spoken.play(body, headers={"Content-Encoding": "gzip"}, size=size)
    assert_whole(await ask(spoken.provider))


async def test_compressed_and_broken(spoken: Spoken) -> None:
    """What cannot be decompressed is an answer that broke off."""
    body = bytearray(gzip.compress(whole(spoken.protocol)))
    body[len(body) // 2] ^= 0xFF
    spoken.play(bytes(body), headers={"Content-Encoding": "gzip"})
    _, error = await fault(spoken.provider)
    assert error.kind in (Kind.STREAM_BROKEN, Kind.NOT_A_MODEL_SERVER)


@pytest.mark.parametrize("size", [None, 1], ids=["whole", "bytes"])
async def test_carriage_returns(spoken: Spoken, size: int | None) -> None:
    """Lines may end as those of HTTP do."""
    body = whole(spoken.protocol).replace(b"\n", b"\r\n")
    spoken.play(body, size=size)
    assert_whole(await ask(spoken.provider))


async def test_byte_order_mark(spoken: Spoken) -> None:
    """A mark before the first event is none of it."""
    spoken.play(b"\xef\xbb\xbf" + whole(spoken.protocol))
    assert_whole(await ask(spoken.provider))


async def test_kept_alive(spoken: Spoken) -> None:
    """Comments and empty lines between all events are nothing said."""
    separator = b"\n" if spoken.provider.lines else b"\n\n"
    comment = b"\n\n" if spoken.provider.lines else b": keep-alive\n\n"
    events = whole(spoken.protocol).split(separator)
    spoken.play(comment + separator.join(comment + event for event in events))
    assert_whole(await ask(spoken.provider))


async def test_a_very_long_event(spoken: Spoken) -> None:
    """More than a model says is told, and the next answer is read."""
    spoken.answer("a" * 2**20)
    _, error = await fault(spoken.provider)
    assert error.kind is Kind.TOO_LONG
    spoken.play(whole(spoken.protocol))
    assert_whole(await ask(spoken.provider))


@pytest.fixture
async def old(
    spoken: Spoken, session: aiohttp.ClientSession
) -> AsyncIterator[HttpProvider]:
    """Give a client of a server of HTTP/1.0, whose answer ends with the connection."""
    head = f"HTTP/1.0 200 OK\r\nContent-Type: {spoken.protocol.content_type}\r\n\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        if spoken.protocol.ask_path.encode() in asked:
            writer.write(head.encode() + whole(spoken.protocol))
        else:
            page = spoken.protocol.pages["/api/show"]
            writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + json.dumps(page).encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}{spoken.protocol.base}"
        provider = create_provider(spoken.protocol.kind, session, url, None)
        assert isinstance(provider, HttpProvider)
        yield provider


async def test_http_1_0(old: HttpProvider) -> None:
    """An answer without a length ends where the connection does."""
    assert_whole(await ask(old))


async def test_an_error_behind_a_call(spoken: Spoken) -> None:
    """A status of 200 does not hide an error that follows what was said."""
    begun = spoken.protocol.answer(SAYS, Call("id_1", "HassTurnOn", ON), reason="none")
    spoken.play(begun + spoken.protocol.error)
    events, error = await fault(spoken.provider)
    assert SAYS.startswith(said(events))
    assert len(calls(events)) <= 1
    assert error.kind is Kind.SERVER_ERROR


ODD: dict[str, tuple[bytes, bytes]] = {
    "no id": (b'"id_1"', b"null"),
    "an id twice": (b'"id_2"', b'"id_1"'),
    "a number as id": (b'"id_1"', b"7"),
    "index missing": (b'"index": ', b'"was_index": '),
    "output index missing": (b'"output_index": ', b'"was_index": '),
}
"""What stands in place of what, in all of an answer; the calls are the same."""


@pytest.mark.parametrize(("old_bytes", "new"), ODD.values(), ids=ODD)
async def test_odd_fields(spoken: Spoken, old_bytes: bytes, new: bytes) -> None:
    """A call without a good id or index is the same call, with an id of its own."""
    spoken.play(whole(spoken.protocol).replace(old_bytes, new))
    events = await ask(spoken.provider)
    assert_whole(events)
    ids = [event.id for event in events if isinstance(event, ToolCall)]
    assert len(set(ids)) == 2
    assert all(ids)


@pytest.mark.parametrize("name", [b"null", b"7", b'""'])
async def test_a_call_without_a_name(spoken: Spoken, name: bytes) -> None:
    """What has no name runs nothing; the model is told."""
    spoken.play(whole(spoken.protocol).replace(b'"HassTurnOn"', name))
    events = await ask(spoken.provider)
    errors = {e.name: e.error for e in events if isinstance(e, ToolCall)}
    assert errors.pop("HassTurnOff") is None
    assert all(errors.values())


WRITTEN = rb'"{\"name\": \"Lamp \\u2600\"}"'
PLAIN = b'{"name": "Lamp \xe2\x98\x80"}'
ARGUMENTS: dict[str, tuple[bytes, dict[str, str]]] = {
    "an object": (PLAIN, ON),
    "null": (b"null", {}),
    "a list": (b"[1]", {}),
}


@pytest.mark.parametrize(("arguments", "expected"), ARGUMENTS.values(), ids=ARGUMENTS)
async def test_odd_arguments(
    spoken: Spoken, arguments: bytes, expected: dict[str, str]
) -> None:
    """Arguments as an object are arguments; what is none is told or is no argument."""
    body = spoken.protocol.answer(Call("id_1", "HassTurnOn", ON))
    found = WRITTEN if WRITTEN in body else PLAIN
    assert found in body
    spoken.play(body.replace(found, arguments))
    (call,) = (e for e in await ask(spoken.provider) if isinstance(e, ToolCall))
    assert call.arguments == expected
    assert (call.error is None) == (arguments != b"[1]")


async def test_arguments_in_pieces_alone(spoken: Spoken) -> None:
    """Arguments that came in pieces count where the call that follows has none."""
    body = spoken.protocol.answer(Call("id_1", "HassTurnOn", ON))
    pieces, done, item = body.partition(b"response.output_item.done")
    spoken.play(pieces + done + item.replace(WRITTEN, b"null"))
    assert calls(await ask(spoken.provider)) == [("HassTurnOn", ON)]
