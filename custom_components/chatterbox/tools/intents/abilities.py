"""What an intent can do with a thing, and what to say where it cannot."""

from typing import Final

from homeassistant.const import (
    ATTR_SUPPORTED_FEATURES,
    SERVICE_TURN_OFF,
    SERVICE_TURN_ON,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent

from ..exposure.danger import Additions, must_be_named
from ..exposure.exposed import state_in_words
from ..exposure.places import READ_ONLY
from .things import Thing

_ON_OFF: Final = {
    intent.INTENT_TURN_ON: SERVICE_TURN_ON,
    intent.INTENT_TURN_OFF: SERVICE_TURN_OFF,
    intent.INTENT_TOGGLE: SERVICE_TURN_ON,
}
_ON_OFF_OTHERWISE: Final = frozenset(
    {"button", "cover", "input_button", "lock", "valve"}
)
"""Domains that Home Assistant's intents turn on and off by services of other names."""


def may_be_dangerous(hass: HomeAssistant, thing: Thing, additions: Additions) -> bool:
    """Return whether a thing has to be named exactly, whatever is done to it."""
    return must_be_named(hass, thing.entity_id, additions)


def can_act(hass: HomeAssistant, handler: intent.IntentHandler, thing: Thing) -> bool:
    """Return whether an intent has something to do with a thing of this kind."""
    domains = getattr(handler, "required_domains", None)
    if not domains and isinstance(handler.platforms, set) and handler.platforms:
        domains = handler.platforms
    if domains and thing.domain not in domains:
        return False
    features = getattr(handler, "required_features", None)
    has = thing.state.attributes.get(ATTR_SUPPORTED_FEATURES) or 0
    if features and (int(has) & features) != features:
        return False
    if service := _ON_OFF.get(handler.intent_type):
        return thing.domain in _ON_OFF_OTHERWISE or hass.services.has_service(
            thing.domain, service
        )
    return thing.domain not in READ_ONLY


def cannot(hass: HomeAssistant, handler: intent.IntentHandler, thing: Thing) -> str:
    """Say what a thing is, why the intent cannot act on it, and what state it is in."""
    kind = " ".join(filter(None, (thing.device_class, thing.domain.replace("_", " "))))
    use = (
        "it can be read, not controlled"
        if thing.domain in READ_ONLY
        else f"{handler.intent_type} does not work on it"
    )
    return (
        f"{thing.name} is a {kind}: {use}. It is {state_in_words(hass, thing.state)}."
        " Nothing was done."
    )
