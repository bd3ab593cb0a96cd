"""Whatever was learnt, right or wrong: nothing is told or done that would not be without."""

import json
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.todo import TodoItem, TodoItemStatus
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_component import DATA_INSTANCES
from hypothesis import HealthCheck, example, given, settings, strategies as st
import pytest

from custom_components.chatterbox.agent.foresight.learnt import async_get_learnt
from custom_components.chatterbox.agent.foresight.table import LearntCall, LearntTable
from custom_components.chatterbox.tools.cache.home import DATA_TOOL_CACHE
from scripts.demo_model import ModelServer, Step, Text, whole_call

from ...home import Agent, setup_agent, spoken
from ...weather_home import CABIN, GARDEN, WeatherHome
from .conftest import EVENTS, ITEMS, READ, SERVICES, WEATHER, note

CALLS = [
    LearntCall(WEATHER[0], json.dumps(WEATHER[1])),
    LearntCall(WEATHER[0], json.dumps({"type": "hourly", "entity_id": CABIN})),
    LearntCall(WEATHER[0], json.dumps({"type": "daily", "name": "Garden"})),
    LearntCall(ITEMS[0], json.dumps(ITEMS[1])),
    LearntCall(EVENTS[0], json.dumps({**EVENTS[1], "duration": {"hours": 9}})),
    LearntCall(EVENTS[0], json.dumps({"start_date_time": "\x00day 0 %Y-%m-%d"})),
    LearntCall("todo__add_item", json.dumps({**ITEMS[1], "item": "Beer"})),
    LearntCall("lock__unlock", "{}"),
    LearntCall(ITEMS[0], '{"entity_id": 3}'),
    LearntCall(ITEMS[0], "[]"),
    LearntCall(ITEMS[0], "no JSON"),
    LearntCall("reply", '{"say": "Done."}'),
]
SENTENCES = {
    "what is the weather": WEATHER,
    "what is on the list": ITEMS,
    "put milk on the list": ("todo__add_item", {**ITEMS[1], "item": "Bread"}),
    "tell me a joke": None,
}
WORDS = sorted({word for sentence in SENTENCES for word in sentence.split()})
tables = st.dictionaries(
    st.sampled_from(WORDS),
    st.dictionaries(st.sampled_from(CALLS), st.integers(1, 9), max_size=4),
    max_size=12,
)
steps = st.lists(
    st.sampled_from([*SENTENCES, "rain", "more", "hide", "show", "clear"]),
    min_size=1,
    max_size=8,
)


class Truthful:
    """A model that tells what the note has, and else what it reads; and acts when told."""

    def __init__(self) -> None:
        """Play nothing yet."""
        self.call: tuple[str, dict[str, Any]] | None = None

    def __call__(self, request: dict[str, Any]) -> list[Step]:
        """Return the steps of a reply."""
        last = request["messages"][-1]
        if last["role"] == "tool":
            return [Text(last["content"])]
        if self.call is None:
            return [Text("Ha.")]
        wanted = self.call[1]["entity_id"]
        for data in foreseen(last["content"]):
            if wanted in data and self.call[0] != "todo__add_item":
                return [Text(json.dumps(data))]
        return whole_call(*self.call)


def foreseen(text: str) -> list[Any]:
    """Return the data of all that is foreseen in a note."""
    lines = [line for line in text.splitlines() if line.startswith(READ)]
    return [
        json.loads(
            f"{line.partition('to answer from: ')[2].rpartition('}')[0]}}}".translate(
                str.maketrans("()", "[]")
            )
        )
        for line in lines
    ]


@pytest.fixture
async def agent(
    hass: HomeAssistant, home: WeatherHome, model_server: ModelServer
) -> Agent:
    """Give an agent that may write the list, too."""
    return await setup_agent(
        hass, model_server, services=[*SERVICES, "todo.add_item"], reply=False
    )


async def truths(hass: HomeAssistant) -> list[Any]:
    """Return all that a call could return now."""
    found = []
    for domain, service, entity_id, more in (
        ("weather", "get_forecasts", GARDEN, {"type": "daily"}),
        ("weather", "get_forecasts", CABIN, {"type": "hourly"}),
        ("todo", "get_items", "todo.shopping", {}),
        ("calendar", "get_events", "calendar.family", {"duration": {"hours": 9}}),
    ):
        found.append(
            await hass.services.async_call(
                domain,
                service,
                {"entity_id": entity_id, **more},
                blocking=True,
                return_response=True,
            )
        )
    return found


def _plain(truth: Any) -> Any:
    return json.loads(json.dumps(truth, default=str))


LISTED = {word: {CALLS[3]: 9} for word in ["put", "milk", "on", "the", "list"]}


@example(table=LISTED, script=["put milk on the list", "what is on the list"])
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(table=tables, script=steps)
async def test_nothing_is_told_or_done_that_would_not_be_without(
    hass: HomeAssistant,
    home: WeatherHome,
    agent: Agent,
    model_server: ModelServer,
    table: dict[str, dict[LearntCall, int]],
    script: list[str],
) -> None:
    """The note holds what a call returns now, and the list ends as it was told to."""
    model = model_server.brain = Truthful()
    shopping = hass.data[DATA_INSTANCES]["todo"].get_entity("todo.shopping")
    shopping._attr_todo_items = []
    added: list[str] = []

    async def add(item: TodoItem) -> None:
        added.append(str(item.summary))
        shopping._attr_todo_items = [
            *shopping._attr_todo_items,
            TodoItem(item.summary, str(len(added)), TodoItemStatus.NEEDS_ACTION),
        ]
        shopping.async_write_ha_state()

    shopping.async_create_todo_item = add
    shopping._attr_supported_features = 1
    shopping.async_write_ha_state()
    hass.data[DATA_TOOL_CACHE].clear()
    (subentry_id,) = agent.entry.subentries
    learnt = async_get_learnt(hass)
    learnt.clear()
    for word, calls in table.items():
        for call, count in calls.items():
            for _ in range(count):
                learnt.of(subentry_id, None).learn([word], [call], 8, 1.0)
    exposed, wanted, rained = True, 0, 0
    for step in script:
        match step:
            case "rain":
                # What it is asked from now on is another forecast.
                home.entities[GARDEN].become(f"condition {len(home.requests)}")
                rained = len(home.requests)
            case "more":
                await add(TodoItem("Eggs"))
                added.pop()
            case "hide" | "show":
                exposed = step == "show"
                async_expose_entity(hass, "conversation", "todo.shopping", exposed)
            case "clear":
                hass.data[DATA_TOOL_CACHE].clear()
            case _:
                model.call = SENTENCES[step]
                wanted += step.startswith("put") and exposed
                # What the turn writes itself comes after what it was told.
                before = await _true(hass, home)
                answer = spoken(await agent.say(step))
                true = await _true(hass, home)
                for data in foreseen(note(agent)):
                    assert exposed or "todo.shopping" not in data
                    _check(data, [*before, *true], rained)
                if exposed and model.call and answer.startswith("{"):
                    _check(json.loads(answer), true, rained)
    assert added == ["Bread"] * wanted
    async_expose_entity(hass, "conversation", "todo.shopping", True)


async def _true(hass: HomeAssistant, home: WeatherHome) -> list[Any]:
    """Return all that is true now, without a trace of the question."""
    asked = len(home.requests)
    true = [_plain(truth) for truth in await truths(hass)]
    del home.requests[asked:]
    return true


def _check(data: dict[str, Any], true: list[Any], rained: int) -> None:
    """Check that a result could be had now; a forecast tells which request it answers."""
    # Said of a read that follows a write of which nothing was heard.
    data.pop("may_be_old", None)
    if GARDEN in data:
        assert data[GARDEN]["forecast"][0]["temperature"] > rained
    elif CABIN not in data and "error" not in data and "success" not in data:
        assert data in true


def test_the_tables_foretell_something() -> None:
    """Else nothing would be tried."""
    table = LearntTable()
    for _ in range(2):
        table.learn(["weather"], [CALLS[0]], 8, 1.0)
    assert table.foretold(["weather"], 2) == [CALLS[0]]
