"""A home with slow devices, and a turn that shows all that the card can."""

from pathlib import Path
from typing import Any

from scripts.demo_model import ModelServer
from scripts.demo_model.script import (
    Pause,
    Step,
    Text,
    Thinking,
    UsageChunk,
    whole_call,
)
from scripts.dev_home.agent import DOMAIN, change_agent
from scripts.dev_home.client import HomeClient
from scripts.dev_home.folder import CONFIGURATION

ACTIONS = [
    "cover.open_cover",
    "light.turn_off",
    "light.turn_on",
    "switch.turn_on",
    "weather.get_forecasts",
]
FORECAST = {"type": "daily", "name": ["Demo Weather North"]}

SLOW_DEVICES = """
template:
  - light:
      - name: Desk Lamp
        turn_on: [{delay: 0.8}]
        turn_off: [{delay: 0.5}]
        set_level: [{delay: 0.5}]
      - name: Floor Lamp
        turn_on: [{delay: 0.6}]
        turn_off: [{delay: 0.6}]
  - cover:
      - name: Blind
        device_class: blind
        open_cover: [{delay: 1.1}]
        close_cover: [{delay: 1.1}]
  - switch:
      - name: Heater
        turn_on: [{delay: 0.4}, {action: notify.a_boiler_that_is_gone}]
        turn_off: [{delay: 0.4}]
"""
"""Devices that take as long as real ones do, one of which fails."""


def write_configuration(folder: Path) -> None:
    """Write the home's configuration, before it starts for the first time."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "configuration.yaml").write_text(CONFIGURATION + SLOW_DEVICES)


async def allow_actions(home: HomeClient) -> None:
    """Let the agent do what the turn does."""
    (entry,) = await home.command("config_entries/get", domain=DOMAIN)
    await home.command(
        "homeassistant/expose_entity",
        assistants=["conversation"],
        entity_ids=["switch.heater", "cover.blind"],
        should_expose=True,
    )
    await change_agent(home, entry["entry_id"], services=ACTIONS)


def plan_forecast(server: ModelServer) -> str:
    """Queue a turn that fetches the forecast, and return what to say."""
    server.script(
        Pause(0.3), *whole_call("weather__get_forecasts", FORECAST), *_cost(1480, 22, 0)
    )
    server.script(Pause(0.2), Text("It is snowing."), *_cost(1710, 6, 1480))
    return "What is the weather like?"


def plan_showpiece(server: ModelServer) -> str:
    """Queue the turn of the pictures, and return what to say.

    Three tools at once, one result from the cache, one call that waits for an earlier
    one, and one that fails.
    """
    calls: tuple[tuple[str, dict[str, Any]], ...] = (
        ("light__turn_on", {"name": "Desk Lamp"}),
        ("cover__open_cover", {"name": "Blind"}),
        ("weather__get_forecasts", FORECAST),
        ("light__turn_off", {"name": "Desk Lamp"}),
        ("switch__turn_on", {"name": "Heater"}),
    )
    steps: list[Step] = [Pause(0.35)]
    for word in ("They ", "want ", "to ", "work."):
        steps += [Thinking(word), Pause(0.05)]
    for index, (name, arguments) in enumerate(calls):
        steps += whole_call(name, arguments, index=index, id=f"shown_{index}")
        steps.append(Pause(0.09))
    server.script(*steps, *_cost(1820, 164, 1480))
    words: list[Step] = [Pause(0.25)]
    for word in (
        "The ", "blind ", "is ", "open, ", "but ", "the ", "heater ", "does ", "not ",
        "answer. ", "It ", "will ", "snow.",
    ):  # fmt: skip
        words += [Text(word), Pause(0.03)]
    server.script(*words, *_cost(2140, 18, 1820))
    return "I start to work, is it cold outside?"


def _cost(given: int, answered: int, cached: int) -> tuple[UsageChunk]:
    return (UsageChunk(given, answered, cached),)
