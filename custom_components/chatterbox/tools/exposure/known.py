"""What is exposed, where and under what names, kept while none of it changes."""

from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from homeassistant.components.conversation import DOMAIN as CONVERSATION_DOMAIN
from homeassistant.components.homeassistant.const import DATA_EXPOSED_ENTITIES
from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.const import (
    EVENT_COMPONENT_LOADED,
    EVENT_CORE_CONFIG_UPDATE,
    EVENT_SERVICE_REGISTERED,
    EVENT_SERVICE_REMOVED,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    intent,
)
from homeassistant.helpers.singleton import singleton
from homeassistant.util.hass_dict import HassKey

from ..home_changes import async_listen_home


@dataclass(frozen=True, slots=True)
class Placed:
    """An exposed entity, without its state."""

    entity_id: str
    entry: er.RegistryEntry | None
    device: dr.AnyDeviceEntry | None
    area: ar.AreaEntry | None
    aliases: tuple[str, ...]
    """Its name and what else it is called, as Home Assistant gives them."""


@dataclass(frozen=True)
class Known:
    """All that is exposed to an assistant, by entity id."""

    placed: tuple[Placed, ...]
    kept: dict[Hashable, Any] = field(default_factory=dict, compare=False)
    """What is made of it, gone with it."""

    @cached_property
    def by_id(self) -> dict[str, Placed]:
        """Return each by its entity id."""
        return {placed.entity_id: placed for placed in self.placed}

    @cached_property
    def by_name(self) -> dict[str, list[str]]:
        """Return the entity ids by each name, as Home Assistant compares names."""
        names: dict[str, list[str]] = defaultdict(list)
        for placed in self.placed:
            for name in {alias.strip().casefold() for alias in placed.aliases}:
                names[name].append(placed.entity_id)
        return names


@dataclass(slots=True, eq=False)
class KnownHome:
    """What is known of the home until something changes that matters for it."""

    hass: HomeAssistant
    version: int = 0
    """Another after each change of what can be named, or of what there is to do."""
    _known: Known | None = None
    _kept: dict[Hashable, Any] = field(default_factory=dict)

    @callback
    def changed(self, *_: Any) -> None:
        """Forget what is known."""
        self.version += 1
        self._known = None
        self._kept.clear()

    def exposed(self, assistant: str) -> Known:
        """Return what is exposed to an assistant."""
        if assistant != CONVERSATION_DOMAIN:
            # Of others nobody tells when something is exposed.
            return _gather(self.hass, assistant)
        if self._known is not None:
            return self._known
        version, known = self.version, _gather(self.hass, assistant)
        if version == self.version:
            self._known = known
        return known

    def keep[T](self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what is made of all this, and make it once."""
        if key not in self._kept:
            version, made = self.version, make()
            if version != self.version:
                return made
            self._kept[key] = made
        kept: T = self._kept[key]
        return kept


def _gather(hass: HomeAssistant, assistant: str) -> Known:
    entities, devices = er.async_get(hass), dr.async_get(hass)
    areas = ar.async_get(hass)
    found = []
    for state in sorted(hass.states.async_all(), key=lambda state: state.entity_id):
        if not async_should_expose(hass, assistant, state.entity_id):
            continue
        entry = entities.async_get(state.entity_id)
        device = (
            devices.async_get(entry.device_id) if entry and entry.device_id else None
        )
        area_id = entry.area_id if entry else None
        if not area_id and device:
            area_id = dr.async_get_effective_area_id(hass, device)
        area = areas.async_get_area(area_id) if area_id else None
        aliases = intent.async_get_entity_aliases(hass, entry, state=state)
        found.append(Placed(state.entity_id, entry, device, area, tuple(aliases)))
    return Known(tuple(found))


DATA_KNOWN_HOME: HassKey[KnownHome] = HassKey("chatterbox_known_home")


@callback
def async_get_exposed(hass: HomeAssistant, assistant: str) -> Known:
    """Return what is exposed to an assistant."""
    if DATA_EXPOSED_ENTITIES not in hass.data:
        # Nobody tells yet when something is.
        return _gather(hass, assistant)
    return async_get_known_home(hass).exposed(assistant)


@callback
@singleton(DATA_KNOWN_HOME)
def async_get_known_home(hass: HomeAssistant) -> KnownHome:
    """Return what is known of the home, and listen from now on for what changes it."""
    known = KnownHome(hass)
    async_listen_home(hass, known.changed)
    for event in (
        EVENT_COMPONENT_LOADED,
        EVENT_CORE_CONFIG_UPDATE,
        EVENT_SERVICE_REGISTERED,
        EVENT_SERVICE_REMOVED,
    ):
        hass.bus.async_listen(event, known.changed)
    return known
