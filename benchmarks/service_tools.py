"""What actions as tools cost: time to list them, and tokens of the prompt.

Run with ``python -m benchmarks.service_tools``. With ``--tokenizer URL``, the address of
a llama.cpp server, tokens are counted by its model; without, they are bytes / 4.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Iterable
import json
from statistics import median, quantiles
import time

import aiohttp
from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    entity_registry as er,
    floor_registry as fr,
    llm,
)
from homeassistant.setup import async_setup_component

from custom_components.chatterbox.agent.tool_specs import build_tool_specs
from custom_components.chatterbox.const import DOMAIN
from custom_components.chatterbox.forms.actions import async_service_choices
from custom_components.chatterbox.providers.base import ToolSpec
from custom_components.chatterbox.tools.api import ChatterboxAPI
from custom_components.chatterbox.tools.services.catalog import async_get_catalog

from .homes import empty_home

DOMAINS = [
    "calendar",
    "climate",
    "cover",
    "fan",
    "humidifier",
    "light",
    "lock",
    "media_player",
    "notify",
    "scene",
    "siren",
    "switch",
    "todo",
    "vacuum",
    "valve",
    "weather",
]
ENTITIES = 8
"""Of each domain, all exposed, in four areas on two floors."""
SERVICES = 60
ROUNDS = 500
ALL_FEATURES = (1 << 24) - 1


async def furnish(hass: HomeAssistant) -> None:
    """Set up the domains, and entities that support all that their domain can."""
    for component in ("homeassistant", "intent", "llm", "conversation", *DOMAINS):
        assert await async_setup_component(hass, component, {})
    floors = [fr.async_get(hass).async_create(name) for name in ("Ground", "Upper")]
    areas = [
        ar.async_get(hass).async_create(f"Room {n}", floor_id=floors[n % 2].floor_id)
        for n in range(4)
    ]
    for domain in DOMAINS:
        for number in range(ENTITIES):
            entry = er.async_get(hass).async_get_or_create(
                domain,
                "benchmark",
                str(number),
                suggested_object_id=f"thing_{number}",
                original_name=f"{domain} {number}",
                supported_features=ALL_FEATURES,
                capabilities={"supported_color_modes": ["rgb", "color_temp"]},
            )
            er.async_get(hass).async_update_entity(
                entry.entity_id, area_id=areas[number % 4].id
            )
            hass.states.async_set(
                entry.entity_id,
                "on",
                {
                    "friendly_name": entry.original_name,
                    "supported_features": ALL_FEATURES,
                    "supported_color_modes": ["rgb", "color_temp"],
                },
            )
            async_expose_entity(hass, conversation.DOMAIN, entry.entity_id, True)
    await hass.async_block_till_done()


async def timed(call: Callable[[], Awaitable[object]]) -> list[float]:
    """Return the seconds that each of many calls takes."""
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        await call()
        taken.append(time.perf_counter() - started)
    return taken


def show(what: str, taken: list[float]) -> None:
    """Print the median and the 95th percentile in milliseconds."""
    p95 = quantiles(taken, n=20)[-1] if len(taken) > 1 else taken[0]
    print(f"{what:52} {median(taken) * 1000:8.3f} ms   p95 {p95 * 1000:8.3f} ms")


def sent(spec: ToolSpec) -> str:
    """Return a tool as an OpenAI-compatible server is sent it."""
    function = {
        "name": spec.name,
        "description": spec.description,
        "parameters": spec.parameters,
    }
    return json.dumps({"type": "function", "function": function}, ensure_ascii=False)


async def tokens(specs: Iterable[ToolSpec], tokenizer: str | None) -> list[int]:
    """Return the tokens of each tool."""
    if tokenizer is None:
        return [len(sent(spec).encode()) // 4 for spec in specs]
    async with aiohttp.ClientSession(tokenizer) as session:
        counted = []
        for spec in specs:
            async with session.post("/tokenize", json={"content": sent(spec)}) as reply:
                counted.append(len((await reply.json())["tokens"]))
        return counted


async def measure(hass: HomeAssistant, tokenizer: str | None) -> None:
    """Print all figures."""
    await furnish(hass)
    context = llm.LLMContext(DOMAIN, Context(), "en", conversation.DOMAIN, None)
    choices = await async_service_choices(hass)
    of_domains = [
        option["value"]
        for option in choices.options
        if option["value"].split(".")[0] in DOMAINS and "⚠️" not in option["label"]
    ]
    catalog = async_get_catalog(hass)
    offered = await catalog.async_get_tools(of_domains, conversation.DOMAIN)
    services = [f"{tool.domain}.{tool.service}" for tool in offered][:SERVICES]
    assert len(services) == SERVICES
    api = ChatterboxAPI(hass, (), services)

    async def changed() -> None:
        hass.bus.async_fire("area_registry_updated", {"action": "reorder"})
        await catalog.async_get_tools(services, conversation.DOMAIN)

    async def toolbox() -> None:
        build_tool_specs(await api.async_get_api_instance(context))

    print(f"{SERVICES} actions, {len(DOMAINS) * ENTITIES} exposed entities")
    show(
        "list, nothing changed",
        await timed(lambda: catalog.async_get_tools(services, conversation.DOMAIN)),
    )
    show("toolbox and tool specs, nothing changed", await timed(toolbox))
    show("list, all made anew", await timed(changed))

    ours = build_tool_specs(await api.async_get_api_instance(context))
    assist = build_tool_specs(
        await ChatterboxAPI(hass, [llm.LLM_API_ASSIST]).async_get_api_instance(context)
    )
    unit = "tokens" if tokenizer else "tokens (bytes / 4)"
    for what, specs in (("actions", ours), ("Home Assistant's own tools", assist)):
        counted = await tokens(specs, tokenizer)
        largest = sorted(zip(counted, specs, strict=True), key=lambda x: -x[0])[:3]
        print(
            f"{what}: {len(counted)}, {sum(counted)} {unit}, median "
            f"{median(counted):g}, mean {sum(counted) / len(counted):.0f}, largest "
            + ", ".join(f"{spec.name} {count}" for count, spec in largest)
        )


async def main() -> None:
    """Run in a Home Assistant of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokenizer", metavar="URL")
    tokenizer = parser.parse_args().tokenizer
    async with empty_home() as hass:
        await measure(hass, tokenizer)


if __name__ == "__main__":
    asyncio.run(main())
