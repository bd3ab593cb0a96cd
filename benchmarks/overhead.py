"""What a turn costs beside the model: ours beside Home Assistant's own agents."""

from collections.abc import AsyncIterator

from .report import OURS, Line
from .row import Row, Settings
from .stage import HELLO, LAMP, stage

SIZES = (20, 200, 1000)
ROUNDS = 25


async def overhead(settings: Settings) -> AsyncIterator[Line]:
    """Yield wall time less the server's, and processor time, by entities."""
    for size in settings.sizes(*SIZES):
        async with stage(size) as home:
            for case in (LAMP, HELLO):
                costs = await home.costs(case, settings.rounds(ROUNDS))
                wall = {
                    name: [cost.overhead * 1000 for cost in found]
                    for name, found in costs.items()
                }
                half = f"half of core's{', under 10 ms' if size == 200 else ''}"
                line = Line(f"{case.title}, {size} entities, own time", "ms", wall)
                ratios = [r for name in wall if (r := line.ratio(name)) is not None]
                met = all(ratio <= 0.5 for ratio in ratios) and (
                    size != 200 or line.spreads[OURS].median < 10
                )
                yield Line(
                    line.what,
                    "ms",
                    wall,
                    half if ratios else "",
                    met if ratios else None,
                )
                yield Line(
                    f"{case.title}, {size} entities, processor",
                    "ms",
                    {n: [c.processor * 1000 for c in cs] for n, cs in costs.items()},
                )


async def first_word(settings: Settings) -> AsyncIterator[Line]:
    """Yield the time from the sentence's end to the first spoken character."""
    pace = 0.01 if settings.smoke else 0.5
    async with stage(100) as home:
        for case in (LAMP, HELLO):
            costs = await home.costs(case, settings.rounds(5), warm_up=1, pace=pace)
            yield Line(
                f"{case.title}; the model takes {pace:g} s to its first token",
                "s",
                {name: [c.first_word for c in found] for name, found in costs.items()},
            )


ROWS = {
    "overhead": Row(title="own work of a turn", measure=overhead),
    "first_word": Row(
        title="sentence end to first spoken character", measure=first_word
    ),
}
