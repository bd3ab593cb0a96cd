"""A connection that fails, in whichever way, is one ProviderError."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
import socket
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver
import pytest

from custom_components.chatterbox.providers import http
from custom_components.chatterbox.providers.base import (
    ModelRequest,
    ProviderErrorKind as Kind,
    TextDelta,
)
from custom_components.chatterbox.providers.openai.client import OpenAIProvider
from scripts.demo_model import ModelServer

from ..asking import ask, both_faults, fault, request, said

type Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]


@asynccontextmanager
async def raw_server(talk: Talk) -> AsyncIterator[str]:
    """Listen on 127.0.0.1 and talk to each connection; give host and port."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    try:
        yield f"{host}:{port}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_stream_that_ends_without_a_finish_reason(session: Any) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
            b'data: {"choices":[{"delta":{"content":"Half"}}]}\n\n'
        )
        await writer.drain()

    async with raw_server(talk) as host:
        events, error = await fault(OpenAIProvider(session, f"http://{host}/v1"))
    assert events == [TextDelta("Half")]
    assert error.kind is Kind.STREAM_BROKEN


async def test_silence_before_the_status(session: aiohttp.ClientSession) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    asked = ModelRequest("demo", request().messages, timeout=0.05)
    async with raw_server(talk) as host:
        events, error = await fault(OpenAIProvider(session, f"http://{host}/v1"), asked)
    assert (events, error.kind) == ([], Kind.TIMEOUT)


async def test_a_connection_that_is_never_made(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    monkeypatch.setattr(http, "CONNECT_TIMEOUT", 0.05)
    async with raw_server(talk) as host:
        # The server never answers the TLS handshake.
        provider = OpenAIProvider(session, f"https://{host}/v1")
        for error in await both_faults(provider):
            assert error.kind is Kind.TIMEOUT


async def test_a_server_that_speaks_no_tls(
    session: aiohttp.ClientSession, model_server: ModelServer
) -> None:
    provider = OpenAIProvider(session, model_server.url.replace("http:", "https:"))
    for error in await both_faults(provider):
        assert error.kind is Kind.NO_TLS


async def test_a_server_that_is_not_there(session: aiohttp.ClientSession) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for error in await both_faults(
        OpenAIProvider(session, f"http://127.0.0.1:{port}/v1")
    ):
        assert error.kind is Kind.CANNOT_CONNECT


async def test_a_name_that_is_not_known(socket_enabled: None) -> None:
    class Unknown(AbstractResolver):
        async def resolve(self, *_: Any, **__: Any) -> Any:
            raise OSError("Name or service not known")

        async def close(self) -> None:
            pass

    connector = aiohttp.TCPConnector(resolver=Unknown())
    async with aiohttp.ClientSession(connector=connector) as session:
        for error in await both_faults(OpenAIProvider(session, "http://nowhere/v1")):
            assert error.kind is Kind.CANNOT_CONNECT


async def test_a_server_that_speaks_no_http(session: aiohttp.ClientSession) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()
        await reader.read()

    async with raw_server(talk) as host:
        for error in await both_faults(OpenAIProvider(session, f"http://{host}/v1")):
            assert error.kind is Kind.NOT_A_MODEL_SERVER


async def test_a_server_that_hangs_up_is_asked_twice(
    session: aiohttp.ClientSession,
) -> None:
    asked = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        await reader.readuntil(b"\r\n\r\n")
        asked += 1

    async with raw_server(talk) as host:
        _, error = await fault(OpenAIProvider(session, f"http://{host}/v1"))
    assert error.kind is Kind.STREAM_BROKEN
    assert asked == 2


async def test_a_kept_connection_that_was_closed_does_no_harm(
    session: aiohttp.ClientSession,
) -> None:
    answer = (
        b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n{"choices":[{"message":'
        b'{"content":"ok"},"finish_reason":"stop"}]}'
    )
    answer %= len(answer.split(b"\r\n\r\n")[1])
    heads: list[int] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = len(set(heads))
        while head := await reader.readuntil(b"\r\n\r\n"):
            heads.append(connection)
            if heads.count(connection) > 1:
                # The second request on a connection finds it closed.
                return
            length = int(head.lower().split(b"content-length: ")[1].split()[0])
            await reader.readexactly(length)
            writer.write(answer)
            await writer.drain()

    async with raw_server(talk) as host:
        provider = OpenAIProvider(session, f"http://{host}/v1")
        assert said(await ask(provider)) == "ok"
        assert said(await ask(provider)) == "ok"
    assert heads == [0, 0, 1]


@pytest.mark.parametrize(
    "url",
    ["", "model server", "127.0.0.1:8080", "ftp://host/v1", "http://", "http://[/v1"],
)
async def test_an_address_that_is_none(
    session: aiohttp.ClientSession, url: str
) -> None:
    for error in await both_faults(OpenAIProvider(session, url)):
        assert error.kind is Kind.INVALID_URL


@pytest.mark.parametrize("key", ["schlüssel", "two\nlines", "\x00"])
async def test_a_key_that_cannot_be_sent(
    session: aiohttp.ClientSession, model_server: ModelServer, key: str
) -> None:
    provider = OpenAIProvider(session, model_server.url, key)
    for error in await both_faults(provider):
        assert error.kind is Kind.INVALID_AUTH
        assert key not in str(error)
