"""The programs that make up the demo home."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import ctypes
from pathlib import Path
import signal
import sys

from .options import CHECKOUT

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""

STOP_LIMIT = 40.0
"""Seconds that a program has to stop. Home Assistant's own stages add up to less."""


class ProgramEndedError(Exception):
    """A program ended that should be running."""

    def __init__(self, name: str, status: int, log: Path) -> None:
        """Say which, how, and where it may have said why."""
        super().__init__(f"{name} ended with status {status}; see {log}")


class Program:
    """A Python module that runs as a child until it is stopped.

    It is in a session of its own, so that Ctrl-C reaches this process alone, which
    then stops its children in order.
    """

    def __init__(
        self, name: str, process: asyncio.subprocess.Process, log: Path
    ) -> None:
        """Take a process that was just started."""
        self.name = name
        self.process = process
        self.log = log

    def check(self) -> None:
        """Raise ProgramEndedError if it is not running any more."""
        if (status := self.process.returncode) is not None:
            raise ProgramEndedError(self.name, status, self.log)

    async def wait(self) -> None:
        """Wait until it ends, which it should not: raises ProgramEndedError."""
        await self.process.wait()
        self.check()

    async def stop(self) -> None:
        """Ask it to stop; after the limit, or when cancelled, end it."""
        if self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), STOP_LIMIT)
        finally:
            if self.process.returncode is None:
                self.process.kill()
                await self.process.wait()


@asynccontextmanager
async def running(name: str, log: Path, *module: str) -> AsyncIterator[Program]:
    """Run `python -m MODULE ARGUMENTS...` until the block is left.

    What it prints goes to the log file. It is told to stop too if this process is
    killed and cannot.
    """
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *module,
            cwd=CHECKOUT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_stop_with_parent,
        )
    program = Program(name, process, log)
    try:
        yield program
    finally:
        await program.stop()


def _stop_with_parent() -> None:
    """Ask Linux to send this new process SIGTERM when its parent is gone."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
