"""What changes in a home that changes the tools, the prompt or what names mean."""

from collections.abc import Callable
from typing import Any, Final

from homeassistant.components.conversation import DOMAIN as CONVERSATION_DOMAIN
from homeassistant.components.homeassistant.exposed_entities import (
    async_listen_entity_updates,
)
from homeassistant.const import ATTR_FRIENDLY_NAME, EVENT_STATE_CHANGED
from homeassistant.core import (
    CALLBACK_TYPE,
    EventStateChangedData,
    HomeAssistant,
    callback,
)
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util.event_type import EventType
from homeassistant.util.signal_type import SignalType

PLACES: Final[tuple[EventType[Any], ...]] = (
    ar.EVENT_AREA_REGISTRY_UPDATED,
    dr.EVENT_DEVICE_REGISTRY_UPDATED,
    fr.EVENT_FLOOR_REGISTRY_UPDATED,
    lr.EVENT_LABEL_REGISTRY_UPDATED,
)
"""Events after which the name of a place or device may mean other entities."""

SIGNAL_NEW_FEATURE: Final[SignalType[()]] = SignalType("chatterbox_new_feature")
"""Sent when an entity shows a feature for the first time."""


@callback
def async_listen_exposure(hass: HomeAssistant, changed: CALLBACK_TYPE) -> CALLBACK_TYPE:
    """Call back when another entity is exposed to Assist, or one no longer."""
    return async_listen_entity_updates(hass, CONVERSATION_DOMAIN, changed)


@callback
def async_listen_home(
    hass: HomeAssistant, changed: Callable[..., None]
) -> CALLBACK_TYPE:
    """Call back when what can be named, or what can be done, may have changed."""
    listen = hass.bus.async_listen
    stops = [
        *(listen(event, changed) for event in PLACES),
        listen(er.EVENT_ENTITY_REGISTRY_UPDATED, changed),
        listen(EVENT_STATE_CHANGED, changed, _comes_goes_or_is_renamed),
        async_listen_exposure(hass, changed),
        async_dispatcher_connect(hass, SIGNAL_NEW_FEATURE, changed),
    ]

    @callback
    def stop() -> None:
        for each in stops:
            each()

    return stop


@callback
def _comes_goes_or_is_renamed(data: EventStateChangedData) -> bool:
    old, new = data["old_state"], data["new_state"]
    if old is None or new is None:
        return True
    return bool(
        old.attributes.get(ATTR_FRIENDLY_NAME) != new.attributes.get(ATTR_FRIENDLY_NAME)
    )
