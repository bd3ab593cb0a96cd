"""How each cost grows: the exponent of a fit; 1 is linear, 0 does not grow."""

from collections.abc import AsyncIterator, Mapping
import math
from statistics import median
import time

from custom_components.chatterbox.agent.foresight.table import LearntCall, LearntTable
from custom_components.chatterbox.tools.cache.cache import (
    CachingDispatcher,
    ToolResultCache,
)

from .cache import Tool, forecast, question, terms_of
from .report import OURS, Line
from .row import Row, Settings
from .stage import HELLO, LAMP, READS, forget_sessions, stage

ACTIONS = (
    *READS,
    *(f"light.{name}" for name in ("turn_on", "turn_off", "toggle")),
    *(
        f"cover.{name}"
        for name in ("open_cover", "close_cover", "stop_cover", "toggle")
    ),
    *(f"media_player.{name}" for name in ("media_play", "media_pause", "volume_set")),
    *(f"switch.{name}" for name in ("turn_on", "turn_off", "toggle")),
    *(f"climate.{name}" for name in ("set_temperature", "turn_on", "turn_off")),
)


def exponent(found: Mapping[int, float]) -> float:
    """Return the exponent of the power law that fits best."""
    points = [(math.log(size), math.log(cost)) for size, cost in found.items()]
    if len(points) < 2:
        return 0.0
    middle = [sum(axis) / len(points) for axis in zip(*points, strict=True)]
    over = sum((x - middle[0]) * (y - middle[1]) for x, y in points)
    return over / sum((x - middle[0]) ** 2 for x, _ in points)


def line(what: str, found: Mapping[int, float]) -> Line:
    """Return the exponent, with the costs that it is of."""
    grown = exponent(found)
    told = ", ".join(f"{size}: {cost:.3g}" for size, cost in found.items())
    return Line(
        f"by {what}", "exponent", {OURS: [grown]}, "linear", grown <= 1.1, f"{told} ms"
    )


async def measure(settings: Settings) -> AsyncIterator[Line]:
    """Yield the growth of a turn, of a hit and of foresight."""
    entities = {}
    for size in settings.sizes(50, 200, 1000):
        async with stage(size, core=False) as home:
            costs = await home.costs(LAMP, settings.rounds(10))
            entities[size] = median(c.processor for c in costs[OURS]) * 1000
    yield line("exposed entities: a turn", entities)
    tools = {}
    for count in settings.sizes(4, 8, 16):
        async with stage(100, services=ACTIONS[:count], core=False) as home:
            costs = await home.costs(HELLO, settings.rounds(10))
            tools[count] = median(c.processor for c in costs[OURS]) * 1000
    yield line("actions offered: a turn", tools)
    yield line("turns of the conversation: a turn", await _history(settings))
    yield line("results kept: a hit", await _hits(settings))
    yield line("words learnt: what a sentence foretells", _words(settings))


async def _history(settings: Settings) -> dict[int, float]:
    """Return the milliseconds of a turn by the turns before it."""
    found = {}
    marks = settings.sizes(5, 20, 80)
    async with stage(50, core=False) as home:
        await home.model.play(HELLO)
        for number in range(max(marks) + 5):
            began = time.process_time()
            await home.say(OURS, HELLO, "long-talk")
            found[number] = (time.process_time() - began) * 1000
        forget_sessions(home.hass)
    return {mark: median(found[mark + near] for near in range(5)) for mark in marks}


async def _hits(settings: Settings) -> dict[int, float]:
    """Return the milliseconds of a hit by the entries of the cache."""
    found = {}
    for entries in settings.sizes(16, 128, 512):
        caching = CachingDispatcher(Tool(forecast(7)), ToolResultCache(), terms_of)
        for number in range(entries):
            await caching(question(number))
        began = time.process_time()
        for number in range(2000):
            await caching(question(number % entries))
        found[entries] = (time.process_time() - began) / 2
    return found


def _words(settings: Settings) -> dict[int, float]:
    """Return the milliseconds to find what a sentence foretells by the words learnt."""
    found = {}
    for words in settings.sizes(10, 100, 300):
        table = LearntTable()
        call = LearntCall("weather.get_forecasts", "{}")
        for number in range(words):
            for _ in range(2):
                table.learn((f"word{number}",), (call,), 8, 1.0)
        began = time.process_time()
        for _ in range(2000):
            table.foretold(("word3", "word5", "word7", "what"), 2)
        found[words] = (time.process_time() - began) / 2
    return found


ROWS = {"growth": Row(title="growth", measure=measure)}
