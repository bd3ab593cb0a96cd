"""The overview of areas and devices that a model gets: what is where, by what name."""

from collections import defaultdict
from typing import Final

from homeassistant.components.conversation import DOMAIN as CONVERSATION_DOMAIN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar, floor_registry as fr

from ..tools.exposure.exposed import exposed_entities, names_of, one_line
from ..tools.exposure.known import async_get_known_home

SEPARATOR: Final = " | "
"""Between the names of one thing. Names may hold commas; hardly any holds a bar."""
NO_AREA: Final = "In no area:"


@callback
def build_home_map(hass: HomeAssistant, assistant: str) -> str:
    """Return the map: a line for each area, under it one for each of its entities.

    ``Kitchen | Galley (floor Ground):``, then ``Ceiling | Main light: light``. In the
    order of their ids, which outlive their names; empty if nothing is exposed.
    """
    if assistant != CONVERSATION_DOMAIN:
        return _made(hass, assistant)
    known = async_get_known_home(hass)
    return known.keep("home map", lambda: _made(hass, assistant))


def _made(hass: HomeAssistant, assistant: str) -> str:
    by_area: dict[str, list[str]] = defaultdict(list)
    for entity in exposed_entities(hass, assistant):
        if names := names_of(hass, entity):
            line = f"{SEPARATOR.join(names)}: {entity.state.domain}"
            by_area[entity.area_id or ""].append(line)
    lines: list[str] = []
    # The empty id, of what is in no area, comes last.
    for area_id in sorted(by_area, key=lambda area_id: (not area_id, area_id)):
        lines += [_heading(hass, area_id), *by_area[area_id]]
    return "\n".join(lines)


def _heading(hass: HomeAssistant, area_id: str) -> str:
    area = ar.async_get(hass).async_get_area(area_id)
    if area is None:
        return NO_AREA
    heading = _names(area.name, area.aliases)
    floor = fr.async_get(hass).async_get_floor(area.floor_id or "")
    if floor:
        heading += f" (floor {_names(floor.name, floor.aliases)})"
    return f"{heading}:"


def _names(name: str, aliases: set[str]) -> str:
    return SEPARATOR.join(map(one_line, (name, *sorted(aliases))))
