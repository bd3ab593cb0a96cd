"""What each entity has ever been able to do.

A media player that is off shows next to no features. If what is offered followed them,
the prefix that a model server keeps would change with every song.
"""

import logging
from typing import Any, Final

from homeassistant.const import ATTR_SUPPORTED_FEATURES, EVENT_STATE_CHANGED
from homeassistant.core import (
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.singleton import singleton
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from ...const import DOMAIN
from ..home_changes import SIGNAL_NEW_FEATURE

_LOGGER = logging.getLogger(__name__)

STORAGE_KEY: Final = f"{DOMAIN}.supported_features"
STORAGE_VERSION: Final = 1
SAVE_DELAY: Final = 60.0
"""Seconds; flash memory wears, and what is lost is seen again."""

_SEEN: HassKey[SeenFeatures] = HassKey("chatterbox_seen_features")


@callback
@singleton(_SEEN)
def async_get_seen_features(hass: HomeAssistant) -> SeenFeatures:
    """Return what was seen in the home. It looks as long as Home Assistant runs."""
    return SeenFeatures(hass)


def ever_supported(hass: HomeAssistant, entity_id: str) -> int:
    """Return the features that an entity has or once had, as a bit mask."""
    return async_get_seen_features(hass).of(entity_id)


class SeenFeatures:
    """The features of all entities, kept until an entity is removed."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._seen: dict[str, int] = {}
        self._loaded = False
        self._store = Store[dict[str, int]](
            hass, STORAGE_VERSION, STORAGE_KEY, private=True, atomic_writes=True
        )
        for state in hass.states.async_all():
            self._add(state.entity_id, _features(state))
        listen = hass.bus.async_listen
        listen(EVENT_STATE_CHANGED, self._state_changed, self._is_new)
        listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._entity_registered)

    def of(self, entity_id: str) -> int:
        """Return all features of an entity that were ever seen, as a bit mask."""
        return self._seen.get(entity_id, 0)

    async def async_load(self) -> None:
        """Add, once, what was seen before the restart, if it can be read."""
        if self._loaded:
            return
        self._loaded = True
        try:
            stored = await self._store.async_load() or {}
            for entity_id, features in stored.items():
                self._add(entity_id, int(features))
        except (
            HomeAssistantError,
            NotImplementedError,
            AttributeError,
            TypeError,
            ValueError,
        ) as err:
            _LOGGER.warning("Kept features of entities cannot be read: %s", err)
        async_dispatcher_send(self._hass, SIGNAL_NEW_FEATURE)

    async def async_remove(self) -> None:
        """Remove what is on disk."""
        await self._store.async_remove()

    @callback
    def _is_new(self, data: EventStateChangedData) -> bool:
        new = data["new_state"]
        return new is not None and bool(_features(new) & ~self.of(data["entity_id"]))

    @callback
    def _state_changed(self, event: Event[EventStateChangedData]) -> None:
        if (new := event.data["new_state"]) is not None:
            self._add(new.entity_id, _features(new))
            self._changed()

    @callback
    def _entity_registered(
        self, event: Event[er.EventEntityRegistryUpdatedData]
    ) -> None:
        """Follow an entity to its new id, and forget one that is removed."""
        entity_id = event.data["entity_id"]
        if event.data["action"] == "remove":
            if self._seen.pop(entity_id, 0):
                self._changed()
        elif old := event.data.get("old_entity_id"):
            self._add(entity_id, self._seen.pop(str(old), 0))
            self._changed()

    def _add(self, entity_id: str, features: int) -> None:
        if features:
            self._seen[entity_id] = self.of(entity_id) | features

    @callback
    def _changed(self) -> None:
        async_dispatcher_send(self._hass, SIGNAL_NEW_FEATURE)
        if self._hass.config_entries.async_entries(DOMAIN):
            self._store.async_delay_save(self._written, SAVE_DELAY)

    def _written(self) -> dict[str, int]:
        registry = er.async_get(self._hass)
        return {
            entity_id: features
            for entity_id, features in sorted(self._seen.items())
            if registry.async_get(entity_id) or self._hass.states.get(entity_id)
        }


def _features(state: State) -> int:
    features: Any = state.attributes.get(ATTR_SUPPORTED_FEATURES)
    return int(features) if isinstance(features, int) else 0
