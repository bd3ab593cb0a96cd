"""Entities that move: covers, valves, vacuums, lawn mowers. They arrive at once."""

from collections.abc import Mapping
from typing import Any, ClassVar, override

from homeassistant.components.cover import CoverEntity
from homeassistant.components.cover.const import ATTR_POSITION, CoverEntityFeature
from homeassistant.components.lawn_mower import LawnMowerEntity
from homeassistant.components.lawn_mower.const import (
    LawnMowerActivity,
    LawnMowerEntityFeature,
)
from homeassistant.components.vacuum import StateVacuumEntity
from homeassistant.components.vacuum.const import VacuumActivity, VacuumEntityFeature
from homeassistant.components.valve.const import ValveEntityFeature
from homeassistant.components.valve.entity import ValveEntity

from .base import HomeEntity, number


class HomeCover(HomeEntity, CoverEntity):
    """A cover."""

    flags = CoverEntityFeature
    default_features = CoverEntityFeature.OPEN | CoverEntityFeature.CLOSE
    attributes: ClassVar[Mapping[str, str]] = {
        "current_position": "current_cover_position",
        "current_tilt_position": "current_cover_tilt_position",
    }
    _attr_is_closed = True

    @override
    def begin(self, state: str | None) -> None:
        position = self._attr_current_cover_position
        if state is not None:
            self._attr_is_closed = state == "closed"
        elif position is not None:
            self._attr_is_closed = position == 0
        has_position = CoverEntityFeature.SET_POSITION in self.supported_features
        if has_position and position is None:
            self._attr_current_cover_position = 0 if self._attr_is_closed else 100
        elif position == 0 and not self._attr_is_closed:
            self._attr_current_cover_position = 100

    def _move(self, position: int) -> None:
        changes: dict[str, Any] = {"is_closed": position == 0}
        if self._attr_current_cover_position is not None:
            changes["current_cover_position"] = position
        self.show(**changes)

    async def async_open_cover(self, **kwargs: Any) -> None:
        """Open it."""
        self._move(100)

    async def async_close_cover(self, **kwargs: Any) -> None:
        """Close it."""
        self._move(0)

    async def async_set_cover_position(self, **kwargs: Any) -> None:
        """Move it somewhere."""
        self._move(kwargs[ATTR_POSITION])

    async def async_stop_cover(self, **kwargs: Any) -> None:
        """Stop it: it has arrived already."""

    async def async_open_cover_tilt(self, **kwargs: Any) -> None:
        """Tilt it open."""
        self.show(current_cover_tilt_position=100)

    async def async_close_cover_tilt(self, **kwargs: Any) -> None:
        """Tilt it closed."""
        self.show(current_cover_tilt_position=0)


class HomeValve(HomeEntity, ValveEntity):
    """A valve."""

    flags = ValveEntityFeature
    default_features = ValveEntityFeature.OPEN | ValveEntityFeature.CLOSE
    attributes: ClassVar[Mapping[str, str]] = {
        "current_position": "current_valve_position",
        "current_valve_position": "current_valve_position",
        "reports_position": "reports_position",
    }
    _attr_reports_position = None  # type: ignore[assignment]

    @override
    def begin(self, state: str | None) -> None:
        position = number(self._attr_current_valve_position)
        if state is not None:
            self._attr_is_closed = state == "closed"
        elif position is not None:
            self._attr_is_closed = position == 0
        if self._attr_reports_position is None:
            self._attr_reports_position = position is not None
        if position == 0 and not self._attr_is_closed:
            position = 100
        self._attr_current_valve_position = position

    def _move(self, position: int) -> None:
        changes: dict[str, Any] = {"is_closed": position == 0}
        if self._attr_reports_position:
            changes["current_valve_position"] = position
        self.show(**changes)

    async def async_open_valve(self) -> None:
        """Open it."""
        self._move(100)

    async def async_close_valve(self) -> None:
        """Close it."""
        self._move(0)

    async def async_set_valve_position(self, position: int) -> None:
        """Open it so far."""
        self._move(position)

    async def async_stop_valve(self) -> None:
        """Stop it: it has arrived already."""


class HomeVacuum(HomeEntity, StateVacuumEntity):
    """A vacuum cleaner."""

    flags = VacuumEntityFeature
    default_features = (
        VacuumEntityFeature.START
        | VacuumEntityFeature.STOP
        | VacuumEntityFeature.PAUSE
        | VacuumEntityFeature.RETURN_HOME
        | VacuumEntityFeature.STATE
    )
    attributes: ClassVar[Mapping[str, str]] = {
        "fan_speed": "fan_speed",
        "fan_speed_list": "fan_speed_list",
    }

    @override
    def begin(self, state: str | None) -> None:
        found = [activity for activity in VacuumActivity if activity == state]
        self._attr_activity = found[0] if found else VacuumActivity.IDLE

    async def async_start(self) -> None:
        """Start or go on."""
        self.show(activity=VacuumActivity.CLEANING)

    async def async_pause(self) -> None:
        """Pause."""
        self.show(activity=VacuumActivity.PAUSED)

    async def async_stop(self, **kwargs: Any) -> None:
        """Stop where it is."""
        self.show(activity=VacuumActivity.IDLE)

    async def async_return_to_base(self, **kwargs: Any) -> None:
        """Go home."""
        self.show(activity=VacuumActivity.RETURNING)

    async def async_set_fan_speed(self, fan_speed: str, **kwargs: Any) -> None:
        """Set how hard it sucks."""
        self.show(fan_speed=fan_speed)

    async def async_locate(self, **kwargs: Any) -> None:
        """Make itself heard, which leaves no trace."""


class HomeLawnMower(HomeEntity, LawnMowerEntity):
    """A lawn mower."""

    flags = LawnMowerEntityFeature
    default_features = (
        LawnMowerEntityFeature.START_MOWING
        | LawnMowerEntityFeature.PAUSE
        | LawnMowerEntityFeature.DOCK
    )

    @override
    def begin(self, state: str | None) -> None:
        self._attr_activity = LawnMowerActivity(state or "docked")

    async def async_start_mowing(self) -> None:
        """Mow."""
        self.show(activity=LawnMowerActivity.MOWING)

    async def async_pause(self) -> None:
        """Pause."""
        self.show(activity=LawnMowerActivity.PAUSED)

    async def async_dock(self) -> None:
        """Go home."""
        self.show(activity=LawnMowerActivity.RETURNING)
