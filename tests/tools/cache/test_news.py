"""What Home Assistant knows though no state has changed."""

import asyncio
from typing import Any, override

from homeassistant.components import calendar, todo, weather
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.helpers import llm
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.chatterbox.tools.cache.cache import (
    CachingDispatcher,
    ToolResultCache,
)
from custom_components.chatterbox.tools.cache.entries import CacheKey, CacheTerms
from custom_components.chatterbox.tools.cache.invalidation import HOLD, Invalidator
from custom_components.chatterbox.tools.cache.policy import CachePolicy

from .caching import Clock


class Sky(weather.WeatherEntity):
    """A weather whose forecast comes by itself."""

    _attr_condition = "sunny"
    _attr_name = "Sky"
    _attr_supported_features = weather.WeatherEntityFeature.FORECAST_DAILY
    started = 0

    @override
    def _async_subscription_started(self, forecast_type: str) -> None:
        self.started += 1

    @override
    def _async_subscription_ended(self, forecast_type: str) -> None:
        self.started -= 1

    async def async_forecast_daily(self) -> list[weather.Forecast]:
        """Return nothing."""
        return []


class Shopping(todo.TodoListEntity):
    """A list whose items move."""

    _attr_name = "Shopping"

    names = ("Milk", "Eggs")

    @property
    @override
    def todo_items(self) -> list[todo.TodoItem]:
        """Return the items in their order."""
        return [todo.TodoItem(summary=name) for name in self.names]


class Family(calendar.CalendarEntity):
    """A calendar that counts who asks for its events."""

    _attr_name = "Family"
    fetched = 0

    @property
    @override
    def event(self) -> None:
        """Return none: the next event is the same whatever is made after it."""

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: Any, end_date: Any
    ) -> list[calendar.CalendarEvent]:
        """Return none, and count."""
        self.fetched += 1
        return []

    @override
    async def async_create_event(self, **kwargs: Any) -> None:
        """Make an event, as the panel does without an action."""
        self.async_write_ha_state()


class Kept:
    """A cache that listens to the home, and a read that it keeps."""

    def __init__(self, hass: HomeAssistant, entity_id: str) -> None:
        """Listen."""
        self.cache = ToolResultCache()
        self.invalidator = Invalidator(hass, self.cache)
        self.invalidator.start()
        key = CacheKey.of("read", {"entity_id": [entity_id], "type": "daily"})
        self.terms = CacheTerms(key, CachePolicy(ttl=300), frozenset({entity_id}))
        self.asked = 0

    async def read(self) -> int:
        """Return how often the tool was called, after a read."""

        async def tool(call: llm.ToolInput) -> llm.ToolResult:
            self.asked += 1
            return llm.ToolResult({"asked": self.asked})

        async def terms(call: llm.ToolInput) -> CacheTerms:
            return self.terms

        await CachingDispatcher(tool, self.cache, terms)(llm.ToolInput("read", {}))
        return self.asked

    async def stop(self) -> None:
        """Listen no longer."""
        self.invalidator.stop()
        await self.cache.close()
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
async def home(hass: HomeAssistant) -> None:
    """Set up what knows what is exposed."""
    assert await async_setup_component(hass, "homeassistant", {})


async def add(hass: HomeAssistant, domain: str, entity: Any) -> str:
    """Add an entity."""
    assert await async_setup_component(hass, domain, {})
    await hass.data[DATA_INSTANCES][domain].async_add_entities([entity])
    await hass.async_block_till_done()
    return str(entity.entity_id)


async def test_a_new_forecast_under_the_same_condition(hass: HomeAssistant) -> None:
    """Subscribed only while a result of it is kept."""
    sky = Sky()
    kept = Kept(hass, await add(hass, "weather", sky))
    assert sky.started == 0
    assert await kept.read() == await kept.read() == 1
    assert sky.started == 1
    await sky.async_update_listeners(("daily",))
    await asyncio.sleep(0)
    assert sky.started == 0
    assert await kept.read() == 2
    await kept.stop()
    assert sky.started == 0


async def test_a_list_that_tells_of_its_items(hass: HomeAssistant) -> None:
    """Their number stays, and so does the state."""
    shopping = Shopping()
    kept = Kept(hass, await add(hass, "todo", shopping))
    assert await kept.read() == await kept.read() == 1
    shopping.names = ("Eggs", "Milk")
    shopping.async_update_listeners()
    assert await kept.read() == 2
    await kept.stop()


async def test_an_event_that_the_panel_makes(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    """No action is called and no state changes; the calendar fetches nothing for us."""
    family = Family()
    family._attr_supported_features = calendar.CalendarEntityFeature.CREATE_EVENT
    kept = Kept(hass, await add(hass, "calendar", family))
    assert await kept.read() == await kept.read() == 1
    client = await hass_ws_client(hass)
    await client.send_json_auto_id(
        {
            "type": "calendar/event/create",
            "entity_id": family.entity_id,
            "event": {
                "summary": "Party",
                "dtstart": "2031-01-01",
                "dtend": "2031-01-02",
            },
        }
    )
    assert (await client.receive_json())["success"]
    assert await kept.read() == await kept.read() == 2
    assert family.fetched == 0
    await kept.stop()


async def test_a_calendar_that_tells_of_its_events(hass: HomeAssistant) -> None:
    """Without a state, to those who have subscribed, while a result of it is kept."""
    family = Family()
    kept = Kept(hass, await add(hass, "calendar", family))
    assert not family._event_listeners
    assert await kept.read() == await kept.read() == 1
    assert len(family._event_listeners) == 1
    family.async_update_event_listeners()
    await hass.async_block_till_done()
    assert not family._event_listeners
    assert await kept.read() == await kept.read() == 2
    await kept.stop()
    assert not family._event_listeners


@pytest.mark.parametrize("state", ["unavailable", "on"])
async def test_nothing_is_asked_of_a_calendar_for_what_only_stands_in(
    hass: HomeAssistant, state: str
) -> None:
    """It is not served while it is outdated, so that news of it is no news."""
    family = Family()
    kept = Kept(hass, await add(hass, "calendar", family))
    kept.terms = CacheTerms(
        kept.terms.key, CachePolicy(ttl=300, stale_if_error=300), kept.terms.depends_on
    )
    assert await kept.read() == 1
    hass.states.async_set(family.entity_id, state)
    assert len(kept.cache) == (state == "unavailable")
    assert not family._event_listeners
    await kept.stop()


@pytest.mark.parametrize("entity_id", ["calendar.family", "todo.list", "weather.home"])
async def test_a_state_that_is_written_again_as_it_was(
    hass: HomeAssistant, entity_id: str
) -> None:
    """An event made in the panel, an item that was renamed."""
    hass.states.async_set(entity_id, "1")
    kept = Kept(hass, entity_id)
    assert await kept.read() == await kept.read() == 1
    hass.states.async_set(entity_id, "1")
    assert await kept.read() == 2
    await kept.stop()


async def test_a_service_that_outlasts_the_hold(
    hass: HomeAssistant, clock: Clock
) -> None:
    """What is read while it runs is not kept, however long that is."""
    ends = asyncio.Event()

    async def update(call: ServiceCall) -> None:
        await ends.wait()

    hass.states.async_set("todo.list", "1")
    hass.services.async_register("todo", "update_item", update)
    kept = Kept(hass, "todo.list")
    running = hass.async_create_task(
        hass.services.async_call(
            "todo",
            "update_item",
            {"entity_id": "todo.list"},
            blocking=True,
            context=Context(),
        )
    )
    await asyncio.sleep(0)
    clock.now += 5 * HOLD
    assert await kept.read() == 1
    assert await kept.read() == 2
    ends.set()
    await running
    assert await kept.read() == 3
    assert await kept.read() == 3
    await kept.stop()


async def test_a_service_that_nobody_waits_for(
    hass: HomeAssistant, clock: Clock
) -> None:
    """Nothing tells when it ends, so it gets more time."""

    async def update(call: ServiceCall) -> None:
        pass

    hass.states.async_set("todo.list", "1")
    hass.services.async_register("todo", "update_item", update)
    kept = Kept(hass, "todo.list")
    await hass.services.async_call("todo", "update_item", {"entity_id": "todo.list"})
    await hass.async_block_till_done()
    clock.now += 2 * HOLD
    assert (await kept.read(), await kept.read()) == (1, 2)
    clock.now += 60
    assert (await kept.read(), await kept.read()) == (3, 3)
    await kept.stop()
