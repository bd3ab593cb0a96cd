"""Home Assistant's log on the terminal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

INTERVAL = 0.3
"""Seconds between two looks at the file."""


@asynccontextmanager
async def following(log: Path) -> AsyncIterator[None]:
    """Print the log, and what is added to it, until the block is left."""
    follower = asyncio.create_task(_follow(log))
    try:
        yield
    finally:
        follower.cancel()


async def _follow(log: Path) -> None:
    with log.open(errors="replace") as lines:
        while True:
            if text := lines.read():
                print(text, end="", flush=True)
            await asyncio.sleep(INTERVAL)
