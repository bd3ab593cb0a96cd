"""How often a turn asks the model and how long it is silent, ours beside core's.

    python -m benchmarks.turns

Core's `llama_cpp` agent and ours ask the same scripted model in one run, in the same
home. It needs the package that `llama_cpp`'s manifest requires (`openai`).
"""

import argparse
import asyncio
from dataclasses import dataclass
import json
import os
import sys
import time
from typing import Any

from homeassistant import loader
from homeassistant.components import conversation
from homeassistant.components.intent.timers import async_register_timer_handler
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import Context, HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

# Imported first, so that it wins over the custom components of the test tools.
import custom_components.chatterbox  # noqa: F401
from scripts.demo_model import ModelServer
from tests.home import open_session
from tests.house import House

from .homes import empty_home, make_home
from .scripted_model import Case, ScriptedModel
from .stage import add_agent

ON = "HassTurnOn"
CASES = (
    Case(
        "a",
        "one lamp",
        "Turn on the kitchen ceiling light.",
        "The kitchen light is on.",
        actions=((ON, {"name": "Kitchen Ceiling Light"}),),
    ),
    Case(
        "b",
        "three lamps and a blind",
        "Turn on the lights in the study and bedroom and open the study blind.",
        "The lights are on and the blind is opening.",
        actions=(
            (ON, {"name": "Study Ceiling Light"}),
            (ON, {"name": "Study Floor Lamp"}),
            (ON, {"name": "Bedroom Ceiling Light"}),
            (ON, {"name": "Study Blind"}),
        ),
    ),
    Case(
        "c",
        "what time is it",
        "What time is it?",
        "It is five past two.",
        told_by=("[Home Assistant:",),
        looks=(("GetDateTime", {}),),
    ),
    Case(
        "d",
        "is the garage door open",
        "Is the garage door open?",
        "Yes, it is open.",
        told_by=("Garage Door (cover",),
        looks=(("GetLiveContext", {"name": "Garage Door"}),),
    ),
    Case(
        "e",
        "the weather",
        "What is the weather like?",
        "It is sunny at 18 degrees.",
        looks=(("GetLiveContext", {"domain": "weather"}),),
    ),
    Case(
        "f",
        "an action that fails",
        "Turn on the attic floor lamp.",
        "The attic lamp is on.",
        actions=((ON, {"name": "Attic Floor Lamp"}),),
    ),
)
HELLO = Case("hello", "hello", "Hello there.", "Hello.")
FAILING = "light.e18"
"""The attic's floor lamp."""


@dataclass(slots=True)
class Bench:
    """A home with both agents, and the server that both ask."""

    hass: HomeAssistant
    house: House
    server: ModelServer
    agents: dict[str, str]
    """Entity id by the name in the table."""

    async def turn(
        self, agent: str, case: Case, device_id: str | None = None
    ) -> tuple[int, float, list[dict[str, Any]]]:
        """Say a sentence; return model calls, seconds of silence, and requests."""
        model = ScriptedModel(case)
        self.server.brain = model
        heard: list[float] = []

        def listen(_: Any, delta: dict[str, Any]) -> None:
            if delta.get("role", "assistant") == "assistant" and delta.get("content"):
                heard.append(time.monotonic())

        started = time.monotonic()
        with (
            open_session(self.hass) as session,
            conversation.async_get_chat_log(
                self.hass, session, chat_log_delta_listener=listen
            ),
        ):
            await conversation.async_converse(
                self.hass,
                case.sentence,
                session.conversation_id,
                Context(),
                "en",
                self.agents[agent],
                device_id=device_id,
            )
        return len(model.requests), heard[0] - started, model.requests


async def set_up(hass: HomeAssistant, server: ModelServer) -> Bench:
    """Set up a home of 100 entities, and both agents in it."""
    house = await make_home(hass, 100)
    garage = house.area("Carport")
    house.entity("cover.gd", "Garage Door", "open", area=garage, device_class="garage")
    house.entity("weather.home", "Home", "sunny", temperature=18)
    house.failing.add(FAILING)
    # Each does without the other's services: only what core's agent has is compared.
    agents = {
        "core": await add_agent(
            hass,
            MockConfigEntry(
                domain="llama_cpp",
                data={"base_url": server.url, "api_key": "x", "streaming": True},
                subentries_data=[subentry({"chat_model": "m"}, ["assist"])],
            ),
        ),
        "core, no API": await add_agent(
            hass,
            MockConfigEntry(
                domain="llama_cpp",
                data={"base_url": server.url, "api_key": "y", "streaming": True},
                subentries_data=[subentry({"chat_model": "m"}, [])],
            ),
        ),
        "ours": await add_agent(hass, ours(server, llm_hass_api=["assist"])),
        "ours, services": await add_agent(
            hass,
            ours(server, llm_hass_api=[], services=["light.turn_on", "cover.toggle"]),
        ),
    }
    return Bench(hass, house, server, agents)


def subentry(data: dict[str, Any], apis: list[str]) -> ConfigSubentryData:
    """Return an agent."""
    return ConfigSubentryData(
        subentry_type="conversation",
        title="Agent",
        unique_id=None,
        data={"llm_hass_api": apis, **data} if apis else data,
    )


def ours(server: ModelServer, **options: Any) -> MockConfigEntry:
    """Return an entry of ours."""
    return MockConfigEntry(
        domain="chatterbox",
        data={"provider": "openai", "url": server.url, "api_key": str(options)},
        subentries_data=[subentry({"model": "m", "priming": "off", **options}, [])],
    )


async def compare_turns(bench: Bench) -> None:
    """Print model calls and silence for each case."""
    print("| turn | calls, core | calls, ours | silence, core | silence, ours |")
    print("|---|---|---|---|---|")
    for case in CASES:
        row = {name: await bench.turn(name, case) for name in ("core", "ours")}
        calls = " | ".join(str(calls) for calls, _, _ in row.values())
        silence = " | ".join(f"{seconds:.2f} s" for _, seconds, _ in row.values())
        print(f"| ({case.key}) {case.title} | {calls} | {silence} |")


def prefix(request: dict[str, Any]) -> bytes:
    """Return system prompt and tools, in the order in which a server reads them."""
    system = [m for m in request["messages"] if m["role"] == "system"]
    return json.dumps([system, request.get("tools")]).encode()


def shared(one: bytes, two: bytes) -> str:
    """Return how many bytes two prefixes begin with together, of how many."""
    same = next(
        (i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b),
        min(len(one), len(two)),
    )
    return f"{same} of {len(two)} ({same / len(two):.0%})"


async def compare_prefixes(bench: Bench) -> None:
    """Print what of the system prompt and tools is shared between two requests."""
    house = bench.house
    kitchen = house.satellite("Kitchen satellite", "kitchen")
    study = house.satellite("Study satellite", "study")
    timers = house.satellite("Timer satellite", "kitchen")

    async def ask(name: str, device_id: str | None) -> bytes:
        _, _, (request, *_) = await bench.turn(name, HELLO, device_id)
        return prefix(request)

    print("\n| system and tools shared with the request before | core | ours |")
    print("|---|---|---|")
    rows: dict[str, list[str]] = {}
    for name in ("core", "ours"):
        before = await ask(name, kitchen)
        same = await ask(name, kitchen)
        rows.setdefault("same satellite", []).append(shared(before, same))
        other = await ask(name, study)
        rows.setdefault("satellite in another area", []).append(shared(same, other))
        state = bench.hass.states.get("light.e7")
        assert state
        flipped = "on" if state.state == "off" else "off"
        bench.hass.states.async_set("light.e7", flipped, state.attributes)
        changed = await ask(name, study)
        rows.setdefault("state changed", []).append(shared(other, changed))
    forget = async_register_timer_handler(bench.hass, timers, lambda *_: None)
    for name in ("core", "ours"):
        before, after = await ask(name, kitchen), await ask(name, timers)
        rows.setdefault("satellite with timers", []).append(shared(before, after))
    forget()
    for name in ("core, no API", "ours, services"):
        before = await ask(name, kitchen)
        await asyncio.sleep(1.1)
        rows.setdefault("no LLM API; ours with services", []).append(
            shared(before, await ask(name, kitchen))
        )
    here = {name: await ask(name, None) for name in ("core", "ours")}
    there = await other_process()
    rows["second process, other hash seed"] = [
        shared(here[name], there[name]) for name in ("core", "ours")
    ]
    for title, (core, ours_) in rows.items():
        print(f"| {title} | {core} | {ours_} |")


async def other_process() -> dict[str, bytes]:
    """Return the prefixes that another process makes of the same home."""
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.turns", "--prefixes"),
        env={**os.environ, "PYTHONHASHSEED": seed},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    found: dict[str, str] = json.loads(out.decode().splitlines()[-1])
    return {name: text.encode() for name, text in found.items()}


async def run(*, prefixes: bool) -> None:
    """Print the tables, or the prefixes for another process that prints them."""
    server = await ModelServer().start()
    async with empty_home() as hass:
        # Else Home Assistant's test tools let it find no custom integration.
        hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
        bench = await set_up(hass, server)
        if prefixes:
            found = {}
            for name in ("core", "ours"):
                _, _, (request, *_) = await bench.turn(name, HELLO)
                found[name] = prefix(request).decode()
            print(json.dumps(found))
        else:
            await compare_turns(bench)
            await compare_prefixes(bench)
    await server.close()


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.turns")
    parser.add_argument("--prefixes", action="store_true", help=argparse.SUPPRESS)
    asyncio.run(run(prefixes=parser.parse_args().prefixes))


if __name__ == "__main__":
    main()
