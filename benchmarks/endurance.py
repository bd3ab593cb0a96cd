"""Two thousand turns: what is left of them."""

import asyncio
from collections.abc import AsyncIterator
import gc
from pathlib import Path

from homeassistant.core import HomeAssistant

from .report import OURS, Line
from .row import Row, Settings
from .stage import HELLO, LAMP, forget_sessions, stage

TURNS = 2000
MARKS = 4


def resources(hass: HomeAssistant) -> dict[str, float]:
    """Return what the process holds."""
    gc.collect()
    return {
        "memory, MiB": int(Path("/proc/self/statm").read_text().split()[1]) / 256,
        "objects": float(len(gc.get_objects())),
        "tasks": float(len(asyncio.all_tasks())),
        "listeners": float(sum(hass.bus.async_listeners().values())),
        "open files": float(len(list(Path("/proc/self/fd").iterdir()))),
    }


async def measure(settings: Settings) -> AsyncIterator[Line]:
    """Yield each resource after a quarter of the turns, and after all."""
    turns = 8 if settings.smoke else TURNS
    async with stage(20, core=False) as home:
        seen: list[dict[str, float]] = []
        for number in range(turns):
            case = LAMP if number % 2 else HELLO
            await home.model.play(case)
            await home.say(OURS, case)
            if number % 20 == 0:
                forget_sessions(home.hass)
            if (number + 1) % (turns // MARKS) == 0:
                forget_sessions(home.hass)
                await home.hass.async_block_till_done()
                # What the scripted home keeps for tests to look at.
                home.house.calls.clear()
                seen.append(resources(home.hass))
    for name, first in seen[0].items():
        last = seen[-1][name]
        slack = {"memory, MiB": 8.0, "objects": 3000.0}.get(name, 2.0)
        yield Line(
            f"{name}, after {turns} turns",
            "",
            {OURS: [last]},
            "flat",
            settings.smoke or last - first <= slack,
            f"{first:g} after {turns // MARKS}",
        )


ROWS = {"endurance": Row(title="after two thousand turns", measure=measure)}
