"""What the entities of a home have in common."""

from collections.abc import Mapping
from enum import IntFlag
import re
from typing import Any, ClassVar, Final

from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity

from ..home import Device, Entity as Spec, EvaluationFileError

PLATFORM: Final = "evaluation_home"

_CONSTANT: Final = re.compile(r"\w+\.\w+\.([A-Z_]+)")
"""How some homes write a constant: `cover.CoverDeviceClass.GARAGE`."""


class HomeEntity(Entity):
    """An entity that does at once what its services say."""

    _attr_should_poll = False

    flags: ClassVar[type[IntFlag] | None] = None
    """The features of the entity's domain."""
    default_features: ClassVar[IntFlag | None] = None
    attributes: ClassVar[Mapping[str, str]] = {}
    """What the file calls an attribute, and what Home Assistant's class calls it."""

    def __init__(self, spec: Spec, device: Device | None) -> None:
        """Take what the file says. Raises EvaluationFileError."""
        self.entity_id = spec.id
        self._attr_unique_id = spec.id
        self._attr_name = spec.name
        if device is not None:
            self._attr_device_info = DeviceInfo(
                identifiers={(PLATFORM, device.id)},
                name=device.name,
                manufacturer=device.manufacturer,
                model=device.model,
            )
        if self.flags is not None:
            self._attr_supported_features = self.default_features
        for name, value in spec.attributes.items():
            self._take(spec.id, name, value)
        self.begin(spec.state)

    def begin(self, state: str | None) -> None:
        """Take the state at first, after the attributes."""

    def _take(self, entity_id: str, name: str, value: Any) -> None:
        if name == "supported_features" and self.flags is not None:
            names = [_constant_name(item) for item in value]
            self._attr_supported_features = self.features_of(names)
            return
        if name == "device_class":
            self._attr_device_class = plain(value)
            return
        if name not in self.attributes:
            raise EvaluationFileError(f"{entity_id}: the attribute {name} is not known")
        setattr(self, f"_attr_{self.attributes[name]}", plain(value))

    @classmethod
    def features_of(cls, names: list[str]) -> IntFlag:
        """Return the flags of these names; one that Home Assistant has not is none."""
        assert cls.flags is not None
        found = cls.flags(0)
        for name in names:
            found |= cls.flags.__members__.get(name, cls.flags(0))
        return found

    def show(self, **attributes: Any) -> None:
        """Change attributes of the class, and write the state."""
        for name, value in attributes.items():
            setattr(self, f"_attr_{name}", value)
        self.async_write_ha_state()


def _constant_name(value: str) -> str:
    return value.rpartition(".")[2].upper()


def plain(value: Any) -> Any:
    """Return a value with constants as what they stand for."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str) and (found := _CONSTANT.fullmatch(value)):
        return found[1].lower()
    return value


def number(value: Any) -> Any:
    """Return a number that a file has as text as a number, all else as it is."""
    if not isinstance(value, str):
        return value
    try:
        found = float(value)
    except ValueError:
        return value
    return int(found) if found.is_integer() and "." not in value else found
