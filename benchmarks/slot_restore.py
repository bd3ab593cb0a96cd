"""What a llama.cpp server's restart costs an agent, with its prompt saved and without.

    python -m benchmarks.slot_restore --url http://127.0.0.1:8081/v1 --model NAME --slots FOLDER --start COMMAND

The command starts the server, with `--slot-save-path FOLDER`; it is run in a shell and
ended with all that it started. Cold comes first, and again after a restart with what was saved taken away:
how far the two are apart is how far the rest is to be trusted.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
import os
from pathlib import Path
import signal
import time

import aiohttp

from custom_components.chatterbox.providers.base import (
    ModelRequest,
    SystemMessage,
    TextDelta,
    Usage,
    UserMessage,
)
from custom_components.chatterbox.providers.client import HttpProvider
from custom_components.chatterbox.providers.openai.slots import FRESH_FOR
from custom_components.chatterbox.providers.registry import create_provider

LAMPS = 100
WAIT = 0.25
"""Seconds between two looks whether the server is there."""


def request(model: str, *, prime: bool = False) -> ModelRequest:
    """Return a request of an agent that knows a hundred lamps."""
    lamps = "\n".join(f"- Lamp {i}: light, room {i % 9}" for i in range(LAMPS))
    asked = "." if prime else "In which room is lamp 5? Answer in one word."
    return ModelRequest(
        model,
        (SystemMessage(f"You control a home.\n{lamps}"), UserMessage(asked)),
        (),
        temperature=0.0,
        max_tokens=1 if prime else 4,
        timeout=600,
        cache_key="agent",
        prime=prime,
    )


async def ask(provider: HttpProvider, asked: ModelRequest) -> tuple[float, Usage]:
    """Return the seconds to the first token, and what the server counted."""
    start, first, usage = time.monotonic(), 0.0, Usage(0, 0, 0)
    async for event in provider.stream(asked):
        if isinstance(event, TextDelta):
            first = first or time.monotonic() - start
        elif isinstance(event, Usage):
            usage = event
    return first, usage


@asynccontextmanager
async def running(command: str, url: str) -> AsyncIterator[None]:
    """Run the server until the block ends."""
    process = await asyncio.create_subprocess_shell(
        command, start_new_session=True, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with aiohttp.ClientSession() as session:
            while not await _answers(session, f"{url.removesuffix('/v1')}/health"):  # noqa: ASYNC110 - it is another's
                await asyncio.sleep(WAIT)
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


def _row(title: str, found: tuple[float, Usage]) -> None:
    seconds, usage = found
    print(
        f"| {title} | {seconds:.1f} s | {usage.input_tokens} | {usage.cached_tokens} |"
    )


async def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slot_restore")
    for name in ("url", "model", "start"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--slots", required=True, type=Path)
    args = parser.parse_args()
    asked = request(args.model)
    for old in args.slots.glob("chatterbox-*.bin"):
        old.unlink()
    print("| | to the first token | tokens | of them cached |\n|---|---|---|---|")
    async with aiohttp.ClientSession() as session:
        provider = create_provider("openai", session, args.url, None)
        assert isinstance(provider, HttpProvider)
        async with running(args.start, args.url):
            await provider.connect()
            _row("cold", await ask(provider, asked))
            await ask(provider, request(args.model, prime=True))
            _row("warm", await ask(provider, asked))
        saved = {path: path.read_bytes() for path in args.slots.glob("chatterbox-*")}
        for title, kept in (
            ("restarted, nothing saved", {}),
            ("restarted, prompt saved", saved),
        ):
            for path in saved:
                path.unlink(missing_ok=True)
            for path, data in kept.items():
                path.write_bytes(data)
            async with running(args.start, args.url):
                # Until then the server is taken not to have been restarted.
                await asyncio.sleep(FRESH_FOR + 1)
                _row(title, await ask(provider, asked))
                if kept:
                    _row("warm again", await ask(provider, asked))


if __name__ == "__main__":
    asyncio.run(main())
