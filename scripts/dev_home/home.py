"""The demo home while it runs: its programs, and how to find it again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, replace
import json
import os
from pathlib import Path
import re
import socket

from . import folder as home_folder
from .agent import find_pipeline, set_up_agent
from .client import POLL, HomeClient, HomeError, answers
from .dashboard import make_dashboard
from .furnish import furnish
from .options import DEFAULT_PORT, ModelChoice, Options
from .processes import Program, running
from .progress import step

START_LIMIT = 180.0
"""Seconds for a program to answer; a cold start on a slow disk takes most of one."""


@dataclass(frozen=True)
class Home:
    """Where a running home is reached."""

    url: str
    pipeline: str
    process: int
    """Home Assistant's process id: that of another home may be at the url later."""


async def find_running(folder: Path) -> Home | None:
    """Return the home that runs in the folder, if one does."""
    try:
        home = Home(**json.loads((folder / "running.json").read_text()))
    except FileNotFoundError, ValueError, TypeError:
        return None
    return home if _is_alive(home.process) and await answers(home.url) else None


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True


async def use_model_server(home: Home, folder: Path, server: ModelChoice) -> Home:
    """Have a home that runs already use another model server."""
    async with HomeClient.connected(home.url) as client:
        async with step(f"Setting up Chatterbox with {server.url}"):
            await set_up_agent(client, folder, server)
        return replace(home, pipeline=await find_pipeline(client))


@asynccontextmanager
async def started(options: Options) -> AsyncIterator[tuple[Home, Program]]:
    """Start a home as the options say; it stops when the block is left."""
    port = choose_port(options)
    url = f"http://127.0.0.1:{port}"
    folder = options.folder
    home_folder.prepare(folder, port, fresh=options.fresh)
    async with AsyncExitStack() as stack:
        server = options.model_server
        if server is None:
            server = await stack.enter_async_context(_demo_model(folder))
        program = await stack.enter_async_context(
            running(
                "Home Assistant",
                folder / "console.log",
                "homeassistant",
                "--config",
                str(folder),
            )
        )
        async with step("Starting Home Assistant"):
            await _until_answers(url, program)
            client = await stack.enter_async_context(HomeClient.connected(url))
            await client.wait_until_running()
        async with step("Furnishing the demo home"):
            await furnish(client)
        async with step(f"Setting up Chatterbox with {server.url}"):
            pipeline = await set_up_agent(client, folder, server)
            await make_dashboard(client)
        home = Home(url, pipeline, program.process.pid)
        note = folder / "running.json"
        note.write_text(json.dumps(asdict(home)))
        stack.callback(note.unlink, missing_ok=True)
        yield home, program


def choose_port(options: Options) -> int:
    """Return the port to listen on; raises HomeError if the wished one is taken."""
    wish = DEFAULT_PORT if options.port is None else options.port
    if wish and _is_free(wish):
        return wish
    if wish and (options.port is not None or not options.sentences):
        raise HomeError(f"Port {wish} is taken: give another with --port")
    return _free_port()


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


@asynccontextmanager
async def _demo_model(folder: Path) -> AsyncIterator[ModelChoice]:
    """Run the demo model, on its last port if that is free."""
    note = folder / "demo_model_port"
    port = int(note.read_text()) if note.exists() else 0
    if not port or not _is_free(port):
        port = _free_port()
    note.write_text(str(port))
    log = folder / "demo_model.log"
    module = ("scripts.demo_model", "--port", str(port))
    async with running("The demo model", log, *module) as program:
        url = await _printed_url(program)
        yield ModelChoice(url, None, None)


async def _printed_url(program: Program) -> str:
    """Return the first URL that the program prints."""
    async with asyncio.timeout(START_LIMIT):
        while not (found := re.search(r"https?://\S+", program.log.read_text())):
            program.check()
            await asyncio.sleep(POLL)
    return found[0]


async def _until_answers(url: str, program: Program) -> None:
    async with asyncio.timeout(START_LIMIT):
        while not await answers(url):
            program.check()
            # Having said this, it stays as it is.
            if "initialization aborted" in program.log.read_text():
                raise HomeError(f"Home Assistant could not start; see {program.log}")
            await asyncio.sleep(POLL)
