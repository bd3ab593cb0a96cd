"""The programs of the demo home come and go together."""

import asyncio
import os
from pathlib import Path
import select
import signal
import subprocess
import sys

import pytest

from scripts.dev_home.options import CHECKOUT
from scripts.dev_home.processes import ProgramEndedError, running

# Runs a program that waits, says its process id, and waits with it.
PARENT = """
import asyncio, pathlib, sys
from scripts.dev_home.processes import running

async def main():
    log = pathlib.Path(sys.argv[1])
    async with running("A program", log, "http.server", "0") as program:
        print(program.process.pid, flush=True)
        await program.wait()

asyncio.run(main())
"""


async def test_a_program_stops_when_the_block_is_left(tmp_path: Path) -> None:
    """By SIGTERM, as Home Assistant wants it."""
    module = ("http.server", "0", "--bind", "127.0.0.1")
    async with running("A program", tmp_path / "log", *module) as program:
        program.check()
    assert program.process.returncode == -signal.SIGTERM


async def test_a_program_that_ends_says_how_and_where(tmp_path: Path) -> None:
    """Its name, its status, its log, to which its output went."""
    log = tmp_path / "log"
    async with running("A program", log, "no_such_module") as program:
        with pytest.raises(ProgramEndedError, match="A program ended with status 1"):
            await program.wait()
    assert "no_such_module" in log.read_text()


async def test_a_program_is_killed_if_stopping_it_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second Ctrl-C does not leave it behind."""
    async with running("A program", tmp_path / "log", "http.server", "0") as program:
        # One that does not care for being asked.
        monkeypatch.setattr(program.process, "terminate", lambda: None)
        stopping = asyncio.create_task(program.stop())
        await asyncio.sleep(0)
        stopping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stopping
        assert program.process.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells children")
def test_a_program_stops_when_its_parent_is_killed(tmp_path: Path) -> None:
    """However that came."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, tmp_path / "log"],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        program = int(parent.stdout.readline())
        child = os.pidfd_open(program)
        parent.kill()
    try:
        assert _ends(child)
    finally:
        os.close(child)


def _ends(pidfd: int) -> bool:
    """Return whether a process ends within 30 seconds."""
    ready, _, _ = select.select([pidfd], [], [], 30)
    return bool(ready)
