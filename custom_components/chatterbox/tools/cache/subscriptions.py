"""What entities tell of beside their states: new forecasts, items that moved.

They tell it to those who have subscribed, and may begin to poll for them, so that only
what is kept is subscribed to.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from homeassistant.components.todo.entity import TodoListEntity
from homeassistant.components.weather import WeatherEntity
from homeassistant.core import CALLBACK_TYPE, HomeAssistant
from homeassistant.helpers.entity_component import DATA_INSTANCES

from ..resources import is_entity
from .entries import CacheTerms

_FORECASTS = ("daily", "hourly", "twice_daily")


def subscriptions(
    hass: HomeAssistant, terms: CacheTerms, changed: Callable[[str], None]
) -> list[Callable[[], object]]:
    """Subscribe to what the entities that a result is of tell; return what ends it.

    `changed` is told the entity's id.
    """
    return [
        # Entities go through their listeners as they tell them.
        partial(hass.loop.call_soon, stop)
        for entity_id in terms.depends_on
        if is_entity(entity_id)
        for stop in _of_entity(hass, entity_id, terms, changed)
    ]


def _of_entity(
    hass: HomeAssistant,
    entity_id: str,
    terms: CacheTerms,
    changed: Callable[[str], None],
) -> Iterator[CALLBACK_TYPE]:
    """Subscribe to one entity."""
    component = hass.data.get(DATA_INSTANCES, {}).get(entity_id.partition(".")[0])
    entity = component.get_entity(entity_id) if component else None

    def told(_: Any) -> None:
        changed(entity_id)

    if isinstance(entity, WeatherEntity):
        asked = terms.key.arguments.get("type")
        if asked in _FORECASTS:
            yield entity.async_subscribe_forecast(asked, told)
    elif isinstance(entity, TodoListEntity):
        yield entity.async_subscribe_updates(told)
