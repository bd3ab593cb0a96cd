"""Entities that tell: sensors, the weather, lists and calendars."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, override
import uuid

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.calendar import CalendarEntity, CalendarEvent
from homeassistant.components.calendar.const import CalendarEntityFeature
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.components.todo.const import TodoItemStatus, TodoListEntityFeature
from homeassistant.components.todo.entity import TodoItem, TodoListEntity
from homeassistant.components.weather import Forecast, WeatherEntity
from homeassistant.components.weather.const import WeatherEntityFeature
from homeassistant.const import UnitOfSpeed, UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .base import HomeEntity, number


class HomeSensor(HomeEntity, SensorEntity):
    """A sensor."""

    attributes: ClassVar[Mapping[str, str]] = {
        "native_unit_of_measurement": "native_unit_of_measurement",
        "native_value": "native_value",
        "options": "options",
        "state_class": "state_class",
        "unit_of_measurement": "native_unit_of_measurement",
    }
    _attr_native_value = None

    @override
    def begin(self, state: str | None) -> None:
        value = number(state if state is not None else self._attr_native_value)
        if self.device_class == SensorDeviceClass.DATE and isinstance(value, str):
            value = date.fromisoformat(value)
        self._attr_native_value = value


class HomeBinarySensor(HomeEntity, BinarySensorEntity):
    """A binary sensor."""

    @override
    def begin(self, state: str | None) -> None:
        self._attr_is_on = state == "on"


class HomeWeather(HomeEntity, WeatherEntity):
    """The weather. `forecast` is a list of days, the first of them today."""

    flags = WeatherEntityFeature
    default_features = WeatherEntityFeature.FORECAST_DAILY
    attributes: ClassVar[Mapping[str, str]] = {
        "forecast": "days",
        "humidity": "humidity",
        "temperature": "native_temperature",
        "temperature_unit": "native_temperature_unit",
        "wind_speed": "native_wind_speed",
    }
    _attr_days: Sequence[Mapping[str, Any]] = ()
    _attr_native_temperature_unit = UnitOfTemperature.CELSIUS
    _attr_native_wind_speed_unit = UnitOfSpeed.KILOMETERS_PER_HOUR

    @override
    def begin(self, state: str | None) -> None:
        self._attr_condition = state
        self._attr_native_temperature = number(self._attr_native_temperature)

    @override
    async def async_forecast_daily(self) -> list[Forecast]:
        noon = dt_util.now().replace(hour=12, minute=0, second=0, microsecond=0)
        return [
            Forecast(
                datetime=(noon + timedelta(days=number)).isoformat(),
                condition=day.get("condition"),
                native_temperature=day.get("temperature"),
                native_templow=day.get("templow"),
                precipitation_probability=day.get("precipitation_probability"),
            )
            for number, day in enumerate(self._attr_days)
        ]


class HomeTodoList(HomeEntity, TodoListEntity):
    """A list; `todo_items` is what is on it, `done:` before what is checked off."""

    flags = TodoListEntityFeature
    default_features = (
        TodoListEntityFeature.CREATE_TODO_ITEM
        | TodoListEntityFeature.UPDATE_TODO_ITEM
        | TodoListEntityFeature.DELETE_TODO_ITEM
    )
    attributes: ClassVar[Mapping[str, str]] = {"todo_items": "texts"}
    _attr_texts: Sequence[str] = ()

    @override
    def begin(self, state: str | None) -> None:
        texts = list(self._attr_texts)
        # A setup that only counts: so many things, whatever they are.
        texts += [f"item {n}" for n in range(int(state or 0) - len(texts))]
        self._attr_todo_items = [
            TodoItem(
                summary=text.removeprefix("done:").strip(),
                uid=uuid.uuid4().hex,
                status=TodoItemStatus.COMPLETED
                if text.startswith("done:")
                else TodoItemStatus.NEEDS_ACTION,
            )
            for text in texts
        ]

    @override
    async def async_create_todo_item(self, item: TodoItem) -> None:
        item.uid = uuid.uuid4().hex
        self.show(todo_items=[*(self._attr_todo_items or ()), item])

    @override
    async def async_update_todo_item(self, item: TodoItem) -> None:
        items = self._attr_todo_items or ()
        self.show(todo_items=[item if old.uid == item.uid else old for old in items])

    @override
    async def async_delete_todo_items(self, uids: list[str]) -> None:
        items = self._attr_todo_items or ()
        self.show(todo_items=[item for item in items if item.uid not in uids])


class HomeCalendar(HomeEntity, CalendarEntity):
    """A calendar; its events have `summary`, `day` (0 is today), `start` and `end`."""

    flags = CalendarEntityFeature
    default_features = CalendarEntityFeature.CREATE_EVENT
    attributes: ClassVar[Mapping[str, str]] = {"events": "planned"}
    _attr_planned: Sequence[Mapping[str, Any]] = ()

    @override
    def begin(self, state: str | None) -> None:
        self._events = [_event(planned) for planned in self._attr_planned]

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """Return none: what goes on now must not depend on when this is run."""
        return None

    @property
    def summaries(self) -> list[str]:
        """What is planned."""
        return sorted(event.summary for event in self._events)

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        return [
            event
            for event in self._events
            if event.start_datetime_local < end_date
            and event.end_datetime_local > start_date
        ]

    @override
    async def async_create_event(self, **kwargs: Any) -> None:
        self._events.append(
            CalendarEvent(
                start=kwargs["dtstart"],
                end=kwargs["dtend"],
                summary=kwargs["summary"],
            )
        )
        self.async_write_ha_state()


def _event(planned: Mapping[str, Any]) -> CalendarEvent:
    day = dt_util.start_of_local_day() + timedelta(days=planned.get("day", 0))
    start, end = (
        day + timedelta(hours=hours, minutes=minutes)
        for hours, minutes in (
            map(int, planned[key].split(":")) for key in ("start", "end")
        )
    )
    return CalendarEvent(start=start, end=end, summary=planned["summary"])
