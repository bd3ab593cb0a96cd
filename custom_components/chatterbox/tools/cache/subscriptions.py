"""What entities tell of beside their states: new forecasts, items, events.

They may begin to poll for who subscribes, so only what is kept is subscribed to.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any, Final

from homeassistant.components.calendar import CalendarEntity
from homeassistant.components.todo.entity import TodoListEntity
from homeassistant.components.weather import WeatherEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.util import dt as dt_util

from ..resources import is_entity
from .entries import CacheTerms

type Stop = Callable[[], object]

_FORECASTS: Final = frozenset({"daily", "hourly", "twice_daily"})
_SHORTEST: Final = timedelta(minutes=1)
"""A calendar fetches the events of the time that is subscribed to before it tells."""


def subscriptions(
    hass: HomeAssistant, terms: CacheTerms, changed: Callable[[str], None]
) -> list[Stop]:
    """Tell `changed` of an entity's new answers, until what is returned is called."""
    return [
        stop
        for entity_id in terms.depends_on
        if is_entity(entity_id)
        for stop in _of_entity(hass, entity_id, terms, changed)
    ]


def _of_entity(
    hass: HomeAssistant,
    entity_id: str,
    terms: CacheTerms,
    changed: Callable[[str], None],
) -> Iterator[Stop]:
    component = hass.data.get(DATA_INSTANCES, {}).get(entity_id.partition(".")[0])
    entity = component.get_entity(entity_id) if component else None

    @callback
    def told(_: Any) -> None:
        changed(entity_id)

    if isinstance(entity, WeatherEntity):
        asked = terms.key.arguments.get("type")
        if asked in _FORECASTS:
            yield _later(hass, entity.async_subscribe_forecast(asked, told))
    elif isinstance(entity, TodoListEntity):
        yield _later(hass, entity.async_subscribe_updates(told))
    elif isinstance(entity, CalendarEntity):
        # Ended at once: a state that is written drops the result before the calendar
        # looks for whom to fetch events, and then it need not.
        now = dt_util.now()
        yield entity.async_subscribe_events(now, now + _SHORTEST, told)


def _later(hass: HomeAssistant, stop: Stop) -> Stop:
    return partial(hass.loop.call_soon, stop)
