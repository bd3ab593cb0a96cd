"""What a model has to read before a word is said: ours beside Home Assistant's Assist.

    python -m benchmarks.prefix --url http://127.0.0.1:8081
    python -m benchmarks.prefix --tools         what each tool costs
    python -m benchmarks.prefix --set ours      the homes of an evaluation's set

Tokens are those of a llama.cpp server's `/tokenize`; without a URL, characters alone.
The system prompt and the tools as JSON; how a server's chat template wraps them is left
out, for it wraps both alike.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
import probatio

from custom_components.chatterbox.agent.options import AgentOptions
from custom_components.chatterbox.agent.prompt import build_prefix
from custom_components.chatterbox.tools.api import ChatterboxAPI
from scripts.evaluation.plan import load_set
from scripts.evaluation.world import fresh_home

from .home_map import count_tokens
from .homes import empty_home, make_home

SIZES = (20, 40, 100)


def _tool(name: str, description: str | None, parameters: object) -> dict[str, object]:
    return {"name": name, "description": description, "parameters": parameters}


async def ours(hass: HomeAssistant) -> tuple[str, list[dict[str, object]]]:
    """Return our system prompt and tools."""
    nobody = llm.LLMContext("chatterbox", None, "en", "conversation", None)
    api = ChatterboxAPI(hass, ["assist"], reply=True)
    options = AgentOptions(model="any", llm_hass_api=("assist",))
    prefix = build_prefix(hass, options, await api.async_get_api_instance(nobody))
    return prefix.system, [
        _tool(spec.name, spec.description, spec.parameters) for spec in prefix.tools
    ]


async def cores(hass: HomeAssistant) -> tuple[str, list[dict[str, object]]]:
    """Return what Home Assistant's own agents send."""
    nobody = llm.LLMContext("llama_cpp", None, "en", "conversation", None)
    instance = await llm.async_get_api(hass, llm.LLM_API_ASSIST, nobody)
    system = f"{llm.DEFAULT_INSTRUCTIONS_PROMPT}\n{instance.api_prompt}"
    return system, [
        _tool(
            tool.name,
            tool.description,
            probatio.to_openapi(
                tool.parameters,
                custom_serializer=instance.custom_serializer,
                openapi_version="3.1.0",
            ),
        )
        for tool in instance.tools
    ]


@asynccontextmanager
async def sized_home(size: int) -> AsyncIterator[HomeAssistant]:
    """Give a home with so many entities."""
    async with empty_home() as hass:
        await make_home(hass, size)
        yield hass


def homes_of(name: str) -> Iterator[tuple[str, AbstractAsyncContextManager[Any]]]:
    """Yield the homes of a set of `scripts/evaluate`, each with its name."""
    seen: list[str] = []
    for task in load_set(name):
        if task.home.name not in seen and task.language == "en":
            seen.append(task.home.name)
            yield task.home.name, fresh_home(task.home, "en")


async def measure(
    url: str | None,
    name: str,
    home: AbstractAsyncContextManager[HomeAssistant],
    *,
    by_tool: bool,
) -> None:
    """Print a row for a home."""
    async with home as hass:
        both = [await cores(hass), await ours(hass)]
    texts = [text for system, tools in both for text in (system, json.dumps(tools))]
    counts = [await count_tokens(url, text) or len(text) for text in texts]
    core, own = counts[0] + counts[1], counts[2] + counts[3]
    print(
        f"| {name} | {counts[0]} + {counts[1]} = {core} | {counts[2]} + {counts[3]} = {own}"
        f" | {own / core:.0%} |"
    )
    if by_tool:
        for tool in both[1][1]:
            print(f"    {len(json.dumps(tool)):6} {tool['name']}")


async def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prefix")
    parser.add_argument("--url", help="a llama.cpp server, without /v1")
    parser.add_argument("--set", help="the homes of a set of scripts/evaluate")
    parser.add_argument("--tools", action="store_true", help="print each tool's size")
    args = parser.parse_args()
    unit = "tokens" if args.url else "characters"
    print(f"| home | core: prompt + tools, {unit} | ours | ours of core's |")
    print("|---|---|---|---|")
    homes = (
        homes_of(args.set)
        if args.set
        else ((str(size), sized_home(size)) for size in SIZES)
    )
    for name, home in homes:
        await measure(args.url, name, home, by_tool=args.tools)


if __name__ == "__main__":
    asyncio.run(main())
