"""Entities that keep a home safe: locks and alarms."""

from typing import Any, override

from homeassistant.components.alarm_control_panel import AlarmControlPanelEntity
from homeassistant.components.alarm_control_panel.const import (
    AlarmControlPanelEntityFeature,
    AlarmControlPanelState,
)
from homeassistant.components.lock import LockEntity
from homeassistant.components.lock.const import LockEntityFeature

from .base import HomeEntity


class HomeLock(HomeEntity, LockEntity):
    """A lock."""

    flags = LockEntityFeature
    default_features = LockEntityFeature(0)

    @override
    def begin(self, state: str | None) -> None:
        self._attr_is_locked = state != "unlocked"

    async def async_lock(self, **kwargs: Any) -> None:
        """Lock it."""
        self.show(is_locked=True)

    async def async_unlock(self, **kwargs: Any) -> None:
        """Unlock it."""
        self.show(is_locked=False)

    async def async_open(self, **kwargs: Any) -> None:
        """Open the door."""
        self.show(is_locked=False)


class HomeAlarm(HomeEntity, AlarmControlPanelEntity):
    """An alarm that needs no code."""

    flags = AlarmControlPanelEntityFeature
    default_features = (
        AlarmControlPanelEntityFeature.ARM_AWAY
        | AlarmControlPanelEntityFeature.ARM_HOME
        | AlarmControlPanelEntityFeature.ARM_NIGHT
    )
    _attr_code_arm_required = False

    @override
    def begin(self, state: str | None) -> None:
        self._attr_alarm_state = AlarmControlPanelState(state or "disarmed")

    async def async_alarm_disarm(self, code: str | None = None) -> None:
        """Disarm it."""
        self.show(alarm_state=AlarmControlPanelState.DISARMED)

    async def async_alarm_arm_home(self, code: str | None = None) -> None:
        """Arm it with somebody at home."""
        self.show(alarm_state=AlarmControlPanelState.ARMED_HOME)

    async def async_alarm_arm_away(self, code: str | None = None) -> None:
        """Arm it with nobody at home."""
        self.show(alarm_state=AlarmControlPanelState.ARMED_AWAY)

    async def async_alarm_arm_night(self, code: str | None = None) -> None:
        """Arm it for the night."""
        self.show(alarm_state=AlarmControlPanelState.ARMED_NIGHT)
