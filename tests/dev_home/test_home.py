"""Which port the demo home listens on, and whether it is there already."""

from collections.abc import AsyncIterator, Iterator
import json
import os
from pathlib import Path
import socket
import subprocess
import sys

from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from scripts.dev_home import home as home_module
from scripts.dev_home.client import HomeError
from scripts.dev_home.home import Home, choose_port, find_running
from scripts.dev_home.options import parse


@pytest.fixture
def taken(socket_enabled: None) -> Iterator[int]:
    """Give a port that someone listens on."""
    listener = socket.create_server(("127.0.0.1", 0))
    yield listener.getsockname()[1]
    listener.close()


def test_a_free_port_is_used_as_asked(taken: int) -> None:
    """Once its listener is gone; 0 stands for any free one."""
    assert choose_port(parse(["--port", "0"])) not in (0, taken)


def test_a_port_that_is_taken_is_refused(taken: int) -> None:
    """With what to do about it."""
    with pytest.raises(HomeError, match=f"Port {taken} is taken: give another"):
        choose_port(parse(["--port", str(taken)]))


def test_the_default_port_is_no_matter_for_one_sentence(
    taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody will look for that home; but one that stays is where it says."""
    monkeypatch.setattr(home_module, "DEFAULT_PORT", taken)
    assert choose_port(parse(["--say", "hello"])) != taken
    with pytest.raises(HomeError):
        choose_port(parse([]))


@pytest.fixture
async def home_assistant(socket_enabled: None) -> AsyncIterator[str]:
    """Give the url of what answers as Home Assistant does."""

    async def providers(request: web.Request) -> web.Response:
        return web.json_response({"providers": []})

    app = web.Application()
    app.router.add_get("/auth/providers", providers)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("")).rstrip("/")


async def test_a_running_home_is_found_by_its_note(
    home_assistant: str, tmp_path: Path
) -> None:
    """Its process lives and it answers."""
    note = {"url": home_assistant, "pipeline": "p", "process": os.getpid()}
    (tmp_path / "running.json").write_text(json.dumps(note))
    assert await find_running(tmp_path) == Home(home_assistant, "p", os.getpid())


async def test_a_home_that_was_killed_is_not_running(
    home_assistant: str, tmp_path: Path
) -> None:
    """Its note is still there, and another home may have its place."""
    note = {"url": home_assistant, "pipeline": "p", "process": _ended_process()}
    (tmp_path / "running.json").write_text(json.dumps(note))
    assert await find_running(tmp_path) is None


async def test_a_home_that_does_not_answer_is_not_running(
    socket_enabled: None, tmp_path: Path
) -> None:
    """Whatever has its process id now."""
    note = {"url": "http://127.0.0.1:9", "pipeline": "p", "process": os.getpid()}
    (tmp_path / "running.json").write_text(json.dumps(note))
    assert await find_running(tmp_path) is None


def _ended_process() -> int:
    """Return the id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


async def test_a_folder_without_a_note_has_no_home(tmp_path: Path) -> None:
    """Neither one with a note that was cut off."""
    assert await find_running(tmp_path) is None
    (tmp_path / "running.json").write_text('{"url":')
    assert await find_running(tmp_path) is None
