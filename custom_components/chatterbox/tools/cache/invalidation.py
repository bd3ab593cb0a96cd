"""What happens in the home, told to the cache."""

from collections.abc import Callable
import logging
from typing import Final

from homeassistant.auth import EVENT_USER_REMOVED, EVENT_USER_UPDATED
from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.const import (
    ATTR_DOMAIN,
    ATTR_SERVICE,
    ATTR_SERVICE_DATA,
    EVENT_CALL_SERVICE,
    EVENT_CORE_CONFIG_UPDATE,
    EVENT_SERVICE_REGISTERED,
    EVENT_SERVICE_REMOVED,
    EVENT_STATE_CHANGED,
    EVENT_STATE_REPORTED,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import (
    Event,
    EventStateChangedData,
    EventStateReportedData,
    HomeAssistant,
    callback,
)
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..dispatch.ledger import async_observe_writes
from ..home_changes import PLACES, async_listen_exposure
from ..resources import WHOLE_HOME, Footprint, of_integration
from ..services.annotations import annotations_of
from .cache import ToolResultCache
from .dependencies import (
    EXPOSURE,
    REGISTRY,
    affected_by_service,
    affected_by_write,
    person,
    service,
)
from .entries import CacheTerms, Change
from .policy import HOLD
from .running_service import running_call
from .state_changes import merely_ticks
from .subscriptions import subscriptions

_LOGGER = logging.getLogger(__name__)
NOBODY_WAITS: Final = 60.0
"""Seconds where nobody waits for the service, so that nothing tells when it ends."""

_NOWHERE: Final = frozenset({STATE_UNAVAILABLE, STATE_UNKNOWN})


class Invalidator:
    """Listens to the home and to our own writes, and tells the cache."""

    def __init__(self, hass: HomeAssistant, cache: ToolResultCache) -> None:
        self._hass = hass
        self._cache = cache
        self._stops: list[Callable[[], None]] = []
        self._under_way: dict[Footprint, list[set[str]]] = {}

    @callback
    def start(self) -> None:
        """Listen."""
        self._cache.entries.subscribe = self._subscribe
        listen = self._hass.bus.async_listen
        self._stops = [
            async_observe_writes(self._hass, self),
            listen(EVENT_STATE_CHANGED, self._state_changed, self._concerns_state),
            listen(EVENT_STATE_REPORTED, self._state_reported, self._concerns_state),
            listen(EVENT_CALL_SERVICE, self._service_called),
            listen(EVENT_SERVICE_REGISTERED, self._service_described),
            listen(EVENT_SERVICE_REMOVED, self._service_described),
            listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._entity_registered),
            *(listen(event_type, self._registry_changed) for event_type in PLACES),
            listen(EVENT_CORE_CONFIG_UPDATE, self._core_changed),
            listen(EVENT_USER_UPDATED, self._person_changed),
            listen(EVENT_USER_REMOVED, self._person_changed),
            async_listen_exposure(self._hass, self._exposure_changed),
            async_dispatcher_connect(
                self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._config_entry_changed
            ),
        ]

    @callback
    def stop(self) -> None:
        """Listen no longer."""
        while self._stops:
            self._stops.pop()()

    @callback
    def write_began(self, footprint: Footprint) -> None:
        """Drop what a write of ours may change, and keep it out until it has ended."""
        reach = affected_by_write(self._hass, footprint.writes)
        self._under_way.setdefault(footprint, []).append(reach)
        self._cache.holds.write_began(reach)
        self._cache.touch(reach, "a write of our own")

    @callback
    def write_ended(self, footprint: Footprint) -> None:
        """Drop what was read meanwhile, and hold on: states are pushed after the write."""
        if not (under_way := self._under_way.get(footprint)):
            return
        reach = under_way.pop()
        if not under_way:
            del self._under_way[footprint]
        self._cache.holds.write_ended(reach)
        self._cache.hold(reach, HOLD)
        self._cache.touch(reach, "the end of a write of our own")

    @callback
    def _concerns_state(
        self, data: EventStateChangedData | EventStateReportedData
    ) -> bool:
        return self._cache.dependencies.has(data["entity_id"])

    @callback
    def _state_changed(self, event: Event[EventStateChangedData]) -> None:
        """Drop what depends on the entity, unless its attributes merely tick."""
        entity_id = event.data["entity_id"]
        old, new = event.data["old_state"], event.data["new_state"]
        if old and new and merely_ticks(old, new):
            return
        gone = new is None or new.state in _NOWHERE
        self._cache.touch(
            (entity_id,),
            f"state of {entity_id}",
            Change.UNAVAILABLE if gone else Change.NEW_STATE,
            at_start=old is None or old.state in _NOWHERE,
        )

    @callback
    def _state_reported(self, event: Event[EventStateReportedData]) -> None:
        """Drop an entity's answers: what is new in it may show in no state."""
        entity_id = event.data["entity_id"]
        self._cache.touch((entity_id,), f"report of {entity_id}", Change.NEW_STATE)

    def _subscribe(self, terms: CacheTerms) -> list[Callable[[], object]]:
        @callback
        def changed(entity_id: str) -> None:
            self._cache.touch((entity_id,), f"news of {entity_id}", Change.NEW_STATE)

        return subscriptions(self._hass, terms, changed)

    @callback
    def _service_called(self, event: Event) -> None:
        """Drop what a service may change, and keep it out until it should have ended."""
        domain, name = event.data[ATTR_DOMAIN], event.data[ATTR_SERVICE]
        if self._only_answers(domain, name):
            return
        try:
            data = event.data.get(ATTR_SERVICE_DATA) or {}
            reach = affected_by_service(self._hass, domain, data)
        except Exception:
            # The data is as somebody sent it, before any validation. Whatever it is
            # that cannot be read, a call that is not understood may write anything.
            _LOGGER.debug("Target of %s.%s not understood", domain, name, exc_info=True)
            reach = {WHOLE_HOME}
        if runs := running_call():
            self._cache.holds.while_running(reach, runs)
        self._cache.hold(reach, HOLD if runs else NOBODY_WAITS)
        self._cache.touch(reach, f"action {domain}.{name}")

    def _only_answers(self, domain: str, name: str) -> bool:
        services = self._hass.services
        # The event may come after the service has gone.
        if not services.has_service(domain, name):
            return False
        answers = services.supports_response(domain, name)
        return annotations_of(f"{domain}.{name}", answers).read_only

    @callback
    def _service_described(self, event: Event) -> None:
        domain, name = event.data[ATTR_DOMAIN], event.data[ATTR_SERVICE]
        self._cache.touch(
            (service(domain, name),), f"action {domain}.{name} changed", at_start=True
        )

    @callback
    def _entity_registered(
        self, event: Event[er.EventEntityRegistryUpdatedData]
    ) -> None:
        """Drop what depends on an entity's name, area, options or being there."""
        entity_ids = {event.data["entity_id"]}
        if event.data["action"] == "update":
            entity_ids.add(event.data.get("old_entity_id", event.data["entity_id"]))
        self._cache.touch((*entity_ids, REGISTRY), "the entity registry")

    @callback
    def _registry_changed(self, event: Event) -> None:
        self._cache.touch((REGISTRY,), str(event.event_type))

    @callback
    def _exposure_changed(self) -> None:
        """Drop everything: what may be seen is another."""
        self._cache.touch((EXPOSURE,), "what is exposed")

    @callback
    def _core_changed(self, event: Event) -> None:
        """Drop everything: units, time zone or language are other ones."""
        if event.data:
            self._cache.touch((WHOLE_HOME,), "the core configuration")

    @callback
    def _person_changed(self, event: Event) -> None:
        self._cache.touch((person(event.data["user_id"]),), "a person's rights")

    @callback
    def _config_entry_changed(
        self, change: ConfigEntryChange, entry: ConfigEntry
    ) -> None:
        if (
            change is ConfigEntryChange.REMOVED
            or entry.state is ConfigEntryState.UNLOAD_IN_PROGRESS
        ):
            reach = affected_by_write(self._hass, {of_integration(entry.domain)})
            self._cache.touch(reach, f"reload of {entry.domain}")
