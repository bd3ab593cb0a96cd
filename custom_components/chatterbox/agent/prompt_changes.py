"""Noticing that the prompt or the tools have changed."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

from homeassistant.components.conversation import DOMAIN as CONVERSATION_DOMAIN
from homeassistant.components.homeassistant import exposed_entities
from homeassistant.const import (
    ATTR_FRIENDLY_NAME,
    EVENT_COMPONENT_LOADED,
    EVENT_SERVICE_REGISTERED,
    EVENT_SERVICE_REMOVED,
    EVENT_STATE_CHANGED,
)
from homeassistant.core import (
    CALLBACK_TYPE,
    HassJob,
    HomeAssistant,
    callback,
)
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
)
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.start import async_at_started

IDLE_AFTER: Final = 10.0
"""Seconds without a change, so that a burst of them counts once."""
EVENTS: Final = (
    ar.EVENT_AREA_REGISTRY_UPDATED,
    dr.EVENT_DEVICE_REGISTRY_UPDATED,
    er.EVENT_ENTITY_REGISTRY_UPDATED,
    fr.EVENT_FLOOR_REGISTRY_UPDATED,
    EVENT_COMPONENT_LOADED,
    EVENT_SERVICE_REGISTERED,
    EVENT_SERVICE_REMOVED,
)


@callback
def async_when_idle(
    hass: HomeAssistant, act: Callable[[], Awaitable[None]]
) -> CALLBACK_TYPE:
    """Await `act` when Home Assistant has started and after each change.

    A change is one of what is exposed, of its names and places, or of the services.
    Returns a function that ends it.
    """
    cancel_timer: CALLBACK_TYPE | None = None

    async def idle(_now: datetime) -> None:
        nonlocal cancel_timer
        cancel_timer = None
        await act()

    job = HassJob(idle, "chatterbox prime when idle", cancel_on_shutdown=True)

    @callback
    def stop_timer() -> None:
        nonlocal cancel_timer
        if cancel_timer:
            cancel_timer()
            cancel_timer = None

    @callback
    def changed() -> None:
        nonlocal cancel_timer
        stop_timer()
        if hass.is_running:
            cancel_timer = async_call_later(hass, IDLE_AFTER, job)

    @callback
    def on_event(_: Any) -> None:
        changed()

    ends = [
        stop_timer,
        async_at_started(hass, on_event),
        exposed_entities.async_listen_entity_updates(
            hass, CONVERSATION_DOMAIN, changed
        ),
        hass.bus.async_listen(EVENT_STATE_CHANGED, on_event, event_filter=_is_renamed),
        *(hass.bus.async_listen(str(event), on_event) for event in EVENTS),
    ]

    @callback
    def end() -> None:
        for each in ends:
            each()

    return end


@callback
def _is_renamed(data: Mapping[str, Any]) -> bool:
    """Return whether an entity has come, gone or got another name."""
    old, new = data["old_state"], data["new_state"]
    if old is None or new is None:
        return True
    return bool(
        old.attributes.get(ATTR_FRIENDLY_NAME) != new.attributes.get(ATTR_FRIENDLY_NAME)
    )
