"""Many satellites for a long time, with a server that fails, in a home that changes.

    python -m benchmarks.soak --minutes 60

Each satellite speaks again soon after it was answered. 5 % of the responses are faults
of every kind; meanwhile the entry is reloaded, actions fail, and things are renamed,
hidden and exposed. The first sample is taken before, the last once all has ended and been
forgotten; those between grow with the conversations of the last five minutes, which Home
Assistant keeps. There has to be no silence, no hang, no error in the log but Home
Assistant's own for the actions that fail, and as much at the end as in the beginning.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
import gc
import logging
from pathlib import Path
import random
import time
from typing import Any, Final

from homeassistant import loader
from homeassistant.components.conversation.chat_log import DATA_CHAT_LOGS
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_fire_time_changed

# Imported first, so that it wins over the custom components of the test tools.
import custom_components.chatterbox  # noqa: F401
from scripts.demo_model import (
    CallPiece,
    Chunk,
    Drop,
    Finish,
    ModelServer,
    Pause,
    Raw,
    Stall,
    Status,
    Step,
    Text,
    Thinking,
    whole_call,
)
from tests.home import Agent, setup_agent, spoken
from tests.house import House

from .homes import empty_home, make_home

FAULT_SHARE: Final = 0.05
LIMITS: Final = {"timeout": 2.0, "thinking_timeout": 3.0, "turn_timeout": 20.0}
"""Seconds of the agent's form: a fault must not take the soak's time."""
LONGEST: Final = 60.0
"""Seconds after which a turn has hung."""
SAMPLES: Final = 10
KEPT_ALIVE: Final = 20.0
"""Seconds after which unused connections have been closed."""
EXPECTED: Final = ("aiohttp.server", "homeassistant.helpers.intent")
"""Who logs that the scripted server's client went, and that an action failed."""
FAULTS: Final[dict[str, tuple[Step, ...]]] = {
    "wrong key": (Status(401, {"error": {"message": "Incorrect API key"}}),),
    "no such model": (Status(404, {"error": "no such model"}),),
    "too many requests": (Status(429, headers={"Retry-After": "1"}),),
    "redirect": (Status(307, headers={"Location": "http://127.0.0.1:9/"}),),
    "error page": (Status(500, "<html>"),),
    "long error": (Status(503, "x" * 100_000),),
    "connection lost": (Drop(),),
    "lost while speaking": (Text("It is on and"), Drop()),
    "lost in a call": (CallPiece(0, "c", "HassTurnOn", '{"na'), Drop()),
    "stall": (Stall(),),
    "stall while speaking": (Text("It is on and"), Stall()),
    "no JSON": (Raw(b"data: {oops\n\n"),),
    "no events": (Raw(b"<html>"),),
    "no text": (Raw(b"\xff\xfe\x00data: \n\n"),),
    "error in the stream": (Chunk({"error": {"message": "overloaded"}}),),
    "cut off": (Finish("length"),),
    "filtered": (Finish("content_filter"),),
    "nothing": (),
    "blank": (Text(" "),),
    "only thoughts": (Thinking("Hm. "),),
    "broken call": (CallPiece(0, "c", "HassTurnOn", '{"name": "nothing"'),),
    "call of nothing": tuple(whole_call("no_such_tool", {})),
    "pings": (Raw(b": ping\n\n"), Pause(0.1)) * 60,
    "markup": (Text("{" * 2_000),),
}


@dataclass(frozen=True, slots=True)
class Size:
    """What a leak would make larger."""

    turns: int
    """So far."""
    conversations: int
    """That Home Assistant keeps."""
    tasks: int
    listeners: int
    handles: int
    objects: int
    kilobytes: int


@dataclass(slots=True)
class Soak:
    """What came of it."""

    turns: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    survived: int = 0
    """Turns that met a fault and ended in a sentence."""
    changes: int = 0
    absent: int = 0
    """Sentences that came while the agent was being reloaded."""
    hangs: int = 0
    silences: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    sizes: list[Size] = field(default_factory=list)
    met: set[str] = field(default_factory=set)
    """Satellites whose turn has met a fault."""


class _Errors(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self, found: Soak) -> None:
        super().__init__(logging.ERROR)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, but for what the soak itself has made fail."""
        if record.name in EXPECTED:
            return
        said = record.exc_text or record.exc_info or ""
        self._found.errors.append(f"{record.name}: {record.getMessage()[:300]} {said}")


async def soak(
    agent: Agent,
    house: House,
    seconds: float,
    satellites: int,
    *,
    rest: float = 0,
    seed: int = 1,
) -> Soak:
    """Let satellites speak for so long, rest, and return what came of it."""
    found, chance = Soak(), random.Random(seed)  # noqa: S311
    found.sizes.append(_size(agent.hass, found))
    agent.server.brain = lambda body: list(_steps(body, found, chance))
    handler = _Errors(found)
    logging.getLogger().addHandler(handler)
    until = time.monotonic() + seconds
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(satellites):
                name = f"satellite_{number}"
                group.create_task(_satellite(agent, found, chance, name, until))
            group.create_task(_change(agent, house, found, chance, until))
            for _ in range(SAMPLES):
                await asyncio.sleep(seconds / (SAMPLES + 1))
                found.sizes.append(_size(agent.hass, found))
        await asyncio.sleep(rest)
        # Home Assistant forgets the conversations.
        async_fire_time_changed(agent.hass, dt_util.utcnow() + timedelta(hours=1))
        await agent.hass.async_block_till_done(wait_background_tasks=True)
        found.sizes.append(_size(agent.hass, found))
    finally:
        logging.getLogger().removeHandler(handler)
    return found


def _steps(body: dict[str, Any], found: Soak, chance: random.Random) -> Iterator[Step]:
    """Switch a lamp, then tell of it; now and then a fault."""
    if chance.random() < FAULT_SHARE:
        kind = chance.choice(list(FAULTS))
        found.faults[kind] += 1
        said = [m["content"] for m in body["messages"] if m["role"] == "user"]
        found.met.add(said[-1].rsplit(" ", 1)[-1])
        yield from FAULTS[kind]
    elif body["messages"][-1]["role"] == "tool" or chance.random() < 0.3:
        yield Text("The lamp is not what it was.")
    else:
        for at in range(chance.randint(1, 3)):
            name = f"{chance.choice(('Kitchen', 'Study'))} Ceiling Light"
            intent = chance.choice(("HassTurnOn", "HassTurnOff", "GetLiveContext"))
            call_id = f"c{chance.getrandbits(48):x}"
            yield from whole_call(intent, {"name": name}, index=at, id=call_id)


async def _satellite(
    agent: Agent, found: Soak, chance: random.Random, name: str, until: float
) -> None:
    """Speak until it is time, a few sentences to a conversation."""
    conversation_id: str | None = None
    while time.monotonic() < until:
        found.met.discard(name)
        try:
            async with asyncio.timeout(LONGEST):
                result = await agent.say(
                    f"Turn the lamps on or off, says {name}",
                    conversation_id,
                    satellite_id=name,
                )
        except TimeoutError:
            found.hangs += 1
            continue
        except ValueError:
            # Home Assistant says so itself: there is no such agent just now.
            found.absent += 1
            await asyncio.sleep(0.1)
            continue
        found.turns += 1
        if spoken(result).strip():
            found.survived += name in found.met
        else:
            found.silences.append(str(result.as_dict())[:300])
        conversation_id = result.conversation_id if chance.random() < 0.7 else None
        _forget(agent.server)
        await asyncio.sleep(chance.random())


def _forget(server: ModelServer) -> None:
    """Drop what the scripted server keeps for tests to look at."""
    for kept in (server.requests, server.primes, server.other_requests):
        kept.clear()
    server.client_ports.clear()


async def _change(
    agent: Agent, house: House, found: Soak, chance: random.Random, until: float
) -> None:
    """Rename, hide and expose, fail, reload until it is time."""
    hass, registry = agent.hass, er.async_get(agent.hass)
    lamps = [entity_id for entity_id in registry.entities if "light." in entity_id]
    while (left := until - time.monotonic()) > 0:
        await asyncio.sleep(min(1.0, left))
        lamp = chance.choice(lamps)
        match found.changes % 5:
            case 0:
                registry.async_update_entity(lamp, name=f"Lamp {found.changes % 7}")
            case 1:
                async_expose_entity(hass, "conversation", lamp, chance.random() < 0.7)
            case 2:
                registry.async_update_entity(lamp, name=None)
            case 3:
                house.failing ^= {lamp}
            case 4:
                await hass.config_entries.async_reload(agent.entry.entry_id)
        found.changes += 1
        house.calls.clear()


def _size(hass: HomeAssistant, found: Soak) -> Size:
    """Measure what a leak would make larger."""
    gc.collect()
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return Size(
        turns=found.turns,
        conversations=len(hass.data.get(DATA_CHAT_LOGS, ())),
        tasks=len(asyncio.all_tasks()),
        listeners=sum(hass.bus.async_listeners().values()),
        handles=len(list(Path("/proc/self/fd").iterdir())),
        objects=len(gc.get_objects()),
        kilobytes=int(pages) * 4,
    )


async def _run(minutes: float, satellites: int) -> Soak:
    server = await ModelServer().start()
    try:
        async with empty_home() as hass:
            hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
            house = await make_home(hass, 50)
            agent = await setup_agent(hass, server, llm_hass_api=["assist"], **LIMITS)
            return await soak(agent, house, minutes * 60, satellites, rest=KEPT_ALIVE)
    finally:
        await server.close()


def report(found: Soak) -> str:
    """Return what came of it, in lines."""
    lines = [
        f"turns {found.turns}, changes of the home {found.changes}, faults"
        f" {found.faults.total()} of {len(found.faults)} kinds, survived in"
        f" {found.survived} turns, sentences during a reload {found.absent}",
        f"silences {len(found.silences)}, hangs {found.hangs}, errors in the log"
        f" {len(found.errors)}",
        *(f"  {line}" for line in [*found.silences, *found.errors][:20]),
        " ".join(f"{name:>13}" for name in Size.__slots__),
        *(
            " ".join(f"{value:>13}" for value in asdict(size).values())
            for size in found.sizes
        ),
    ]
    return "\n".join(lines)


def main() -> None:
    """Run it and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--satellites", type=int, default=50)
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    print(report(asyncio.run(_run(arguments.minutes, arguments.satellites))))


if __name__ == "__main__":
    main()
