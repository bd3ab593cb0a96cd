"""Which entities a selector lets through."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity import (
    entity_sources,
    get_device_class,
    get_supported_features,
    get_unit_of_measurement,
)

type FeaturesOf = Callable[[HomeAssistant, str], int]
"""Returns the supported features of an entity, as a bit mask."""


@dataclass(frozen=True, slots=True)
class EntityFilter:
    """One filter of a selector; what is empty lets everything through."""

    integration: str | None = None
    domains: frozenset[str] = frozenset()
    device_classes: frozenset[str] = frozenset()
    features: tuple[int, ...] = ()
    """Bit masks, of which an entity supports at least one whole."""
    units: frozenset[str] = frozenset()

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Read a selector's ``entity`` or ``filter``, as Home Assistant validates it."""
        return cls(
            integration=config.get("integration"),
            domains=_several(config.get("domain")),
            device_classes=_several(config.get("device_class")),
            features=tuple(config.get("supported_features") or ()),
            units=_several(config.get("unit_of_measurement")),
        )

    def matches(
        self,
        hass: HomeAssistant,
        state: State,
        features_of: FeaturesOf = get_supported_features,
    ) -> bool:
        """Return whether an entity passes."""
        entity_id = state.entity_id
        if self.domains and state.domain not in self.domains:
            return False
        if self.integration and self.integration != _integration(hass, entity_id):
            return False
        try:
            if self.device_classes and (
                get_device_class(hass, entity_id) not in self.device_classes
            ):
                return False
            if (
                self.units
                and get_unit_of_measurement(hass, entity_id) not in self.units
            ):
                return False
            return not self.features or supports(
                hass, entity_id, self.features, features_of
            )
        except HomeAssistantError:
            # The entity went away while we looked.
            return False


@dataclass(frozen=True, slots=True)
class TargetFilter:
    """The entities that a target or field takes: by any entity and any device filter."""

    entities: tuple[EntityFilter, ...] = ()
    devices: tuple[Mapping[str, str], ...] = ()

    @classmethod
    def from_target(cls, config: Mapping[str, Any] | None) -> Self:
        """Read the config of a target, area, floor or device selector."""
        config = config or {}
        return cls(
            tuple(
                EntityFilter.from_config(item) for item in _list(config.get("entity"))
            ),
            tuple(_list(config.get("device"))),
        )

    @classmethod
    def from_entity(cls, config: Mapping[str, Any]) -> Self:
        """Read the config of an entity selector, in its new or its old form."""
        filters = _list(config.get("filter")) or [config]
        return cls(tuple(EntityFilter.from_config(item) for item in filters))

    @classmethod
    def from_device(cls, config: Mapping[str, Any]) -> Self:
        """Read the config of a device selector, in its new or its old form."""
        keys = ("integration", "manufacturer", "model", "model_id")
        legacy = {key: config[key] for key in keys if key in config}
        devices = _list(config.get("filter")) or ([legacy] if legacy else [])
        return cls.from_target({"entity": config.get("entity"), "device": devices})

    @property
    def domains(self) -> frozenset[str]:
        """Return the domains that can pass, or none where any can."""
        if any(not entity.domains for entity in self.entities):
            return frozenset()
        return frozenset().union(*(entity.domains for entity in self.entities))

    @property
    def noun(self) -> str:
        """Return what to call such an entity in a message."""
        return " or ".join(sorted(self.domains)) or "entity"

    def matches(
        self,
        hass: HomeAssistant,
        state: State,
        device: dr.AnyDeviceEntry | None,
        features_of: FeaturesOf = get_supported_features,
    ) -> bool:
        """Return whether an entity, of this device or none, passes."""
        if self.entities and not any(
            e.matches(hass, state, features_of) for e in self.entities
        ):
            return False
        return not self.devices or (
            device is not None
            and any(device_matches(hass, device, wanted) for wanted in self.devices)
        )


def supports(
    hass: HomeAssistant,
    entity_id: str,
    masks: Iterable[int],
    features_of: FeaturesOf = get_supported_features,
) -> bool:
    """Return whether an entity supports one of the masks. Raises HomeAssistantError."""
    supported = features_of(hass, entity_id)
    return any(supported & mask == mask for mask in masks)


def device_matches(
    hass: HomeAssistant, device: dr.AnyDeviceEntry, wanted: Mapping[str, str]
) -> bool:
    """Return whether a device passes a device filter."""
    if integration := wanted.get("integration"):
        entry = hass.config_entries.async_get_entry(device.config_entry_id)
        if entry is None or entry.domain != integration:
            return False
    return all(
        getattr(device, key) == wanted[key]
        for key in ("manufacturer", "model", "model_id")
        if key in wanted
    )


def _integration(hass: HomeAssistant, entity_id: str) -> str | None:
    source = entity_sources(hass).get(entity_id)
    return source["domain"] if source else None


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _several(value: Any) -> frozenset[str]:
    return frozenset(_list(value))
