"""How long a real server takes to its first token: cold, primed while one speaks, idle.

    python -m benchmarks.prefix_cache --url http://127.0.0.1:8081/v1 --model NAME

The server is llama.cpp's, which reports `timings` (`cache_n`, `prompt_ms`). Each row
has a prompt of its own, so that none profits from the row before. Cold comes first and
last: how far the two are apart is how far the rest is to be trusted.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import json
import time
from typing import Any
import uuid

import aiohttp
from aiohttp import web
from homeassistant import loader
from homeassistant.components import conversation
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import Context, HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

# Imported first, so that it wins over the custom components of the test tools.
import custom_components.chatterbox  # noqa: F401

from .homes import empty_home, make_home

ENTITIES = 100
SENTENCE = "Is the kitchen window open?"
ROWS: tuple[tuple[str, float | None], ...] = (
    ("cold", 0.0),
    ("1 s of speech", 1.0),
    ("3 s of speech", 3.0),
    ("10 s of speech", 10.0),
    ("primed when idle", None),
    ("cold again", 0.0),
)
"""Seconds from the start of speech-to-text to the sentence; None: until it is read."""


@dataclass(slots=True)
class Exchange:
    """What went through to the server and when; seconds of the monotonic clock."""

    started: float
    primes: bool
    first_token: float | None = None
    timings: dict[str, Any] = field(default_factory=dict)


class Relay:
    """Passes requests on to the server and notes its timings."""

    def __init__(self, upstream: str) -> None:
        """Take the server's address, with /v1."""
        self.exchanges: list[Exchange] = []
        self.primed = asyncio.Event()
        """Set once the server has read all of a prompt before it was asked."""
        self._upstream = upstream
        self._session: aiohttp.ClientSession

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[str]:
        """Give the address to ask in place of the server's."""
        app = web.Application(client_max_size=2**24)
        app.router.add_post("/v1/chat/completions", self._pass_on)
        app.router.add_get("/v1/models", self._models)
        runner = web.AppRunner(app, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        timeout = aiohttp.ClientTimeout(total=None)
        # A connection a request: the server may just have closed one that was kept.
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout
        ) as self._session:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
            await runner.cleanup()

    async def _models(self, request: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "model"}]})

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        exchange = Exchange(time.monotonic(), body.get("max_tokens") == 1)
        self.exchanges.append(exchange)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        url = f"{self._upstream}/chat/completions"
        async with self._session.post(url, json=body) as answer:
            async for line in answer.content:
                _note(exchange, line)
                await response.write(line)
        if exchange.primes:
            self.primed.set()
        await response.write_eof()
        return response


def _note(exchange: Exchange, line: bytes) -> None:
    if not line.startswith(b"data: {"):
        return
    data = json.loads(line.removeprefix(b"data: "))
    exchange.timings = data.get("timings") or exchange.timings
    for choice in data.get("choices", ()):
        delta = choice.get("delta", {})
        told = delta.get("content") or delta.get("tool_calls")
        if told and exchange.first_token is None:
            exchange.first_token = time.monotonic()


async def add_agent(hass: HomeAssistant, url: str, model: str) -> str:
    """Add an agent that shares no prompt with another; return its entity id."""
    before = set(hass.states.async_entity_ids("conversation"))
    entry = MockConfigEntry(
        domain="chatterbox",
        data={"provider": "openai", "url": url, "api_key": uuid.uuid4().hex},
        subentries_data=[
            ConfigSubentryData(
                subentry_type="conversation",
                title="Agent",
                unique_id=None,
                data={
                    "model": model,
                    "llm_hass_api": ["assist"],
                    "prompt": f"{uuid.uuid4()} is your name. Answer briefly.",
                    "max_tokens": 16,
                    "max_iterations": 1,
                    "timeout": 600,
                    "temperature": 0,
                },
            )
        ],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    (entity_id,) = set(hass.states.async_entity_ids("conversation")) - {
        *before,
        conversation.HOME_ASSISTANT_AGENT,
    }
    return entity_id


async def measure(
    hass: HomeAssistant, relay: Relay, agent: str, speech: float | None
) -> tuple[float, Exchange]:
    """Prepare, speak, and return the seconds to the first token and the exchange."""
    relay.primed.clear()
    if speech != 0:
        await conversation.async_prepare_agent(hass, agent, "en")
        await asyncio.sleep(speech or 0)
    if speech is None:
        await relay.primed.wait()
    done = time.monotonic()
    await conversation.async_converse(hass, SENTENCE, None, Context(), "en", agent)
    exchange = next(e for e in relay.exchanges if not e.primes and e.started >= done)
    return (exchange.first_token or time.monotonic()) - done, exchange


async def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prefix_cache")
    parser.add_argument("--url", required=True, help="with /v1")
    parser.add_argument("--model", required=True)
    parser.add_argument("--only", help="measure the rows with this in their title")
    args = parser.parse_args()
    rows = [row for row in ROWS if (args.only or "") in row[0]]
    relay = Relay(args.url)
    print("| | to first token | of cold | cache_n | prompt_n | prompt_ms |")
    print("|---|---|---|---|---|---|")
    cold = 0.0
    async with relay.listen() as url, empty_home() as hass:
        hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
        await make_home(hass, ENTITIES)
        for title, speech in rows:
            agent = await add_agent(hass, url, args.model)
            seconds, exchange = await measure(hass, relay, agent, speech)
            if title == "cold":
                cold = seconds
            ratio = f"{seconds / cold:.2f}" if cold else "?"
            told = exchange.timings
            print(
                f"| {title} | {seconds:.1f} s | {ratio} |"
                f" {told.get('cache_n')} | {told.get('prompt_n')} |"
                f" {told.get('prompt_ms', 0):.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    asyncio.run(main())
