"""How the tables of what needs confirmation are read, with what a user adds to them."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from homeassistant.const import ATTR_DEVICE_CLASS
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)

from ..needs_confirmation import KINDS, SERVICES, Harm, Kind

TO_STATE: Final = "to_state"
"""The action of a scene: it sets the state that is the effect's value."""
UNKNOWN: Final = ""
"""An action that cannot be told before it runs."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that a call does."""

    action: str
    """``domain.service``, `TO_STATE`, or `UNKNOWN`."""
    entity_id: str | None = None
    """An entity, ``domain.*`` for any of a domain, None for none."""
    value: str | float | None = None
    """The state or the position that is set, None if it cannot be told."""


_HARMLESS: Final = frozenset({"homeassistant.update_entity"})
"""Services that change nothing, whatever they are called for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Additions:
    """What the user has added to the tables for one agent, and taken out of them."""

    services: frozenset[str] = frozenset()
    """``domain.service``."""
    entities: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    """Label ids: of an entity, of its device, or of its area."""
    trusted: frozenset[str] = frozenset()
    """Services and tools that need nobody, by ``domain.service`` or tool name."""


@callback
def kind_of(hass: HomeAssistant, entity_id: str) -> Kind | None:
    """Return what dangerous thing an entity, or some of ``domain.*`` or ``*.*``, is."""
    domain, _, object_id = entity_id.partition(".")
    for kind in KINDS:
        if domain not in (kind.domain, "*"):
            continue
        ids = (
            hass.states.async_entity_ids(kind.domain)
            if object_id == "*"
            else [entity_id]
        )
        if not kind.device_classes and (ids or domain == kind.domain):
            return kind
        if any(_device_class(hass, id_) in kind.device_classes for id_ in ids):
            return kind
    return None


def _device_class(hass: HomeAssistant, entity_id: str) -> str | None:
    entry = er.async_get(hass).async_get(entity_id)
    if entry and entry.device_class:
        return entry.device_class
    if state := hass.states.get(entity_id):
        found: str | None = state.attributes.get(ATTR_DEVICE_CLASS)
        if found:
            return found
    return entry.original_device_class if entry else None


@callback
def is_added(hass: HomeAssistant, entity_id: str, additions: Additions) -> bool:
    """Return whether the user has marked an entity as dangerous."""
    if entity_id in additions.entities:
        return True
    if not additions.labels:
        return False
    return not additions.labels.isdisjoint(_labels(hass, entity_id))


def _labels(hass: HomeAssistant, entity_id: str) -> Iterable[str]:
    if (entry := er.async_get(hass).async_get(entity_id)) is None:
        return ()
    labels = set(entry.labels)
    device = dr.async_get(hass).async_get(entry.device_id) if entry.device_id else None
    area_id = entry.area_id
    if device:
        labels |= device.labels
        area_id = area_id or dr.async_get_effective_area_id(hass, device)
    area = ar.async_get(hass).async_get_area(area_id) if area_id else None
    return labels | area.labels if area else labels


@callback
def must_be_named(hass: HomeAssistant, entity_id: str, additions: Additions) -> bool:
    """Return whether no command for an area, a floor or a domain may touch this."""
    return kind_of(hass, entity_id) is not None or is_added(hass, entity_id, additions)


@callback
def harm_of(
    hass: HomeAssistant, effect: Effect, additions: Additions, *, direct: bool
) -> Harm | None:
    """Return what is dangerous about an effect; `direct` if no script stands between."""
    if effect.action in additions.services:
        return Harm.USE
    if effect.action in _HARMLESS:
        return None
    if (entity_id := effect.entity_id) and (kind := kind_of(hass, entity_id)):
        # That the user has marked a lock does not make locking it dangerous.
        return None if _secures(kind, effect) else _harm(kind, effect)
    if entity_id and is_added(hass, entity_id, additions):
        return Harm.CHANGE
    if direct and effect.action not in additions.trusted:
        return Harm.USE if matches(effect.action, SERVICES) else None
    return None


def _harm(kind: Kind, effect: Effect) -> Harm:
    what = str(effect.value) if effect.action == TO_STATE else effect.action
    return kind.harms.get(what, Harm.CHANGE)


def _secures(kind: Kind, effect: Effect) -> bool:
    if effect.action == TO_STATE:
        return effect.value in kind.secure_states
    if effect.action in kind.secure_at_zero:
        return effect.value is not None and effect.value == 0
    return effect.action in kind.secures


def matches(service: str, patterns: Iterable[str]) -> bool:
    """Return whether ``domain.service`` is one of the patterns'."""
    return any(fnmatchcase(service, pattern) for pattern in patterns)
