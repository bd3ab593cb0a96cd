"""What the person at the terminal sees while things happen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import sys
import time

TICK = 0.2
"""Seconds between two updates of a line on a terminal."""


def note(text: str) -> None:
    """Print a line for the person, beside what a program may read from stdout."""
    print(text, file=sys.stderr, flush=True)


@asynccontextmanager
async def step(text: str) -> AsyncIterator[None]:
    """Show that something is under way, and how long it takes."""
    began = time.monotonic()
    ticker = asyncio.create_task(_tick(text, began)) if sys.stderr.isatty() else None
    if ticker is None:
        note(f"· {text} …")
    try:
        yield
    finally:
        if ticker is not None:
            ticker.cancel()
            print(f"\r· {text}: {time.monotonic() - began:.1f} s ", file=sys.stderr)
        else:
            note(f"  {time.monotonic() - began:.1f} s")


async def _tick(text: str, began: float) -> None:
    while True:
        line = f"\r· {text} … {time.monotonic() - began:.0f} s"
        print(line, end="", file=sys.stderr, flush=True)
        await asyncio.sleep(TICK)
