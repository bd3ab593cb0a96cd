"""Groups, which hand on what is done to them."""

from collections.abc import Iterable
from typing import Final

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant
from homeassistant.helpers import group
from homeassistant.helpers.entity import entity_sources

GROUP: Final = "group"
"""The integration of people's own groups; a bridge's room, say, is one entity here."""


def members_of_user_group(hass: HomeAssistant, entity_id: str) -> frozenset[str]:
    """Return all members of a group, those of groups in it too; empty if it is none."""
    found: set[str] = set()
    left, seen = [entity_id], set()
    while left:
        one = left.pop()
        if one in seen:
            continue
        seen.add(one)
        if (inside := _inside(hass, one)) is None:
            found.add(one)
        else:
            left.extend(inside)
    return frozenset(found - {entity_id})


def _inside(hass: HomeAssistant, entity_id: str) -> Iterable[str] | None:
    entity = group.get_group_entities(hass).get(entity_id)
    if entity and isinstance(entity.group, group.GenericGroup):
        return entity.group.member_entity_ids
    source = entity_sources(hass).get(entity_id)
    if not entity_id.startswith(f"{GROUP}.") and (
        source is None or source["domain"] != GROUP
    ):
        return None
    state = hass.states.get(entity_id)
    inside = state.attributes.get(ATTR_ENTITY_ID) if state else None
    return inside if isinstance(inside, list | tuple) else ()
