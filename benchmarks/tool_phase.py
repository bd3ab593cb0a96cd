"""The tools of a turn: beside Home Assistant's own dispatch in the same run."""

from collections.abc import AsyncIterator
import gc

from homeassistant.helpers import llm

from .dispatch import CALL_TAKES, Wait, core, ours, overheads, plans, wall
from .homes import empty_home
from .report import OURS, Line
from .row import Row, Settings

CORE = "core"


async def measure(settings: Settings) -> AsyncIterator[Line]:
    """Yield the tool phase by calls, and what a call costs beside its tool."""
    async with empty_home() as hass:
        gc.collect()
        gc.freeze()
        for count in settings.sizes(1, 5, 20, 50):
            tools: list[llm.Tool] = [Wait(number) for number in range(count)]
            found: dict[str, list[float]] = {OURS: [], CORE: []}
            for _ in range(settings.rounds(5)):
                for name, make in ((OURS, ours), (CORE, core)):
                    found[name].append(await wall(hass, make, tools) / CALL_TAKES)
            yield Line(
                f"{count} independent calls",
                "times the slowest",
                found,
                "as long as the slowest",
                max(found[OURS]) < 1.25,
            )
        for name, burst in (("one after another", 1), ("20 at once", 20)):
            yield Line(
                f"a tool that does nothing, {name}",
                "µs",
                {
                    who: [s * 1e6 for s in await overheads(hass, make, burst)]
                    for who, make in ((OURS, ours), (CORE, core))
                },
                note="core orders, bounds and records nothing",
            )
        for lights in settings.sizes(100, 1000):
            yield Line(
                f"telling what HassTurnOn touches, {lights} lights",
                "µs",
                {OURS: [seconds * 1e6 for seconds in await plans(hass, lights)]},
            )


ROWS = {"tools": Row(title="tool phase", measure=measure)}
