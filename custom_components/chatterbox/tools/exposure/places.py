"""What an area, a floor, a device or a label stands for where its id is handed on."""

from collections.abc import Iterable
import re
from typing import Final

from homeassistant.const import (
    ATTR_AREA_ID,
    ATTR_DEVICE_ID,
    ATTR_FLOOR_ID,
    ATTR_LABEL_ID,
    ENTITY_MATCH_ALL,
)
from homeassistant.core import HomeAssistant, split_entity_id
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)

from ..calls import ToolError
from .exposed import is_exposed
from .groups import members_of_user_group
from .guard import whole
from .text_references import decoded

READ_ONLY: Final = frozenset(
    {"binary_sensor", "calendar", "device_tracker", "event", "image", "person"}
    | {"sensor", "sun", "weather", "zone"}
)
"""Domains of things that are there to be read; nothing acts on them."""
_PARTS: Final = re.compile(r"[,;|\n\r\t()\[\]{}\"'`<>:=/&+]")


def checked_place(
    hass: HomeAssistant, assistant: str, argument: str, key: str, place_id: str
) -> set[str]:
    """Return what a place's id reaches; `key` is as ``area_id``. Raises ToolError."""
    selected = async_extract_referenced_entity_ids(
        hass, TargetSelection({key: [place_id]})
    )
    found = selected.referenced | selected.indirectly_referenced
    for entity_id in tuple(found):
        found |= members_of_user_group(hass, entity_id)
    exposed = {id_ for id_ in found if is_exposed(hass, assistant, id_)}
    if any(_acts(hass, entity_id) for entity_id in found - exposed):
        raise ToolError(
            f"{argument}: more than what is exposed to you would be reached by this "
            f"{key.removesuffix('_id')}. Name the entities instead."
        )
    return exposed


def _acts(hass: HomeAssistant, entity_id: str) -> bool:
    return (
        hass.states.get(entity_id) is not None
        and split_entity_id(entity_id)[0] not in READ_ONLY
    )


def checked_words(
    hass: HomeAssistant, assistant: str, argument: str, text: str
) -> set[str]:
    """Return what a text, or any part of it, reaches as a target. Raises ToolError."""
    plain = decoded(text)
    parts = {part.strip() for part in _PARTS.split(plain)} | {plain.strip()}
    if (words := plain.split()) and all(_is_known(hass, word) for word in words):
        parts |= set(words)
    found: set[str] = set()
    for part in filter(None, parts):
        if part == ENTITY_MATCH_ALL:
            raise ToolError(f'{argument}: "all" is not accepted. Name what is meant.')
        if (entry := _registered(hass, part)) is not None:
            found |= whole(hass, assistant, argument, entry.entity_id)
        for key in _keys_of(hass, part):
            found |= checked_place(hass, assistant, argument, key, part)
    return found


def _is_known(hass: HomeAssistant, word: str) -> bool:
    return (
        word == ENTITY_MATCH_ALL
        or _registered(hass, word) is not None
        or any(_keys_of(hass, word))
    )


def _registered(hass: HomeAssistant, part: str) -> er.RegistryEntry | None:
    """Return the entity of a registry id, which Home Assistant takes for an entity id."""
    return er.async_get(hass).entities.get_entry(part)


def _keys_of(hass: HomeAssistant, part: str) -> Iterable[str]:
    if ar.async_get(hass).async_get_area(part):
        yield ATTR_AREA_ID
    if fr.async_get(hass).async_get_floor(part):
        yield ATTR_FLOOR_ID
    if lr.async_get(hass).async_get_label(part):
        yield ATTR_LABEL_ID
    if dr.async_get(hass).async_get(part):
        yield ATTR_DEVICE_ID
