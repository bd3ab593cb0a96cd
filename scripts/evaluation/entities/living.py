"""Entities that people set to their liking: thermostats, players, scenes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, override

from homeassistant.components.climate import ClimateEntity
from homeassistant.components.climate.const import (
    ATTR_HVAC_MODE,
    ATTR_TARGET_TEMP_HIGH,
    ATTR_TARGET_TEMP_LOW,
    ClimateEntityFeature,
    HVACMode,
)
from homeassistant.components.media_player import MediaPlayerEntity
from homeassistant.components.media_player.const import (
    MediaPlayerEntityFeature,
    MediaPlayerState,
    MediaType,
)
from homeassistant.components.scene import Scene
from homeassistant.const import ATTR_TEMPERATURE, UnitOfTemperature

from .base import HomeEntity, number

VOLUME_STEP = 0.1


class HomeClimate(HomeEntity, ClimateEntity):
    """A thermostat or air conditioner."""

    flags = ClimateEntityFeature
    default_features = (
        ClimateEntityFeature.TARGET_TEMPERATURE
        | ClimateEntityFeature.TURN_ON
        | ClimateEntityFeature.TURN_OFF
    )
    attributes: ClassVar[Mapping[str, str]] = {
        "current_humidity": "current_humidity",
        "current_temperature": "current_temperature",
        "fan_mode": "fan_mode",
        "fan_modes": "fan_modes",
        "hvac_action": "hvac_action",
        "hvac_mode": "hvac_mode",
        "hvac_modes": "hvac_modes",
        "preset_mode": "preset_mode",
        "preset_modes": "preset_modes",
        "target_temperature": "target_temperature",
        "target_temperature_step": "target_temperature_step",
        "temperature": "target_temperature",
        "unit_of_measurement": "temperature_unit",
    }
    _attr_temperature_unit = UnitOfTemperature.CELSIUS
    _attr_fan_mode = None
    _attr_fan_modes = None
    _attr_hvac_mode = None
    _attr_hvac_modes = None  # type: ignore[assignment]
    _attr_preset_mode = None
    _attr_preset_modes = None
    _attr_target_temperature_high = None
    _attr_target_temperature_low = None

    @override
    def begin(self, state: str | None) -> None:
        names = self._attr_hvac_modes or (HVACMode.OFF, HVACMode.HEAT)
        modes = [HVACMode(mode) for mode in names]
        self._attr_fan_modes = self._attr_fan_modes or ["low", "high", "off"]
        mode = HVACMode(state or self._attr_hvac_mode or HVACMode.OFF)
        self._attr_hvac_modes = modes if mode in modes else [*modes, mode]
        self._attr_hvac_mode = mode

    async def async_set_temperature(self, **kwargs: Any) -> None:
        """Set the temperature to reach, or the range to keep in."""
        changes = {}
        if (target := kwargs.get(ATTR_TEMPERATURE)) is not None:
            changes["target_temperature"] = target
        if (high := kwargs.get(ATTR_TARGET_TEMP_HIGH)) is not None:
            changes["target_temperature_high"] = high
            changes["target_temperature_low"] = kwargs[ATTR_TARGET_TEMP_LOW]
        if (mode := kwargs.get(ATTR_HVAC_MODE)) is not None:
            changes["hvac_mode"] = mode
        self.show(**changes)

    async def async_set_hvac_mode(self, hvac_mode: HVACMode) -> None:
        """Heat, cool or be off."""
        self.show(hvac_mode=hvac_mode)

    async def async_set_fan_mode(self, fan_mode: str) -> None:
        """Set the fan."""
        self.show(fan_mode=fan_mode)

    async def async_set_preset_mode(self, preset_mode: str) -> None:
        """Set a preset."""
        self.show(preset_mode=preset_mode)


class HomeMediaPlayer(HomeEntity, MediaPlayerEntity):
    """A speaker or television."""

    flags = MediaPlayerEntityFeature
    default_features = (
        MediaPlayerEntityFeature.PLAY
        | MediaPlayerEntityFeature.PAUSE
        | MediaPlayerEntityFeature.STOP
        | MediaPlayerEntityFeature.VOLUME_STEP
        | MediaPlayerEntityFeature.VOLUME_MUTE
        | MediaPlayerEntityFeature.VOLUME_SET
        | MediaPlayerEntityFeature.TURN_ON
        | MediaPlayerEntityFeature.TURN_OFF
        | MediaPlayerEntityFeature.NEXT_TRACK
        | MediaPlayerEntityFeature.PREVIOUS_TRACK
    )
    attributes: ClassVar[Mapping[str, str]] = {
        "is_volume_muted": "is_volume_muted",
        "media_artist": "media_artist",
        "media_title": "media_title",
        "media_track": "media_track",
        "shuffle": "shuffle",
        "source": "source",
        "source_list": "source_list",
        "volume_level": "volume_level",
    }
    _attr_volume_level = 1.0

    @override
    def begin(self, state: str | None) -> None:
        self._attr_state = MediaPlayerState(state) if state else MediaPlayerState.IDLE
        volume = number(self._attr_volume_level)
        # Some homes have percent where Home Assistant has a share of one.
        self._attr_volume_level = volume / 100 if volume > 1 else volume
        if self._attr_media_track is None and self.device_class != "tv":
            self._attr_media_track = 0

    async def async_turn_on(self) -> None:
        """Turn it on; it goes on playing."""
        self.show(state=MediaPlayerState.PLAYING)

    async def async_turn_off(self) -> None:
        """Turn it off."""
        self.show(state=MediaPlayerState.OFF)

    async def async_media_play(self) -> None:
        """Play."""
        self.show(state=MediaPlayerState.PLAYING)

    async def async_media_pause(self) -> None:
        """Pause."""
        self.show(state=MediaPlayerState.PAUSED)

    async def async_media_stop(self) -> None:
        """Stop."""
        self.show(state=MediaPlayerState.IDLE)

    async def async_media_next_track(self) -> None:
        """Skip."""
        self._skip(1)

    async def async_media_previous_track(self) -> None:
        """Go back."""
        self._skip(-1)

    def _skip(self, tracks: int) -> None:
        track = max(0, (self._attr_media_track or 0) + tracks)
        self.show(state=MediaPlayerState.PLAYING, media_track=track)

    async def async_mute_volume(self, mute: bool) -> None:
        """Mute it, or let it be heard again."""
        self.show(is_volume_muted=mute)

    async def async_set_volume_level(self, volume: float) -> None:
        """Set how loud it is, 0 to 1."""
        self.show(volume_level=volume)

    async def async_volume_up(self) -> None:
        """Be a step louder."""
        volume = (self._attr_volume_level or 0) + VOLUME_STEP
        self.show(volume_level=round(min(1.0, volume), 2))

    async def async_volume_down(self) -> None:
        """Be a step quieter."""
        volume = (self._attr_volume_level or 0) - VOLUME_STEP
        self.show(volume_level=round(max(0.0, volume), 2))

    async def async_select_source(self, source: str) -> None:
        """Choose what to play from."""
        self.show(source=source)

    async def async_play_media(
        self, media_type: MediaType | str, media_id: str, **kwargs: Any
    ) -> None:
        """Play this."""
        self.show(state=MediaPlayerState.PLAYING, media_title=media_id)


class HomeScene(HomeEntity, Scene):
    """A scene; its attribute `sets` has the light, and what it turns it on with."""

    attributes: ClassVar[Mapping[str, str]] = {"sets": "sets"}
    _attr_sets: Mapping[str, Mapping[str, Any]] = MappingProxyType({})

    async def async_activate(self, **kwargs: Any) -> None:
        """Light it so."""
        for entity_id, data in self._attr_sets.items():
            await self.hass.services.async_call(
                "light",
                "turn_on" if data.get("brightness") != 0 else "turn_off",
                {"entity_id": entity_id, **(data if data.get("brightness") else {})},
                blocking=True,
                context=self._context,
            )
