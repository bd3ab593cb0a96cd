"""An OpenAI-compatible server that plays a script, or else plans."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
import json
from typing import Any, Self

from aiohttp import web

from .play import play, play_at_once
from .script import Finish, Status, Step, Text, UsageChunk, whole_call

type Brain = Callable[[dict[str, Any]], list[Step]]
"""Makes the steps of a reply from a request's JSON."""


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    json: Any
    """None if the body is not JSON."""

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages of a chat request."""
        messages: list[dict[str, Any]] = self.json["messages"]
        return messages

    @property
    def tool_names(self) -> list[str]:
        """The names of the tools that were offered."""
        return [tool["function"]["name"] for tool in self.json.get("tools", ())]


@dataclass(slots=True, eq=False)
class Reply:
    """One reply of the script, and how far it has come.

    `started` is set when its request has arrived, `sent` when all of it was
    written, `gone` when the client closed the connection before that.
    """

    steps: tuple[Step, ...]
    stream: bool = True
    """False answers with one JSON body even where a stream was asked for."""
    done_marker: bool = True
    """Whether the stream ends with `[DONE]`."""
    request: RecordedRequest | None = None
    started: asyncio.Event = field(default_factory=asyncio.Event)
    sent: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)


class ModelServer:
    """A model server on 127.0.0.1 with a queue of replies.

    Each chat request takes the next reply of the queue. If there is none, `brain`
    answers; without a brain it is status 500, and the request is kept in
    `unscripted`, which a test may assert to be empty.

    Queue replies before they are asked for; each method returns the `Reply`:

    - `reply("It is ", "sunny.")`: text, piece by piece.
    - `call(("HassTurnOn", {"name": "Lamp"}), ("GetDateTime", {}))`: tool calls.
    - `script(Thinking("hm"), "Yes", event, *whole_call("x", {}), Drop())`: any
      steps; an `asyncio.Event` among them is waited for.
    - `fail(503)`, `fail(429, headers={"Retry-After": "1"})`: a status.

    A request for a single token only has the server read the prompt: it is kept in
    `primes`, and takes a reply of its own from `on_prime`, or else an empty one.

    The same for `GET /v1/models`: set `models`, or queue with `fail_models`.
    With `api_key` set, requests without that bearer token get 401.
    """

    def __init__(self, brain: Brain | None = None) -> None:
        """Make a server that is not started."""
        self.brain = brain
        self.models = ["demo"]
        self.api_key: str | None = None
        self.requests: list[RecordedRequest] = []
        """The chat requests, in order of arrival."""
        self.primes: list[RecordedRequest] = []
        self.other_requests: list[RecordedRequest] = []
        self.unscripted: list[RecordedRequest] = []
        self.port = 0
        self._replies: deque[Reply] = deque()
        self._prime_replies: deque[Reply] = deque()
        self._model_faults: deque[Status] = deque()
        self._runner: web.AppRunner | None = None
        self.client_ports: set[int] = set()
        """One for each connection that was made."""
        self._connections: set[asyncio.Transport] = set()
        self._answering: set[asyncio.Task[Any]] = set()
        self._arrived = asyncio.Condition()

    @property
    def url(self) -> str:
        """The address to give to a client, with /v1."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def open_connections(self) -> int:
        """How many connections clients hold open now."""
        self._connections = {c for c in self._connections if not c.is_closing()}
        return len(self._connections)

    @property
    def pending(self) -> int:
        """How many queued replies nobody has asked for."""
        return len(self._replies)

    async def start(self, port: int = 0) -> Self:
        """Listen on 127.0.0.1; port 0 takes a free one.

        Raises OSError if the port is taken.
        """
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_get("/v1/models", self._handle_models)
        app.router.add_post("/v1/chat/completions", self._handle_chat)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def close(self) -> None:
        """End what is being answered and stop listening."""
        for task in self._answering:
            task.cancel()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def script(
        self, *steps: Step, stream: bool = True, done_marker: bool = True
    ) -> Reply:
        """Queue a reply made of these steps."""
        reply = Reply(steps, stream, done_marker)
        self._replies.append(reply)
        return reply

    def reply(self, *pieces: str, usage: UsageChunk | None = None) -> Reply:
        """Queue an answer in text, one delta a piece."""
        return self.script(*map(Text, pieces), *([usage] if usage else ()))

    def call(
        self,
        *calls: tuple[str, dict[str, Any]],
        text: str = "",
        usage: UsageChunk | None = None,
    ) -> Reply:
        """Queue tool calls of (name, arguments), after `text` if there is any."""
        steps: list[Step] = [Text(text)] if text else []
        for index, (name, arguments) in enumerate(calls):
            # Ids are unique over a conversation, as a real server's are.
            call_id = f"call_{len(self.requests) + len(self._replies)}_{index}"
            steps += whole_call(name, arguments, index=index, id=call_id)
        return self.script(*steps, *([usage] if usage else ()))

    def fail(
        self,
        status: int,
        body: dict[str, Any] | str = "",
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Queue an answer with this status in place of a stream."""
        return self.script(Status(status, body, headers or {}))

    def on_prime(self, *steps: Step) -> Reply:
        """Queue a reply for a request for a single token."""
        reply = Reply(steps)
        self._prime_replies.append(reply)
        return reply

    def fail_models(
        self,
        status: int,
        body: dict[str, Any] | str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        """Queue this answer for the next `GET /v1/models`."""
        self._model_faults.append(Status(status, body, headers or {}))

    async def wait_for_requests(self, count: int) -> None:
        """Wait until `count` chat requests have arrived in all."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.requests) >= count)

    async def _handle_models(self, request: web.Request) -> web.StreamResponse:
        self.other_requests.append(await self._record(request))
        if self._model_faults:
            return status_response(self._model_faults.popleft())
        if (refused := self._refuse(request)) is not None:
            return refused
        models = [{"id": name, "object": "model"} for name in self.models]
        return web.json_response({"object": "list", "data": models})

    async def _handle_chat(self, request: web.Request) -> web.StreamResponse:
        recorded = await self._record(request)
        primes = _is_prime(recorded)
        (self.primes if primes else self.requests).append(recorded)
        async with self._arrived:
            self._arrived.notify_all()
        if (refused := self._refuse(request)) is not None:
            return refused
        reply = self._next_prime() if primes else self._next_reply(recorded)
        reply.request = recorded
        reply.started.set()
        task = asyncio.current_task()
        assert task is not None
        self._answering.add(task)
        try:
            response = await self._answer(request, recorded, reply)
        except asyncio.CancelledError, ConnectionResetError:
            reply.gone.set()
            raise
        finally:
            self._answering.discard(task)
        reply.sent.set()
        return response

    async def _answer(
        self, request: web.Request, recorded: RecordedRequest, reply: Reply
    ) -> web.StreamResponse:
        if reply.steps and isinstance(reply.steps[0], Status):
            return status_response(reply.steps[0])
        if reply.stream and recorded.json.get("stream"):
            return await play(request, recorded.json, reply.steps, reply.done_marker)
        return await play_at_once(request, recorded.json, reply.steps)

    async def _record(self, request: web.Request) -> RecordedRequest:
        if isinstance(request.transport, asyncio.Transport):
            self._connections.add(request.transport)
            self.client_ports.add(request.transport.get_extra_info("peername")[1])
        body = await request.read()
        try:
            parsed = json.loads(body)
        except ValueError:
            parsed = None
        return RecordedRequest(request.path, dict(request.headers), body, parsed)

    def _refuse(self, request: web.Request) -> web.Response | None:
        bearer = request.headers.get("Authorization")
        if self.api_key is None or bearer == f"Bearer {self.api_key}":
            return None
        error = {"message": "Incorrect API key provided", "code": "invalid_api_key"}
        return web.json_response({"error": error}, status=401)

    def _next_prime(self) -> Reply:
        return self._prime_replies.popleft() if self._prime_replies else Reply(())

    def _next_reply(self, recorded: RecordedRequest) -> Reply:
        if self._replies:
            return self._replies.popleft()
        if not isinstance(recorded.json, dict) or "messages" not in recorded.json:
            return Reply((Status(400, "not a chat request"),))
        if self.brain is not None:
            return Reply(tuple(self.brain(recorded.json)))
        self.unscripted.append(recorded)
        return Reply((Status(500, "no reply is scripted"), Finish(None)))


def _is_prime(recorded: RecordedRequest) -> bool:
    if not isinstance(recorded.json, dict):
        return False
    return 1 in (
        recorded.json.get("max_tokens"),
        recorded.json.get("max_completion_tokens"),
    )


def status_response(step: Status) -> web.Response:
    """Return the response of a status step."""
    if isinstance(step.body, dict):
        return web.json_response(step.body, status=step.status, headers=step.headers)
    return web.Response(text=step.body, status=step.status, headers=step.headers)
