"""Stands between an agent and a model server, and counts what goes through."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
import json
from typing import Any, Final, Self
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from aiohttp import web

_HOP: Final = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "host",
        "keep-alive",
        "transfer-encoding",
    }
)
_KEPT: Final = 8 * 2**20
"""Bytes of an answer that are read for its usage."""

_TOKENS: Final[Mapping[str, tuple[str, ...]]] = {
    "input": ("prompt_tokens", "input_tokens", "prompt_eval_count"),
    "output": ("completion_tokens", "output_tokens", "eval_count"),
    "cached": ("cached_tokens", "cache_read_input_tokens"),
}
"""What servers call the tokens that they read, wrote, and had read before."""


@dataclass(slots=True)
class Usage:
    """What the calls of a task came to; tokens are None if no server told them."""

    model_calls: int = 0
    input: int | None = None
    output: int | None = None
    cached: int | None = None

    def add(self, tokens: Mapping[str, int]) -> None:
        """Add one answer's tokens."""
        for name, count in tokens.items():
            setattr(self, name, (getattr(self, name) or 0) + count)


class Relay:
    """A server on 127.0.0.1 that passes on what it is asked, byte for byte."""

    def __init__(self, url: str) -> None:
        """Take the address of the model server, path and all."""
        self._upstream = urlsplit(url)
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self.port = 0
        self.usage = Usage()
        self.lost: str | None = None
        """Why the server could not be asked, if it could not."""

    @property
    def url(self) -> str:
        """The address to give to an agent."""
        return f"http://127.0.0.1:{self.port}{self._upstream.path}"

    async def start(self) -> Self:
        """Listen."""
        self._session = aiohttp.ClientSession(
            # A server may close a connection that it keeps while it is asked again.
            connector=aiohttp.TCPConnector(force_close=True),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
            auto_decompress=False,
        )
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/{tail:.*}", self._pass_on)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def close(self) -> None:
        """Stop."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        assert self._session is not None
        body = await request.read()
        counts = request.method == "POST" and _asks(body)
        self.usage.model_calls += counts
        address = urlunsplit(
            (
                self._upstream.scheme,
                self._upstream.netloc,
                request.path,
                request.query_string,
                "",
            )
        )
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP}
        try:
            async with self._session.request(
                request.method,
                address,
                data=body,
                headers=headers | {"Accept-Encoding": "identity"},
            ) as answer:
                return await self._answer(request, answer, counts)
        except aiohttp.ClientError as err:
            self.lost = f"{address}: {err or type(err).__name__}"
            if (transport := request.transport) is not None:
                transport.abort()
            return web.Response(status=502)

    async def _answer(
        self, request: web.Request, answer: aiohttp.ClientResponse, counts: bool
    ) -> web.StreamResponse:
        headers = {k: v for k, v in answer.headers.items() if k.lower() not in _HOP}
        response = web.StreamResponse(status=answer.status, headers=headers)
        await response.prepare(request)
        kept = bytearray()
        async for chunk in answer.content.iter_any():
            if len(kept) < _KEPT:
                kept += chunk
            await response.write(chunk)
        await response.write_eof()
        if counts:
            self.usage.add(tokens_in(bytes(kept)))
        return response


def _asks(body: bytes) -> bool:
    """Return whether a request is for an answer, not only for the prompt to be read."""
    try:
        data = json.loads(body)
    except ValueError:
        return False
    if not isinstance(data, dict) or not ("messages" in data or "input" in data):
        return False
    return 1 not in (data.get("max_tokens"), data.get("max_completion_tokens"))


def tokens_in(body: bytes) -> dict[str, int]:
    """Return the tokens that an answer tells: `input`, `output`, `cached`."""
    found: dict[str, int] = {}
    for event in _events(body):
        for facts in _usages(event):
            for name, keys in _TOKENS.items():
                for key in keys:
                    if isinstance(count := facts.get(key), int):
                        found[name] = max(count, found.get(name, 0))
    return found


def _events(body: bytes) -> Iterator[Any]:
    """Yield the JSON of an answer: of the whole, or of each line or event."""
    try:
        yield json.loads(body)
    except ValueError:
        for line in body.splitlines():
            text = line.removeprefix(b"data:").strip()
            if text.startswith(b"{"):
                try:
                    yield json.loads(text)
                except ValueError:
                    continue


def _usages(event: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every place where a server may tell tokens."""
    if not isinstance(event, dict):
        return
    if "eval_count" in event or "prompt_eval_count" in event:
        yield event
    if isinstance(usage := event.get("usage"), dict):
        yield usage
        for details in ("prompt_tokens_details", "input_tokens_details"):
            if isinstance(usage.get(details), dict):
                yield usage[details]
    if isinstance(timings := event.get("timings"), dict):
        # llama.cpp's, which it tells unasked: read anew, read before, and written.
        cached = timings.get("cache_n") or 0
        yield {
            "prompt_tokens": (timings.get("prompt_n") or 0) + cached,
            "completion_tokens": timings.get("predicted_n"),
            "cached_tokens": cached,
        }
    for key in ("response", "message"):
        if isinstance(inner := event.get(key), dict):
            yield from _usages(inner)
