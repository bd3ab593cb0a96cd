"""The overview of areas and devices that a model gets: what is where, by what name."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from homeassistant.components.homeassistant.exposed_entities import (
    async_should_expose,
)
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    intent,
)

SEPARATOR: Final = " | "
"""Between the names of one thing. Names may hold commas; hardly any holds a bar."""
NO_AREA: Final = "In no area:"


@dataclass(frozen=True, slots=True)
class ExposedEntity:
    """An entity that an assistant may know of."""

    state: State
    names: tuple[str, ...]
    """The name and the aliases, as the user ordered them."""
    area_id: str | None


@callback
def exposed_entities(hass: HomeAssistant, assistant: str) -> Iterator[ExposedEntity]:
    """Yield what is exposed to the assistant, by entity id."""
    entities = er.async_get(hass)
    for state in sorted(hass.states.async_all(), key=lambda state: state.entity_id):
        if not async_should_expose(hass, assistant, state.entity_id):
            continue
        entry = entities.async_get(state.entity_id)
        names = intent.async_get_entity_aliases(hass, entry, state=state)
        if clean := tuple(filter(None, map(one_line, names))):
            yield ExposedEntity(state, clean, area_of(hass, entry))


@callback
def area_of(hass: HomeAssistant, entry: er.RegistryEntry | None) -> str | None:
    """Return the id of the area that an entity, or else its device, is in."""
    if entry is None or entry.area_id or not entry.device_id:
        return entry.area_id if entry else None
    device = dr.async_get(hass).async_get(entry.device_id)
    return dr.async_get_effective_area_id(hass, device) if device else None


@callback
def build_home_map(hass: HomeAssistant, assistant: str) -> str:
    """Return the map: a line for each area, under it one for each of its entities.

    ``Kitchen | Galley (floor Ground):`` and then ``Ceiling | Main light: light``.
    Empty if nothing is exposed. Areas and entities are in the order of their ids,
    which outlive their names, so that what does not change keeps its place.
    """
    by_area: dict[str, list[str]] = defaultdict(list)
    for entity in exposed_entities(hass, assistant):
        line = f"{SEPARATOR.join(entity.names)}: {entity.state.domain}"
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


def one_line(name: str) -> str:
    """Return the name without line breaks: a name must not look like another line."""
    return " ".join(name.split())
