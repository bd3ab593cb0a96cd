"""A home with weather, a calendar and a list, and a model that reads before it tells."""

from dataclasses import dataclass, field
from datetime import timedelta
import json
from typing import Any, override

from homeassistant.components.calendar import CalendarEntity, CalendarEvent
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.todo import TodoItem, TodoItemStatus, TodoListEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest

from custom_components.chatterbox.agent.foresight.learnt import (
    LearntReads,
    async_get_learnt,
)
from scripts.demo_model import ModelServer, Step, Text, whole_call

from ...home import Agent, setup_agent
from ...weather_home import GARDEN, WeatherHome, make_weather_home

SERVICES = ("weather.get_forecasts", "calendar.get_events", "todo.get_items")
WEATHER = ("weather__get_forecasts", {"type": "daily", "entity_id": GARDEN})
EVENTS = ("calendar__get_events", {"entity_id": "calendar.family"})
ITEMS = ("todo__get_items", {"entity_id": "todo.shopping"})
READ = "Read at "
"""How what is foreseen begins."""


class Calendar(CalendarEntity):
    """The family's calendar, with one event."""

    _attr_name = "Family"
    _attr_unique_id = "family"
    _attr_should_poll = False
    reads = 0

    @property
    @override
    def event(self) -> CalendarEvent | None:
        return None

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: Any, end_date: Any
    ) -> list[CalendarEvent]:
        type(self).reads += 1
        start = dt_util.start_of_local_day()
        return [CalendarEvent(start, start + timedelta(hours=1), "Dentist")]


class Shopping(TodoListEntity):
    """The shopping list."""

    _attr_name = "Shopping"
    _attr_unique_id = "shopping"
    _attr_should_poll = False

    def __init__(self) -> None:
        """Put milk on it."""
        self._attr_todo_items = [
            TodoItem(summary="Milk", uid="1", status=TodoItemStatus.NEEDS_ACTION)
        ]


@dataclass
class Reader:
    """A model that answers from the note what it finds there, and else reads."""

    call: tuple[str, dict[str, Any]] = WEATHER
    telling: str = "forecast"
    """What shows that a result is in the note."""
    answer: str = "It will be 1 degree in January."
    extra: dict[str, Any] = field(default_factory=dict)

    def __call__(self, request: dict[str, Any]) -> list[Step]:
        """Return the steps of a reply."""
        last = request["messages"][-1]
        if last["role"] == "tool" or (
            READ in last["content"] and self.telling in last["content"]
        ):
            return [Text(self.answer)]
        name, args = self.call
        return whole_call(name, {**args, **self.extra})


@pytest.fixture
async def home(hass: HomeAssistant) -> WeatherHome:
    """Give a home with weather, a calendar and a list."""
    home = await make_weather_home(hass)
    for entity in (Calendar(), Shopping()):
        domain = "calendar" if isinstance(entity, Calendar) else "todo"
        assert await async_setup_component(hass, domain, {})
        await hass.data[DATA_INSTANCES][domain].async_add_entities([entity])
        async_expose_entity(hass, "conversation", entity.entity_id, True)
    return home


@pytest.fixture
def reader(model_server: ModelServer) -> Reader:
    """Give a model that asks for the weather."""
    reader = Reader()
    model_server.brain = reader
    return reader


@pytest.fixture
async def agent(
    hass: HomeAssistant, home: WeatherHome, reader: Reader, model_server: ModelServer
) -> Agent:
    """Give an agent that may read all three."""
    return await setup_agent(hass, model_server, services=list(SERVICES))


@pytest.fixture
def learnt(agent: Agent) -> LearntReads:
    """Give what is learnt."""
    return async_get_learnt(agent.hass)


async def questions(agent: Agent, sentence: str, **kwargs: Any) -> int:
    """Say a sentence and return how often the model was asked."""
    before = len(agent.server.requests)
    await agent.say(sentence, **kwargs)
    return len(agent.server.requests) - before


def note(agent: Agent) -> str:
    """Return what the model read last of what a person said."""
    messages = agent.server.requests[-1].messages
    return str([m for m in messages if m["role"] == "user"][-1]["content"])


def figures(agent: Agent, *names: str) -> list[Any]:
    """Return figures of the last turn."""
    from custom_components.chatterbox.agent.turn_log import (  # noqa: PLC0415
        async_get_turns,
    )

    (subentry_id,) = agent.entry.subentries
    last = async_get_turns(agent.hass).last(subentry_id)[-1]
    return [last.figures[name] for name in names]


def foreseen_json(text: str) -> Any:
    """Return the data of a note's foreseen result, its brackets put right."""
    line = next(line for line in text.splitlines() if line.startswith(READ))
    data = line.partition("to answer from: ")[2].rpartition("}")[0] + "}"
    return json.loads(data.replace("(", "[").replace(")", "]"))
