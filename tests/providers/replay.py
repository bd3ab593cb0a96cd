"""A model server that answers with the bytes that it is given."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
import json
from typing import Any, Self

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Answer:
    """The bytes of one answer, and how they end."""

    body: bytes
    content_type: str = "text/event-stream"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    size: int | None = None
    """Bytes that are written at once; None writes all."""
    end: str = "whole"
    """`whole`, `cut` (the connection breaks) or `stall` (nothing more comes)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    query: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


class ReplayServer:
    """Answers each POST with the next of `answers`, and each path with its JSON."""

    def __init__(self) -> None:
        """Start with nothing to answer."""
        self.answers: deque[Answer] = deque()
        self.pages: dict[str, Any] = {}
        """JSON by path, for all but the requests that `answers` are for."""
        self.asked: list[Asked] = []
        self.other: list[Asked] = []
        self.gone = asyncio.Event()
        """Set when the client has left an answer that stalls."""
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def origin(self) -> str:
        """The address without a path."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> Self:
        """Listen on a free port of 127.0.0.1."""
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def close(self) -> None:
        """Stop listening."""
        if self._runner:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(
            request.method,
            request.path,
            dict(request.headers),
            await request.read(),
            dict(request.query),
        )
        if request.path in self.pages:
            self.other.append(asked)
            page = self.pages[request.path]
            page = page(asked) if callable(page) else page
            return page if isinstance(page, web.Response) else web.json_response(page)
        if request.method != "POST":
            self.other.append(asked)
            return web.Response(status=404)
        self.asked.append(asked)
        answer = self.answers.popleft()
        try:
            return await self._play(request, answer)
        finally:
            if answer.end == "stall":
                self.gone.set()

    async def _play(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        headers = {"Content-Type": answer.content_type, **answer.headers}
        response = web.StreamResponse(status=answer.status, headers=headers)
        await response.prepare(request)
        step = answer.size or len(answer.body) or 1
        for start in range(0, len(answer.body), step):
            await response.write(answer.body[start : start + step])
        if answer.end == "cut" and request.transport:
            request.transport.close()
        elif answer.end == "stall":
            await asyncio.Event().wait()
        return response
