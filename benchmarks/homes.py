"""Homes of any size, as people have them: rooms on floors, a few things of each kind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory

from homeassistant.core import HomeAssistant
from homeassistant.helpers import frame
from pytest_homeassistant_custom_component.common import async_test_home_assistant

from tests.house import House, make_house

ROOMS = (
    ("Kitchen", "Ground Floor"),
    ("Living Room", "Ground Floor"),
    ("Hallway", "Ground Floor"),
    ("Garage", "Ground Floor"),
    ("Bedroom", "Upper Floor"),
    ("Bathroom", "Upper Floor"),
    ("Nursery", "Upper Floor"),
    ("Study", "Upper Floor"),
    ("Attic", "Attic Floor"),
    ("Garden", "Outside"),
)
THINGS = (
    ("light", "Ceiling Light", "off"),
    ("light", "Floor Lamp", "off"),
    ("cover", "Blind", "open"),
    ("sensor", "Temperature", "21.4"),
    ("sensor", "Humidity", "46"),
    ("binary_sensor", "Window", "off"),
    ("binary_sensor", "Motion", "off"),
    ("switch", "Socket", "off"),
    ("climate", "Thermostat", "heat"),
    ("media_player", "Speaker", "idle"),
)
COMPONENTS = (
    "climate",
    "media_player",
    "switch",
    "sensor",
    "binary_sensor",
    "weather",
    "calendar",
    "todo",
)


@asynccontextmanager
async def empty_home() -> AsyncIterator[HomeAssistant]:
    """Give a Home Assistant in a folder of its own, which goes with it."""
    with TemporaryDirectory() as folder:
        async with async_test_home_assistant(config_dir=folder) as hass:
            # Else the second home of a process cannot look names up.
            frame.async_setup(hass)
            yield hass
            await hass.async_stop(force=True)


async def make_home(hass: HomeAssistant, entities: int) -> House:
    """Set up a home with so many exposed entities in ten rooms."""
    house = await make_house(hass, *COMPONENTS)
    areas = [house.area(room, floor) for room, floor in ROOMS]
    for number in range(entities):
        domain, thing, state = THINGS[number // len(ROOMS) % len(THINGS)]
        room = number % len(ROOMS)
        again = number // (len(ROOMS) * len(THINGS))
        suffix = f" {again + 1}" if again else ""
        house.entity(
            f"{domain}.e{number}",
            f"{ROOMS[room][0]} {thing}{suffix}",
            state,
            area=areas[room],
            aliases=(f"{thing} by the door{suffix}",) if number % 9 == 4 else (),
        )
    return house
