"""What one missed call of a service costs, by how many entities are exposed.

A forecast is asked for by the weather's name, through the toolbox, the order, the
cache and the service's tool to a service that answers at once; in processor time.

Run with ``python -m benchmarks.resolve``; ``--beside FOLDER`` runs the same in another
checkout, taking turns, and prints both.
"""

import argparse
import asyncio
from importlib import import_module
from pathlib import Path
from statistics import median
import subprocess
import sys
import time
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.helpers import area_registry as ar, entity_registry as er, llm
from homeassistant.setup import async_setup_component

ROUNDS = 5
CALLS = 40
EXPOSED = (50, 200)
_TOOLS = "custom_components.chatterbox.tools"


def found(*modules: str) -> Any:
    """Return the first module that this checkout has."""
    for name in modules:
        try:
            return import_module(f"{_TOOLS}.{name}")
        except ImportError:
            continue
    raise ImportError(modules)


class Owner:
    """Owns the tasks of calls as a config entry does."""

    def async_create_task(
        self, hass: HomeAssistant, target: Any, name: str, eager_start: bool = True
    ) -> asyncio.Task[Any]:
        """Create a task."""
        return hass.async_create_task_internal(target, name, eager_start)


async def furnish(hass: HomeAssistant, exposed: int) -> None:
    """Expose so many entities that the service may be called for."""
    for component in ("homeassistant", "conversation", "weather", "light"):
        assert await async_setup_component(hass, component, {})
    registry, areas = er.async_get(hass), ar.async_get(hass)
    rooms = [areas.async_create(f"Room {number}") for number in range(10)]
    for number in range(exposed):
        entity_id = registry.async_get_or_create(
            "weather",
            "test",
            str(number),
            suggested_object_id=f"n{number}",
            original_name=f"Thing {number}",
        ).entity_id
        registry.async_update_entity(entity_id, area_id=rooms[number % 10].id)
        hass.states.async_set(
            entity_id,
            "sunny",
            {"friendly_name": f"Thing {number}", "supported_features": 3},
        )
        async_expose_entity(hass, "conversation", entity_id, True)

    async def forecasts(call: ServiceCall) -> dict[str, Any]:
        return {entity_id: {"forecast": []} for entity_id in call.data["entity_id"]}

    hass.services.async_remove("weather", "get_forecasts")
    hass.services.async_register(
        "weather",
        "get_forecasts",
        forecasts,
        supports_response=SupportsResponse.ONLY,
    )


async def measure(hass: HomeAssistant, exposed: int) -> float:
    """Return the milliseconds of processor time of one missed call."""
    await furnish(hass, exposed)
    api = import_module(f"{_TOOLS}.api").ChatterboxAPI(
        hass, (), ["weather.get_forecasts"]
    )
    context = llm.LLMContext("bench", Context(), "en", "conversation", None)
    box = await api.async_get_api_instance(context)
    cache = found("cache").ToolResultCache()
    limits = found("dispatch.limits", "limits").DispatchOptions()
    kept = found("cache.policy", "cache_policy").CacheOptions()
    if hasattr(box, "begin_turn"):
        box.begin_turn(Owner(), limits, cache=cache, cache_options=kept)
    else:
        box.cache_results(cache, kept)
        box.order_calls(Owner(), limits)
    name = box.tools[0].name
    spent = []
    for number in range(CALLS):
        cache.clear()
        args = {"name": f"Thing {number}", "type": "daily"}
        began = time.process_time()
        result = await box.async_call_tool(llm.ToolInput(name, args))
        spent.append(time.process_time() - began)
        assert not result.error, result
    return median(spent) * 1000


def once() -> None:
    """Print the milliseconds for each number of entities."""
    from .homes import empty_home  # noqa: PLC0415

    for exposed in EXPOSED:

        async def run(exposed: int = exposed) -> float:
            async with empty_home() as hass:
                return await measure(hass, exposed)

        print(exposed, asyncio.run(run()))


def beside(folders: list[Path]) -> None:
    """Print what each checkout takes, run in turns."""
    taken: dict[tuple[Path, int], list[float]] = {}
    for _ in range(ROUNDS):
        for folder in folders:
            out = subprocess.run(
                [sys.executable, "-m", "benchmarks.resolve", "--once"],
                cwd=folder,
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            for line in out.splitlines():
                exposed, spent = line.split()
                taken.setdefault((folder, int(exposed)), []).append(float(spent))
    for exposed in EXPOSED:
        first = median(taken[folders[0], exposed])
        for folder in folders:
            spent = median(taken[folder, exposed])
            print(
                f"{exposed:4} exposed  {spent:6.2f} ms  {spent / first:4.0%}  {folder}"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--beside", type=Path, action="append", default=[])
    chosen = parser.parse_args()
    if chosen.once:
        once()
    else:
        beside([*chosen.beside, Path.cwd()])
