"""What the overview of a home costs, ours beside Home Assistant's YAML.

    python -m benchmarks.home_map --url http://127.0.0.1:8081

Tokens are those of a llama.cpp server's `/tokenize`; without a URL, characters alone.
"""

import argparse
import asyncio

import aiohttp
from homeassistant.components.homeassistant.llm import async_get_exposed_entities
from homeassistant.util import yaml as yaml_util

from custom_components.chatterbox.agent.home_map import build_home_map

from .homes import empty_home, make_home

SIZES = (20, 100, 500)


async def count_tokens(url: str | None, text: str) -> int | None:
    """Return how many tokens the server makes of a text."""
    if not url:
        return None
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/tokenize", json={"content": text}) as response,
    ):
        return len((await response.json())["tokens"])


async def measure(url: str | None, size: int) -> None:
    """Print a row for a home of this size."""
    async with empty_home() as hass:
        await make_home(hass, size)
        infos = async_get_exposed_entities(hass, "conversation", include_state=False)
        texts = (
            yaml_util.dump(list(infos.values())),
            build_home_map(hass, "conversation"),
        )
    (core, ours) = [await count_tokens(url, text) for text in texts]
    tokens = ""
    if core and ours:
        tokens = f" | {core} | {ours} | {1 - ours / core:.0%} fewer"
    print(f"| {size} | {len(texts[0])} | {len(texts[1])}{tokens} |")


async def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.home_map")
    parser.add_argument("--url", help="a llama.cpp server, without /v1")
    url = parser.parse_args().url
    more = " | core, tokens | ours, tokens | saved" if url else ""
    print(f"| entities | core, characters | ours, characters{more} |")
    print("|---" * (6 if url else 3) + "|")
    for size in SIZES:
        await measure(url, size)


if __name__ == "__main__":
    asyncio.run(main())
