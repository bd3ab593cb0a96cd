"""What is dangerous: one table of things and one of services, and how they are read.

A thing is told by the entity that is reached in the end and by what is done to it, never
by the name of the tool. What secures needs nobody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

from homeassistant.const import ATTR_DEVICE_CLASS
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)


class Harm(StrEnum):
    """What a dangerous action does, as a person is asked about it."""

    UNLOCK = "unlock"
    OPEN = "open"
    DISARM = "disarm"
    SOUND = "sound"
    SILENCE = "silence"
    CHANGE = "change"
    """Something that none of the others says."""
    USE = "use"
    """A service or a tool as a whole."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of thing in the home that has to be named, and confirmed."""

    why: str
    domain: str
    device_classes: frozenset[str] = frozenset()
    """Empty for all of the domain."""
    secures: frozenset[str] = frozenset()
    """Services that need nobody."""
    secure_at_zero: frozenset[str] = frozenset()
    """Services that set a position and need nobody where it is 0."""
    secure_states: frozenset[str] = frozenset()
    """States that a scene may set without anybody."""
    harms: Mapping[str, Harm]
    """What the other services do, and the states; all else is `Harm.CHANGE`."""


def _named(domain: str, *services: str) -> frozenset[str]:
    return frozenset(f"{domain}.{service}" for service in services)


KINDS: Final = (
    Kind(
        why="whoever stands outside can come in",
        domain="lock",
        secures=_named("lock", "lock"),
        secure_states=frozenset({"locked", "locking"}),
        harms={
            "lock.unlock": Harm.UNLOCK,
            "unlocked": Harm.UNLOCK,
            "lock.open": Harm.OPEN,
            "open": Harm.OPEN,
        },
    ),
    Kind(
        why="a way into the home or onto the ground stands open",
        domain="cover",
        device_classes=frozenset({"door", "garage", "gate"}),
        secures=_named(
            "cover", "close_cover", "close_cover_tilt", "stop_cover", "stop_cover_tilt"
        ),
        secure_at_zero=_named("cover", "set_cover_position", "set_cover_tilt_position"),
        secure_states=frozenset({"closed", "closing"}),
        harms={
            "cover.open_cover": Harm.OPEN,
            "cover.open_cover_tilt": Harm.OPEN,
            "cover.set_cover_position": Harm.OPEN,
            "cover.set_cover_tilt_position": Harm.OPEN,
            "open": Harm.OPEN,
        },
    ),
    Kind(
        why="water or gas flows with nobody there",
        domain="valve",
        secures=_named("valve", "close_valve", "stop_valve"),
        secure_at_zero=_named("valve", "set_valve_position"),
        secure_states=frozenset({"closed", "closing"}),
        harms={
            "valve.open_valve": Harm.OPEN,
            "valve.set_valve_position": Harm.OPEN,
            "open": Harm.OPEN,
        },
    ),
    Kind(
        why="the home is no longer watched, or the alarm goes off",
        domain="alarm_control_panel",
        secures=_named(
            "alarm_control_panel",
            "alarm_arm_away",
            "alarm_arm_custom_bypass",
            "alarm_arm_home",
            "alarm_arm_night",
            "alarm_arm_vacation",
        ),
        secure_states=frozenset(
            {
                "armed_away",
                "armed_custom_bypass",
                "armed_home",
                "armed_night",
                "armed_vacation",
            }
        ),
        harms={
            "alarm_control_panel.alarm_disarm": Harm.DISARM,
            "disarmed": Harm.DISARM,
            "alarm_control_panel.alarm_trigger": Harm.SOUND,
            "triggered": Harm.SOUND,
        },
    ),
    Kind(
        why="it frightens, or it is silent when it should warn",
        domain="siren",
        harms={
            "siren.turn_on": Harm.SOUND,
            "on": Harm.SOUND,
            "siren.turn_off": Harm.SILENCE,
            "off": Harm.SILENCE,
        },
    ),
)
"""Things that have to be named, and what can be done to them without a person."""


SERVICES: Final[Mapping[str, str]] = {
    "backup.*": "replaces or hands out all data",
    "conversation.process": "another agent acts on a sentence that nobody said",
    "hassio.*": "controls the host",
    "homeassistant.restart": "stops every automation for a while",
    "homeassistant.stop": "stops Home Assistant until someone starts it",
    "lock.*user*": "changes who can open a lock",
    "lock.*code*": "changes who can open a lock",
    "matter.*credential*": "changes who can open a lock",
    "matter.*lock_user*": "changes who can open a lock",
    "mqtt.publish": "may tell any device anything",
    "pyscript.*": "runs code",
    "python_script.*": "runs code",
    "rest_command.*": "may tell any device anything",
    "shell_command.*": "runs a command on the host",
    "update.install": "replaces firmware or software",
    "zwave_js.*credential*": "changes who can open a lock",
    "zwave_js.*usercode*": "changes who can open a lock",
    "zwave_js.*set_user*": "changes who can open a lock",
    "zwave_js.multicast_set_value": "may tell any device anything",
    "zwave_js.set_value": "may tell any device anything",
    "zwave_js.invoke_cc_api": "may tell any device anything",
    "zha.issue_zigbee_cluster_command": "may tell any device anything",
    "zha.set_zigbee_cluster_attribute": "may tell any device anything",
    "deconz.configure": "may tell any device anything",
}
"""Services that are dangerous where a model calls them itself, by pattern, and why.

Inside a script they are what its author meant them to be.
"""

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
    """Return what kind of dangerous thing an entity is, None if of none.

    ``domain.*`` is of a kind if an entity of the domain may be.
    """
    domain, _, object_id = entity_id.partition(".")
    for kind in KINDS:
        if kind.domain != domain:
            continue
        if not kind.device_classes:
            return kind
        ids = hass.states.async_entity_ids(domain) if object_id == "*" else [entity_id]
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
    """Return the labels of an entity, of its device and of its area."""
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
    """Return what is dangerous about an effect, None if nothing is.

    `direct` is whether the call itself does it, not a script that it runs.
    """
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
