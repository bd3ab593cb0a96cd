"""Entities of Home Assistant's own classes, which act at once and fail never."""

from typing import Final

from ..home import Device, Entity as Spec, EvaluationFileError
from .base import PLATFORM, HomeEntity
from .living import HomeClimate, HomeMediaPlayer, HomeScene
from .moving import HomeCover, HomeLawnMower, HomeVacuum, HomeValve
from .safety import HomeAlarm, HomeLock
from .switching import HomeFan, HomeHumidifier, HomeLight, HomeSiren, HomeSwitch
from .telling import (
    HomeBinarySensor,
    HomeCalendar,
    HomeSensor,
    HomeTodoList,
    HomeWeather,
)

CLASSES: Final[dict[str, type[HomeEntity]]] = {
    "alarm_control_panel": HomeAlarm,
    "binary_sensor": HomeBinarySensor,
    "calendar": HomeCalendar,
    "climate": HomeClimate,
    "cover": HomeCover,
    "fan": HomeFan,
    "humidifier": HomeHumidifier,
    "lawn_mower": HomeLawnMower,
    "light": HomeLight,
    "lock": HomeLock,
    "media_player": HomeMediaPlayer,
    "scene": HomeScene,
    "sensor": HomeSensor,
    "siren": HomeSiren,
    "switch": HomeSwitch,
    "todo": HomeTodoList,
    "vacuum": HomeVacuum,
    "valve": HomeValve,
    "weather": HomeWeather,
}


def make_entity(spec: Spec, device: Device | None) -> HomeEntity:
    """Return an entity. Raises EvaluationFileError."""
    if (kind := CLASSES.get(spec.domain)) is None:
        raise EvaluationFileError(f"{spec.id}: no {spec.domain} can be made here")
    try:
        return kind(spec, device)
    except (ValueError, TypeError, KeyError) as err:
        raise EvaluationFileError(f"{spec.id}: {err}") from err


__all__ = ["CLASSES", "PLATFORM", "HomeEntity", "make_entity"]
