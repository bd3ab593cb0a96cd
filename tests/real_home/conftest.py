"""A real Home Assistant, started the way a developer starts it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
import json
import os
from pathlib import Path
import signal
import subprocess
import time

import pytest

from scripts.dev_home.client import HomeClient
from scripts.dev_home.home import Home
from scripts.dev_home.options import CACHE, CHECKOUT

ENVIRONMENT = Path(
    os.environ.get("CHATTERBOX_HOME_ENVIRONMENT", CACHE / "home-assistant")
)
PYTHON = ENVIRONMENT / "bin" / "python"
START_LIMIT = 240
"""Seconds, on a machine that is busy with other tests."""


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a home for these tests alone."""
    if not PYTHON.exists():
        pytest.skip("needs what `scripts/setup --home` makes; scripts/test has it")
    return tmp_path_factory.mktemp("real") / "home"


@pytest.fixture(scope="package")
def home(folder: Path) -> Iterator[Home]:
    """Give a running home; afterwards, stop it as Ctrl-C does."""
    with running_home(folder) as home:
        yield home


@contextmanager
def running_home(folder: Path, *options: str) -> Iterator[Home]:
    """Run scripts/develop with these options, and stop it as Ctrl-C does."""
    program = subprocess.Popen(
        [PYTHON, "-m", "scripts.dev_home", "--port", "0", "--folder", folder, *options],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Home(**json.loads(_note_of(program, folder)))
        program.send_signal(signal.SIGINT)
        output, _ = program.communicate(timeout=60)
        assert program.returncode == 0, output
        assert not (folder / "running.json").exists()
    finally:
        program.kill()
        program.communicate()


def _note_of(program: subprocess.Popen[str], folder: Path) -> str:
    """Wait for the note that a running home leaves in its folder."""
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and program.poll() is None:
        if (folder / "running.json").exists():
            return (folder / "running.json").read_text()
        time.sleep(0.2)
    program.kill()
    pytest.fail(f"the home did not start:\n{program.communicate()[0]}")


@pytest.fixture
async def client(home: Home, socket_enabled: None) -> AsyncIterator[HomeClient]:
    """Give a logged-in client of the home."""
    async with HomeClient.connected(home.url) as client:
        yield client
