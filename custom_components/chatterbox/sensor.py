"""Sensors for how fast an agent answers, and what that costs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import PERCENTAGE, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from .agent.turn_log import async_get_turns
from .agent.turn_record import TurnRecord
from .const import SUBENTRY_CONVERSATION
from .data import ChatterboxConfigEntry
from .entity import TurnEntity

PARALLEL_UPDATES = 0

type Figures = dict[str, Any]
"""Of a turn, as `agent.turn_record.figures` returns them."""


@dataclass(frozen=True, kw_only=True)
class TurnSensorDescription(SensorEntityDescription):
    """A sensor for a figure of the last turn."""

    value: Callable[[Figures], StateType]


def _saved(figures: Figures) -> float:
    return float(figures["saved_parallel"] + figures["saved_cache"])


def _last(
    key: str, value: Callable[[Figures], StateType], *, enabled: bool = False
) -> TurnSensorDescription:
    return TurnSensorDescription(
        key=key,
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_display_precision=1,
        entity_registry_enabled_default=enabled,
        value=value,
    )


LAST_TURN: tuple[TurnSensorDescription, ...] = (
    _last("last_turn", lambda figures: figures["total"], enabled=True),
    _last("time_to_first_word", lambda figures: figures["ttfs"], enabled=True),
    _last("tool_time", lambda figures: figures["tool_time"]),
    _last("time_saved", _saved),
    TurnSensorDescription(
        key="model_calls",
        state_class=SensorStateClass.MEASUREMENT,
        entity_registry_enabled_default=False,
        value=lambda figures: figures["model_calls"],
    ),
)

TOKENS = ("input_tokens", "output_tokens", "cached_tokens")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ChatterboxConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of each agent of the entry."""
    for subentry in entry.get_subentries_of_type(SUBENTRY_CONVERSATION):
        async_add_entities(
            [
                *(TurnSensor(subentry, description) for description in LAST_TURN),
                *(TokenSensor(subentry, key) for key in TOKENS),
                HitRateSensor(subentry, "cache_hit_rate"),
            ],
            config_subentry_id=subentry.subentry_id,
        )


class TurnSensor(TurnEntity, SensorEntity):
    """A figure of the last turn."""

    entity_description: TurnSensorDescription

    def __init__(
        self, subentry: ConfigSubentry, description: TurnSensorDescription
    ) -> None:
        super().__init__(subentry, description.key)
        self.entity_description = description

    @override
    @callback
    def turn_ended(self, turn: TurnRecord) -> None:
        self._attr_native_value = self.entity_description.value(turn.figures)


class TokenSensor(TurnEntity, SensorEntity):
    """How many tokens an agent's turns have cost since Home Assistant started."""

    _attr_state_class = SensorStateClass.TOTAL_INCREASING
    _attr_entity_registry_enabled_default = False

    def __init__(self, subentry: ConfigSubentry, key: str) -> None:
        super().__init__(subentry, key)
        self._figure = key
        self._total = 0
        self._attr_native_value = 0

    @override
    @callback
    def turn_ended(self, turn: TurnRecord) -> None:
        self._total += turn.figures[self._figure] or 0
        self._attr_native_value = self._total


class HitRateSensor(TurnEntity, SensorEntity):
    """Of the calls of the last turns that the cache may answer, how many it did."""

    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_native_unit_of_measurement = PERCENTAGE
    _attr_suggested_display_precision = 0
    _attr_entity_registry_enabled_default = False

    @override
    @callback
    def turn_ended(self, turn: TurnRecord) -> None:
        self._attr_native_value = _hit_rate(
            async_get_turns(self.hass).last(self._subentry_id)
        )


def _hit_rate(turns: Iterable[TurnRecord]) -> float | None:
    answered = asked = 0
    for turn in turns:
        hits = sum(turn.figures[f"cache_{use}"] for use in ("hit", "joined", "stale"))
        answered += hits
        asked += hits + turn.figures["cache_miss"]
    return 100 * answered / asked if asked else None
