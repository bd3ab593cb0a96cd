"""Many satellites at once: how long each waits, and how long the event loop stands."""

import asyncio
from collections.abc import AsyncIterator
from statistics import median, quantiles
import time

from .report import OURS, Line
from .row import Row, Settings
from .stage import LAMP, Stage, forget_sessions, stage, stalls


async def measure(settings: Settings) -> AsyncIterator[Line]:
    """Yield turn times and the longest stall, by satellites."""
    async with stage(100) as home:
        await home.costs(LAMP, 1)
        for count in settings.sizes(1, 10, 50, 200):
            walls: dict[str, list[float]] = {agent: [] for agent in home.agents}
            stall: dict[str, list[float]] = {agent: [] for agent in home.agents}
            for _ in range(settings.rounds(3)):
                for agent in home.agents:
                    await home.model.play(LAMP, ttft=0.05)
                    until = asyncio.Event()
                    watch = asyncio.create_task(stalls(until))
                    walls[agent] += await _all_at_once(home, agent, count)
                    until.set()
                    stall[agent].append(await watch * 1000)
                    await home.hass.async_block_till_done()
                    forget_sessions(home.hass)
            for name, of in (("p50", 50), ("p95", 95), ("p99", 99)):
                found = {agent: [_cut(each, of)] for agent, each in walls.items()}
                yield Line(f"{count} satellites, a turn, {name}", "ms", found)
            aimed = count == 50
            yield Line(
                f"{count} satellites, the loop's longest stall",
                "ms",
                stall,
                "under 50 ms" if aimed else "",
                median(stall[OURS]) < 50 if aimed else None,
            )


async def _all_at_once(home: Stage, agent: str, count: int) -> list[float]:
    """Return the milliseconds that each waits, from when all have spoken."""
    began = time.perf_counter()

    async def ask() -> float:
        await home.say(agent, LAMP)
        return (time.perf_counter() - began) * 1000

    return await asyncio.gather(*(ask() for _ in range(count)))


def _cut(samples: list[float], percent: int) -> float:
    if len(samples) < 2:
        return samples[0]
    return quantiles(samples, n=100, method="inclusive")[percent - 1]


ROWS = {"satellites": Row(title="many satellites at once", measure=measure)}
