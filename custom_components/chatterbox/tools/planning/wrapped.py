"""What stands behind an entity: a group's members, what a wrapper acts through."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, split_entity_id, valid_entity_id
from homeassistant.helpers import entity_registry as er, group
from homeassistant.helpers.entity import Entity, entity_sources
from homeassistant.helpers.entity_component import DATA_INSTANCES

from ..resources import WHOLE_HOME, all_of_domain

_HUB_GROUPS: Final = ("is_hue_group", "is_deconz_group")
"""Attributes by which a hub's group, whose members only the hub knows, is told."""

_WRAPPERS: Final = frozenset(
    {"generic_hygrostat", "generic_thermostat", "group", "switch_as_x"}
)
"""Integrations whose entities act through others that they name."""

_NAMED_BY: Final = ("heater_entity_id", "_switch_entity_id")
"""Where the entities of a wrapper that is set up in YAML name what they act through."""


@dataclass(frozen=True, slots=True)
class Behind:
    """What is written when an entity is."""

    entity_ids: frozenset[str] = frozenset()
    sequences: tuple[Any, ...] = ()
    """Scripts, or their steps, that the entity runs as it is acted upon."""
    known: bool = True
    """This is all of it."""


_NOTHING: Final = Behind()
_UNKNOWN: Final = Behind(known=False)


def behind(hass: HomeAssistant, entity_id: str) -> Behind:
    """Return what an entity acts through."""
    found = set(members(hass, entity_id))
    integration = _integration(hass, entity_id)
    if integration in _BY_INTEGRATION:
        entity = entity_of(hass, entity_id)
        own = _UNKNOWN if entity is None else _BY_INTEGRATION[integration](entity)
        return Behind(own.entity_ids | found, own.sequences, own.known)
    found |= _in_options(hass, entity_id)
    if integration in _WRAPPERS and not found:
        entity = entity_of(hass, entity_id)
        named = (getattr(entity, name, None) for name in _NAMED_BY)
        found = {name for name in named if isinstance(name, str)}
        return Behind(frozenset(found)) if found else _UNKNOWN
    return Behind(frozenset(found)) if found else _NOTHING


def with_sources(hass: HomeAssistant, entity_ids: Iterable[str]) -> frozenset[str]:
    """Return the entities and all that their states are made of, or the whole home."""
    return closure(hass, entity_ids, _sources)


def closure(
    hass: HomeAssistant,
    entity_ids: Iterable[str],
    step: Callable[[HomeAssistant, str], Iterable[str]],
) -> frozenset[str]:
    """Return the entities and all that the step leads to from them."""
    found: set[str] = set()
    left = list(entity_ids)
    while left:
        entity_id = left.pop()
        if entity_id not in found:
            found.add(entity_id)
            left.extend(step(hass, entity_id))
    return frozenset(found)


def members(hass: HomeAssistant, entity_id: str) -> Iterable[str]:
    """Return the members of a group, old or new, or of an entity that is none."""
    entity = group.get_group_entities(hass).get(entity_id)
    if entity and (found := getattr(entity.group, "member_entity_ids", None)):
        return list(found)
    if not (state := hass.states.get(entity_id)):
        return ()
    if any(state.attributes.get(mark) for mark in _HUB_GROUPS):
        return _of_same_entry(hass, entity_id)
    named = state.attributes.get(ATTR_ENTITY_ID)
    if not isinstance(named, list | tuple):
        return ()
    return [member for member in named if isinstance(member, str)]


def entity_of(hass: HomeAssistant, entity_id: str) -> Entity | None:
    """Return the object of an entity."""
    component = hass.data.get(DATA_INSTANCES, {}).get(split_entity_id(entity_id)[0])
    return component.get_entity(entity_id) if component else None


def _of_same_entry(hass: HomeAssistant, entity_id: str) -> list[str]:
    registry = er.async_get(hass)
    entry = registry.async_get(entity_id)
    if entry is None or entry.config_entry_id is None:
        return [WHOLE_HOME]
    return [
        other.entity_id
        for other in er.async_entries_for_config_entry(registry, entry.config_entry_id)
    ]


def _integration(hass: HomeAssistant, entity_id: str) -> str | None:
    if source := entity_sources(hass).get(entity_id):
        return source["domain"]
    entry = er.async_get(hass).async_get(entity_id)
    return entry.platform if entry else None


def _in_options(hass: HomeAssistant, entity_id: str) -> set[str]:
    registry = er.async_get(hass)
    entry = registry.async_get(entity_id)
    if entry is None or entry.config_entry_id is None:
        return set()
    config_entry = hass.config_entries.async_get_entry(entry.config_entry_id)
    if config_entry is None or not config_entry.options:
        return set()
    named = set()
    for value in config_entry.options.values():
        for one in value if isinstance(value, list | tuple) else (value,):
            if not isinstance(one, str):
                continue
            if known := registry.async_get(one):
                named.add(known.entity_id)
            elif valid_entity_id(one) and hass.states.get(one):
                named.add(one)
    return named


def _template(entity: Entity) -> Behind:
    scripts = getattr(entity, "_action_scripts", None)
    if not isinstance(scripts, dict):
        return _UNKNOWN
    return Behind(sequences=tuple(scripts.values()))


def _universal(entity: Entity) -> Behind:
    children = getattr(entity, "_children", None)
    commands = getattr(entity, "_cmds", None)
    if children is None or commands is None:
        return _UNKNOWN
    return Behind(
        frozenset(children),
        tuple(commands.values()),
        known=getattr(entity, "_active_child_template", None) is None,
    )


_BY_INTEGRATION: Final[dict[str | None, Callable[[Entity], Behind]]] = {
    "template": _template,
    "universal": _universal,
}
"""Integrations whose entities run steps of their own."""


def _sources(hass: HomeAssistant, entity_id: str) -> Iterable[str]:
    if not valid_entity_id(entity_id):
        return ()
    found = {*members(hass, entity_id), *_in_options(hass, entity_id)}
    integration = _integration(hass, entity_id)
    if integration in _BY_INTEGRATION and (entity := entity_of(hass, entity_id)):
        found |= set(getattr(entity, "_children", None) or ())
        if info := getattr(entity, "_template_result_info", None):
            found |= _listened(info.listeners)
    return found


def _listened(listeners: dict[str, Any]) -> set[str]:
    if listeners["all"]:
        return {WHOLE_HOME}
    return {*listeners["entities"], *map(all_of_domain, listeners["domains"])}
