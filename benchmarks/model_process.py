"""A scripted model server in a process of its own, for agents of any protocol.

It speaks as OpenAI and as Ollama do. What it is to play, and what it has seen, go
through `/control`. In a process of its own it takes no processor time from the agents.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
import json
from pathlib import Path
import sys
import time
from typing import Any

import aiohttp
from aiohttp import web

from scripts.demo_model import CallPiece, Pause, Step, Text
from scripts.demo_model.play import play

from .scripted_model import Case, ScriptedModel


@dataclass(frozen=True, slots=True)
class Seen:
    """A request of an agent."""

    size: int
    """Bytes of its body."""
    seconds: float
    """From its arrival to the last byte of the answer."""
    body: dict[str, Any]
    """Empty unless bodies were asked for."""


class _Server:
    """Plays a case to whoever asks."""

    def __init__(self) -> None:
        """Start with nothing to play."""
        self._model = ScriptedModel(Case("", "", "", "Hello."))
        self._seen: list[Seen] = []
        self._bodies = False

    def app(self) -> web.Application:
        """Return what is served."""
        app = web.Application(client_max_size=2**26)
        app.router.add_post("/v1/chat/completions", self._openai)
        app.router.add_post("/api/chat", self._ollama)
        app.router.add_get("/v1/models", _models)
        app.router.add_get("/api/tags", _models)
        app.router.add_post("/control", self._control)
        return app

    async def _control(self, request: web.Request) -> web.Response:
        """Return what was seen since the last time, and play what is given."""
        asked = await request.json()
        seen, self._seen = self._seen, []
        if case := asked.get("case"):
            self._model = ScriptedModel(
                Case(**case), ttft=asked["ttft"], token=asked["token"]
            )
        self._bodies = asked.get("bodies", self._bodies)
        return web.json_response([asdict(each) for each in seen])

    async def _openai(self, request: web.Request) -> web.StreamResponse:
        async with self._noted(request) as body:
            return await play(request, body, self._model(body), True)

    async def _ollama(self, request: web.Request) -> web.StreamResponse:
        async with self._noted(request) as body:
            response = web.StreamResponse(
                headers={"Content-Type": "application/x-ndjson"}
            )
            await response.prepare(request)
            async for message in _messages(self._model(body)):
                line = {"model": "m", "message": message, "done": False}
                await response.write(json.dumps(line).encode() + b"\n")
            end = {"role": "assistant", "content": ""}
            line = {"model": "m", "message": end, "done": True, "done_reason": "stop"}
            await response.write(json.dumps(line).encode() + b"\n")
            await response.write_eof()
            return response

    @asynccontextmanager
    async def _noted(self, request: web.Request) -> AsyncIterator[dict[str, Any]]:
        """Read a request and note it once it is answered."""
        started = time.perf_counter()
        raw = await request.read()
        body: dict[str, Any] = json.loads(raw)
        yield body
        self._seen.append(
            Seen(len(raw), time.perf_counter() - started, body if self._bodies else {})
        )


async def _models(_: web.Request) -> web.Response:
    return web.json_response({"data": [{"id": "m"}], "models": [{"model": "m"}]})


async def _messages(steps: Iterable[Step]) -> AsyncIterator[dict[str, Any]]:
    """Yield the messages of Ollama's stream: calls come whole."""
    calls: dict[int | None, dict[str, Any]] = {}
    for step in steps:
        match step:
            case Pause(seconds):
                if seconds:
                    await asyncio.sleep(seconds)
            case Text(text):
                yield {"role": "assistant", "content": text}
            case CallPiece():
                call = calls.setdefault(step.index, {"name": "", "arguments": ""})
                call["name"] += step.name or ""
                call["arguments"] += step.arguments or ""
    if calls:
        yield {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"function": {**call, "arguments": json.loads(call["arguments"])}}
                for call in calls.values()
            ],
        }


@dataclass(slots=True)
class ModelProcess:
    """The server's process, and the way to tell it what to play."""

    port: int
    _session: aiohttp.ClientSession

    @property
    def address(self) -> str:
        """Return its address, without /v1."""
        return f"http://127.0.0.1:{self.port}"

    async def play(
        self,
        case: Case | None = None,
        *,
        ttft: float = 0.0,
        token: float = 0.0,
        bodies: bool = False,
    ) -> list[Seen]:
        """Let it play a case from now on; returns what it has seen up to now."""
        asked: dict[str, Any] = {"bodies": bodies, "ttft": ttft, "token": token}
        if case:
            asked["case"] = asdict(case)
        url = f"{self.address}/control"
        async with self._session.post(url, json=asked) as response:
            return [Seen(**each) for each in await response.json()]


@asynccontextmanager
async def model_process() -> AsyncIterator[ModelProcess]:
    """Start a server in a process of its own, and end it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.model_process"),
        cwd=Path(__file__).parents[1],
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    try:
        port = int(await process.stdout.readline())
        async with aiohttp.ClientSession() as session:
            yield ModelProcess(port, session)
    finally:
        process.terminate()
        await process.wait()


async def _serve() -> None:
    runner = web.AppRunner(_Server().app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
