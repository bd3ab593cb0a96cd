"""The entities behind an entity: a group's members, what a scene or script names."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from homeassistant.components.homeassistant.scene import entities_in_scene
from homeassistant.components.script import (
    areas_in_script,
    devices_in_script,
    entities_in_script,
    floors_in_script,
    labels_in_script,
)
from homeassistant.components.script.const import DOMAIN as SCRIPT_DOMAIN
from homeassistant.const import (
    ATTR_AREA_ID,
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    ATTR_FLOOR_ID,
    ATTR_LABEL_ID,
)
from homeassistant.core import HomeAssistant, split_entity_id, valid_entity_id
from homeassistant.helpers import (
    entity_registry as er,
    group,
    target,
    template,
)

from ..resources import WHOLE_HOME

_TARGET_KEYS: Final = frozenset(
    {ATTR_ENTITY_ID, ATTR_DEVICE_ID, ATTR_AREA_ID, ATTR_FLOOR_ID, ATTR_LABEL_ID}
    | {"target", "action", "service", "service_template", "scene"}
)
"""Keys of a script's steps that say what the step acts on."""


def with_group_members(
    hass: HomeAssistant, entity_ids: Iterable[str]
) -> frozenset[str]:
    """Return the entities and, of every group among them, the members.

    What to expect of a read: a group's state is made of its members'.
    """
    return _closure(hass, entity_ids, _members_of_any_group)


def with_effects(hass: HomeAssistant, entity_ids: Iterable[str]) -> frozenset[str]:
    """Return the entities and all that turning them on writes besides.

    A group's members, what a scene sets and what a script's steps name; the whole
    home where that cannot be told from the configuration.
    """
    return _closure(hass, entity_ids, _effects)


def integration_resources(hass: HomeAssistant, integration: str) -> frozenset[str]:
    """Return all that belongs to an integration: its domain and its entities."""
    registry = er.async_get(hass)
    entities = {
        entity.entity_id
        for entry in hass.config_entries.async_entries(integration)
        for entity in er.async_entries_for_config_entry(registry, entry.entry_id)
    }
    return frozenset({f"integration:{integration}", f"{integration}.*", *entities})


def _closure(
    hass: HomeAssistant,
    entity_ids: Iterable[str],
    step: Callable[[HomeAssistant, str], Iterable[str]],
) -> frozenset[str]:
    """Return the entities and all that the step leads to from them."""
    found: set[str] = set()
    left = list(entity_ids)
    while left:
        entity_id = left.pop()
        if entity_id in found:
            continue
        found.add(entity_id)
        left.extend(step(hass, entity_id))
    return frozenset(found)


def _members_of_any_group(hass: HomeAssistant, entity_id: str) -> Iterable[str]:
    """Return the members of a group, old or new, or of an entity that is none."""
    entity = group.get_group_entities(hass).get(entity_id)
    if entity and (members := getattr(entity.group, "member_entity_ids", None)):
        return list(members)
    if not (state := hass.states.get(entity_id)):
        return ()
    members = state.attributes.get(ATTR_ENTITY_ID)
    if not isinstance(members, list | tuple):
        return ()
    return [member for member in members if isinstance(member, str)]


def _effects(hass: HomeAssistant, entity_id: str) -> Iterable[str]:
    """Return what turning an entity on writes besides the entity."""
    if not valid_entity_id(entity_id):
        return ()
    match split_entity_id(entity_id)[0]:
        case "scene":
            named = {
                *entities_in_scene(hass, entity_id),
                *_members_of_any_group(hass, entity_id),
            }
            return named or {WHOLE_HOME}
        case "script":
            return _in_script(hass, entity_id) or {WHOLE_HOME}
        case _:
            return _members_of_any_group(hass, entity_id)


def _in_script(hass: HomeAssistant, entity_id: str) -> Iterable[str]:
    """Return the entities that a script names, none where a template names them."""
    if (component := hass.data.get(SCRIPT_DOMAIN)) is None:
        return ()
    script = component.get_entity(entity_id)
    if script is None or _chooses_by_template(getattr(script, "raw_config", None)):
        return ()
    selection = target.TargetSelection(
        {
            ATTR_ENTITY_ID: entities_in_script(hass, entity_id),
            ATTR_DEVICE_ID: devices_in_script(hass, entity_id),
            ATTR_AREA_ID: areas_in_script(hass, entity_id),
            ATTR_FLOOR_ID: floors_in_script(hass, entity_id),
            ATTR_LABEL_ID: labels_in_script(hass, entity_id),
        }
    )
    selected = target.async_extract_referenced_entity_ids(
        hass, selection, primary_entities_only=False
    )
    return selected.referenced | selected.indirectly_referenced


def _chooses_by_template(config: Any, *, in_target: bool = False) -> bool:
    """Return if a step's target, or the action itself, is a template."""
    match config:
        case dict():
            return any(
                _chooses_by_template(value, in_target=in_target or key in _TARGET_KEYS)
                for key, value in config.items()
            )
        case list() | tuple():
            return any(
                _chooses_by_template(value, in_target=in_target) for value in config
            )
        case str():
            return in_target and template.is_template_string(config)
        case _:
            return in_target and isinstance(config, template.Template)
