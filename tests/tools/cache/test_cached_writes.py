"""The cache behind the ordered dispatcher: what is written is seen, by whoever asks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, override

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.todo import (
    DOMAIN as TODO_DOMAIN,
    TodoItem,
    TodoItemStatus,
    TodoListEntity,
    TodoListEntityFeature,
)
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import llm
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    setup_test_component_platform,
)

from custom_components.chatterbox.const import DOMAIN
from custom_components.chatterbox.tools.api import ChatterboxAPI
from custom_components.chatterbox.tools.cache.home import (
    DATA_TOOL_CACHE,
    async_join_cache,
    async_leave_cache,
)
from custom_components.chatterbox.tools.dispatch.limits import DispatchOptions
from custom_components.chatterbox.tools.toolbox import Toolbox

LIST = "todo.shopping"
SERVICES = ("todo.get_items", "todo.add_item", "todo.update_item", "todo.remove_item")


class Shopping(TodoListEntity):
    """A list whose server can be slow, and does not push what it holds."""

    _attr_name = "Shopping"
    _attr_should_poll = False
    _attr_supported_features = (
        TodoListEntityFeature.CREATE_TODO_ITEM | TodoListEntityFeature.UPDATE_TODO_ITEM
    )

    def __init__(self) -> None:
        """Start with milk."""
        self.entity_id = LIST
        self.reads = 0
        self.slow: asyncio.Event | None = None
        """What a write waits for."""
        self.began = asyncio.Event()
        """A write has begun."""
        self._attr_todo_items = [
            TodoItem(summary="Milk", uid="1", status=TodoItemStatus.NEEDS_ACTION)
        ]

    @property
    @override
    def todo_items(self) -> list[TodoItem] | None:
        """Return the items, and count that somebody looked."""
        self.reads += 1
        return self._attr_todo_items

    @override
    async def async_create_todo_item(self, item: TodoItem) -> None:
        self.began.set()
        if self.slow:
            await self.slow.wait()
        assert self._attr_todo_items is not None
        item.uid = str(len(self._attr_todo_items) + 1)
        self._attr_todo_items = [*self._attr_todo_items, item]

    @override
    async def async_update_todo_item(self, item: TodoItem) -> None:
        self._attr_todo_items = [item]

    @override
    def async_write_ha_state(self) -> None:
        """Push nothing: the number of items is not even counted."""


class Satellite:
    """Somebody who speaks: one turn after another, with the real tools."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        """Take the home."""
        self.hass = hass
        self.entry = entry

    async def turn(self, *calls: tuple[str, dict[str, Any]]) -> list[llm.ToolResult]:
        """Make the calls of one response and return their results."""
        context = llm.LLMContext(
            platform=DOMAIN,
            context=Context(),
            language="en",
            assistant="conversation",
            device_id=None,
        )
        api = ChatterboxAPI(self.hass, (), SERVICES)
        toolbox = await api.async_get_api_instance(context)
        assert isinstance(toolbox, Toolbox)
        cache = self.hass.data[DATA_TOOL_CACHE]
        options = DispatchOptions(deadline=2.0)
        with toolbox.begin_turn(self.entry, options, cache=cache):
            return await asyncio.gather(
                *(
                    toolbox.async_call_tool(
                        llm.ToolInput(f"todo__{name}", {"name": "Shopping", **args})
                    )
                    for name, args in calls
                )
            )

    async def items(self) -> list[str]:
        """Read the list in a turn of its own."""
        (result,) = await self.turn(("get_items", {}))
        return summaries(result)


def summaries(result: llm.ToolResult) -> list[str]:
    """Return what is on the list that was read."""
    data: Any = result.data
    assert not result.error, data
    return [item["summary"] for item in data[LIST]["items"]]


@pytest.fixture
async def shopping(hass: HomeAssistant) -> Shopping:
    """Give a home with a list."""
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    shopping = Shopping()
    setup_test_component_platform(hass, TODO_DOMAIN, [shopping])
    assert await async_setup_component(
        hass, TODO_DOMAIN, {TODO_DOMAIN: {"platform": "test"}}
    )
    await hass.async_block_till_done()
    hass.states.async_set(
        LIST,
        "1",
        {"friendly_name": "Shopping", "supported_features": 5},
    )
    async_expose_entity(hass, "conversation", LIST, True)
    return shopping


@pytest.fixture
async def satellite(
    hass: HomeAssistant, shopping: Shopping
) -> AsyncIterator[Callable[[], Satellite]]:
    """Give satellites that share the cache."""
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(hass)
    await async_join_cache(hass, entry)
    yield lambda: Satellite(hass, entry)
    await async_leave_cache(hass, entry)


async def test_a_list_is_read_once(
    shopping: Shopping, satellite: Callable[[], Satellite]
) -> None:
    """By two satellites."""
    before = shopping.reads
    assert await satellite().items() == ["Milk"]
    once = shopping.reads - before
    assert once > 0
    assert await satellite().items() == ["Milk"]
    assert shopping.reads - before == once


async def test_what_is_written_is_seen_in_the_same_response(
    shopping: Shopping, satellite: Callable[[], Satellite]
) -> None:
    """Read, write, read: the second read is not the first."""
    first, _, second = await satellite().turn(
        ("get_items", {}), ("add_item", {"item": "Eggs"}), ("get_items", {})
    )
    assert summaries(first) == ["Milk"]
    assert summaries(second) == ["Milk", "Eggs"]


async def test_what_shows_in_no_state_is_seen(
    shopping: Shopping, satellite: Callable[[], Satellite]
) -> None:
    """A renamed item leaves the number of items as it was, and is told anew."""
    one, other = satellite(), satellite()
    assert await one.items() == ["Milk"]
    await other.turn(("update_item", {"item": "Milk", "rename": "Oat milk"}))
    assert await one.items() == ["Oat milk"]


async def test_a_write_of_somebody_else_is_seen(
    hass: HomeAssistant, shopping: Shopping, satellite: Callable[[], Satellite]
) -> None:
    """Though it is slow, and nobody says when it has ended."""
    assert await satellite().items() == ["Milk"]
    shopping.slow = asyncio.Event()
    await hass.services.async_call(
        TODO_DOMAIN, "add_item", {"entity_id": LIST, "item": "Eggs"}, blocking=False
    )
    assert await satellite().items() == ["Milk"]
    shopping.slow.set()
    await hass.async_block_till_done()
    assert await satellite().items() == ["Milk", "Eggs"]


async def test_a_write_that_outlasts_its_turn_is_seen(
    hass: HomeAssistant, shopping: Shopping, satellite: Callable[[], Satellite]
) -> None:
    """What is read beside it is not kept."""
    shopping.slow = asyncio.Event()
    turn = hass.async_create_task(satellite().turn(("add_item", {"item": "Eggs"})))
    await asyncio.wait_for(shopping.began.wait(), 60)
    turn.cancel()
    await asyncio.wait([turn])
    shopping.slow.set()
    await hass.async_block_till_done()
    assert await satellite().items() == ["Milk", "Eggs"]
