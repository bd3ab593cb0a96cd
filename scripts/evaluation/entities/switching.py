"""Entities that are on or off: lights, switches, fans, humidifiers, sirens."""

from collections.abc import Mapping
from typing import Any, ClassVar, override

from homeassistant.components.fan import FanEntity
from homeassistant.components.fan.const import FanEntityFeature
from homeassistant.components.humidifier import HumidifierEntity
from homeassistant.components.humidifier.const import HumidifierEntityFeature
from homeassistant.components.light import LightEntity
from homeassistant.components.light.const import (
    ATTR_BRIGHTNESS,
    ATTR_COLOR_TEMP_KELVIN,
    ATTR_EFFECT,
    ColorMode,
    LightEntityFeature,
)
from homeassistant.components.siren import SirenEntity
from homeassistant.components.siren.const import SirenEntityFeature
from homeassistant.components.switch import SwitchEntity
from homeassistant.helpers.entity import ToggleEntity

from .base import HomeEntity

COLORS = {
    "hs_color": ColorMode.HS,
    "rgb_color": ColorMode.RGB,
    "rgbw_color": ColorMode.RGBW,
    "xy_color": ColorMode.XY,
}
"""What a light may be painted with, and the mode that it is then in."""


class _Switched(HomeEntity, ToggleEntity):
    """What is on or off and no more."""

    @override
    def begin(self, state: str | None) -> None:
        self._attr_is_on = state == "on"

    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn it on."""
        self.show(is_on=True)

    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn it off."""
        self.show(is_on=False)


class HomeSwitch(_Switched, SwitchEntity):
    """A switch."""


class HomeSiren(_Switched, SirenEntity):
    """A siren."""

    flags = SirenEntityFeature
    default_features = SirenEntityFeature.TURN_ON | SirenEntityFeature.TURN_OFF


class HomeLight(HomeEntity, LightEntity):
    """A light."""

    flags = LightEntityFeature
    default_features = LightEntityFeature(0)
    attributes: ClassVar[Mapping[str, str]] = {
        "brightness": "brightness",
        "color_mode": "color_mode",
        "color_temp_kelvin": "color_temp_kelvin",
        "effect": "effect",
        "effect_list": "effect_list",
        "hs_color": "hs_color",
        "max_color_temp_kelvin": "max_color_temp_kelvin",
        "min_color_temp_kelvin": "min_color_temp_kelvin",
        "rgb_color": "rgb_color",
        "rgbw_color": "rgbw_color",
        "supported_color_modes": "supported_color_modes",
        "xy_color": "xy_color",
    }

    @override
    def begin(self, state: str | None) -> None:
        modes = [ColorMode(m) for m in self._attr_supported_color_modes or ("onoff",)]
        self._attr_supported_color_modes = set(modes)
        # A list where there should be one mode is a fault of some homes.
        given = self._attr_color_mode
        mode = given[0] if isinstance(given, list) else given
        self._attr_color_mode = ColorMode(mode) if mode in modes else modes[0]
        for name in COLORS:
            if (color := getattr(self, f"_attr_{name}")) is not None:
                setattr(self, f"_attr_{name}", tuple(color))
        self._attr_is_on = state == "on"

    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn it on, as bright and in the colour that was asked for."""
        changes: dict[str, Any] = {"is_on": True}
        if kwargs.get(ATTR_BRIGHTNESS):
            changes["brightness"] = kwargs[ATTR_BRIGHTNESS]
        if ATTR_EFFECT in kwargs:
            changes["effect"] = kwargs[ATTR_EFFECT]
        if ATTR_COLOR_TEMP_KELVIN in kwargs:
            changes["color_temp_kelvin"] = kwargs[ATTR_COLOR_TEMP_KELVIN]
            changes["color_mode"] = ColorMode.COLOR_TEMP
        for name, mode in COLORS.items():
            if name in kwargs:
                changes |= {name: kwargs[name], "color_mode": mode}
        self.show(**changes)

    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn it off; it keeps how bright it was."""
        self.show(is_on=False)


class HomeFan(HomeEntity, FanEntity):
    """A fan."""

    flags = FanEntityFeature
    default_features = (
        FanEntityFeature.SET_SPEED
        | FanEntityFeature.TURN_ON
        | FanEntityFeature.TURN_OFF
    )
    attributes: ClassVar[Mapping[str, str]] = {
        "current_direction": "current_direction",
        "oscillating": "oscillating",
        "percentage": "percentage",
        "percentage_step": "speed_count",
        "preset_mode": "preset_mode",
        "preset_modes": "preset_modes",
    }

    @override
    def begin(self, state: str | None) -> None:
        # Fans that can be turned on and off did not always have to say so.
        self._attr_supported_features |= (
            FanEntityFeature.TURN_ON | FanEntityFeature.TURN_OFF
        )
        if state is not None and not (state == "on" and self._attr_percentage):
            self._attr_percentage = 100 if state == "on" else 0

    async def async_turn_on(
        self,
        percentage: int | None = None,
        preset_mode: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Turn it on."""
        self.show(percentage=100 if percentage is None else percentage)

    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn it off."""
        self.show(percentage=0)

    async def async_set_percentage(self, percentage: int) -> None:
        """Set the speed."""
        self.show(percentage=percentage)

    async def async_set_preset_mode(self, preset_mode: str) -> None:
        """Set the mode."""
        self.show(preset_mode=preset_mode)

    async def async_oscillate(self, oscillating: bool) -> None:
        """Start or stop turning from side to side."""
        self.show(oscillating=oscillating)

    async def async_set_direction(self, direction: str) -> None:
        """Set which way it blows."""
        self.show(current_direction=direction)


class HomeHumidifier(_Switched, HumidifierEntity):
    """A humidifier or dehumidifier."""

    flags = HumidifierEntityFeature
    default_features = HumidifierEntityFeature(0)
    attributes: ClassVar[Mapping[str, str]] = {
        "available_modes": "available_modes",
        "current_humidity": "current_humidity",
        "humidity": "target_humidity",
        "max_humidity": "max_humidity",
        "min_humidity": "min_humidity",
        "mode": "mode",
    }
    _attr_available_modes = None
    _attr_mode = None

    async def async_set_humidity(self, humidity: int) -> None:
        """Set the humidity to reach."""
        self.show(target_humidity=humidity)

    async def async_set_mode(self, mode: str) -> None:
        """Set the mode."""
        self.show(mode=mode)
