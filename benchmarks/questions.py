"""How often the model is asked for the same twenty sentences, the first and third time."""

from collections.abc import AsyncIterator
from typing import Any

from .report import Line
from .row import Row, Settings
from .scripted_model import Case
from .stage import stage

ON, OFF = "HassTurnOn", "HassTurnOff"
LIVE = "GetLiveContext"


def act(sentence: str, *actions: tuple[str, dict[str, Any]]) -> Case:
    """Return a sentence that acts."""
    return Case("act", sentence, sentence, "Done.", actions=actions)


def look(
    sentence: str,
    answer: str,
    told_by: tuple[str, ...],
    *looks: tuple[str, dict[str, Any]],
) -> Case:
    """Return a sentence that asks something of the home."""
    return Case("look", sentence, sentence, answer, told_by=told_by, looks=looks)


CLOCK = ("[Home Assistant:",)
WEATHER = look(
    "What is the weather like tomorrow?",
    "It will be sunny at 11.5 degrees.",
    ('"forecast"',),
    ("get_forecasts", {"entity_id": "weather.home", "type": "daily"}),
    (LIVE, {"domain": "weather"}),
)
CASES = (
    act("Turn on the kitchen ceiling light.", (ON, {"name": "Kitchen Ceiling Light"})),
    act("Turn off the study floor lamp.", (OFF, {"name": "Study Floor Lamp"})),
    act(
        "Turn on the lights in the hallway.",
        (ON, {"area": "Hallway", "domain": ["light"]}),
    ),
    act(
        "Turn on the study lights and open the study blind.",
        (ON, {"name": "Study Ceiling Light"}),
        (ON, {"name": "Study Floor Lamp"}),
        (ON, {"name": "Study Blind"}),
    ),
    act("Open the nursery blind.", (ON, {"name": "Nursery Blind"})),
    act("Good night, all lights off in the bedroom.", (OFF, {"area": "Bedroom"})),
    act("Turn on the attic ceiling light.", (ON, {"name": "Attic Ceiling Light"})),
    act("Turn on the garden ceiling light.", (ON, {"name": "Garden Ceiling Light"})),
    look("What time is it?", "It is noon.", CLOCK, ("GetDateTime", {})),
    look("What day is it today?", "Wednesday.", CLOCK, ("GetDateTime", {})),
    look(
        "Is the kitchen window open?",
        "No, it is closed.",
        ("Kitchen Window (binary_sensor",),
        (LIVE, {"name": "Kitchen Window"}),
    ),
    look(
        "How warm is it in the study?",
        "21 degrees.",
        ("Study Temperature (sensor",),
        (LIVE, {"area": "Study"}),
    ),
    look(
        "Is the bathroom ceiling light on?",
        "No, it is off.",
        ("Bathroom Ceiling Light (light",),
        (LIVE, {"name": "Bathroom Ceiling Light"}),
    ),
    WEATHER,
    look(
        "Will it rain?",
        "No, it will be sunny.",
        ('"forecast"',),
        ("get_forecasts", {"entity_id": "weather.home", "type": "daily"}),
        (LIVE, {"domain": "weather"}),
    ),
    look(
        "What is on my calendar?",
        "The dentist.",
        ('"events"',),
        ("get_events", {"entity_id": "calendar.family", "duration": {"hours": 24}}),
        ("calendar_get_events", {"calendar": "Family", "range": "today"}),
        (LIVE, {"domain": "calendar"}),
    ),
    look(
        "What do I have to buy?",
        "Milk.",
        ('"items"',),
        ("get_items", {"entity_id": "todo.shopping"}),
        (LIVE, {"domain": "todo"}),
    ),
    Case("chat", "joke", "Tell me a joke.", "A horse enters a bar."),
    Case("chat", "capital", "What is the capital of Peru?", "Lima."),
    Case("chat", "thanks", "Thank you.", "You are welcome."),
)


async def measure(settings: Settings) -> AsyncIterator[Line]:
    """Yield the questions of each time."""
    async with stage(100) as home:
        for time in (1,) if settings.smoke else (1, 2, 3):
            asked: dict[str, list[float]] = {agent: [0.0] for agent in home.agents}
            for case in CASES[:2] if settings.smoke else CASES:
                await home.model.play(case)
                for agent in home.agents:
                    cost = await home.turn(agent, case)
                    asked[agent][0] += len(cost.seen)
            if time != 2:
                count = 2 if settings.smoke else len(CASES)
                yield Line(f"{count} sentences, time {time}", "questions", asked)
    async with stage(100) as home:
        satellites = [
            home.house.satellite(f"{area} satellite", area)
            for area in ("kitchen", "study")
        ]
        await home.model.play(WEATHER)
        for time in (1,) if settings.smoke else (1, 2, 3, 4):
            satellite = satellites[time % 2]
            found = {
                agent: [
                    len((await home.turn(agent, WEATHER, device_id=satellite)).seen)
                ]
                for agent in home.agents
            }
            yield Line(f"the weather, time {time}, two satellites", "questions", found)


ROWS = {"questions": Row(title="questions to the model", measure=measure)}
