"""What a model can mean in this home: exposed things, areas and floors, by name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
import re
import unicodedata

from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import area_registry as ar, floor_registry as fr

from ..exposure.exposed import exposed_entities, names_of

_SEPARATORS = re.compile(r"[\W_]+")
# Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese put no space around a name.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a name or sentence, in small letters, without punctuation."""
    normal = unicodedata.normalize("NFKC", text).casefold()
    return tuple(filter(None, _SEPARATORS.split(normal)))


def is_named(name: str, sentence: str) -> bool:
    """Return whether a sentence holds a name as a whole."""
    wanted, said = words_of(name), words_of(sentence)
    if not wanted:
        return False
    if UNSPACED.search(name):
        return "".join(wanted) in "".join(said)
    return any(
        said[start : start + len(wanted)] == wanted
        for start in range(len(said) - len(wanted) + 1)
    )


@dataclass(frozen=True, slots=True)
class Place:
    """An area or a floor that holds something exposed."""

    id: str
    names: tuple[str, ...]
    floor_id: str | None = None

    @property
    def name(self) -> str:
        """Return what it is called."""
        return self.names[0]

    def is_in(self, sentence: str) -> bool:
        """Return whether a sentence names it."""
        return any(is_named(name, sentence) for name in self.names)


@dataclass(frozen=True, slots=True)
class Thing:
    """An exposed entity."""

    state: State
    names: tuple[str, ...]
    device_class: str | None
    area: Place | None
    floor_id: str | None

    @property
    def entity_id(self) -> str:
        """Return the entity's id."""
        return self.state.entity_id

    @property
    def domain(self) -> str:
        """Return the entity's domain."""
        return self.state.domain

    @property
    def name(self) -> str:
        """Return what it is called."""
        return self.names[0]

    @property
    def full_name(self) -> str:
        """Return the name, with domain and area, as it can be called by."""
        where = f" in {self.area.name}" if self.area else ""
        return f'"{self.name}" ({self.domain}{where})'

    def is_called(self, name: str) -> bool:
        """Return whether this is its name, as Home Assistant compares names."""
        wanted = name.strip().casefold()
        return self.entity_id == wanted or any(
            known.strip().casefold() == wanted for known in self.names
        )

    def is_in(self, sentence: str) -> bool:
        """Return whether a sentence names it."""
        return any(is_named(name, sentence) for name in self.names)


@dataclass(frozen=True, slots=True)
class Things:
    """All that is exposed to an assistant."""

    all: tuple[Thing, ...]
    areas: tuple[Place, ...]
    floors: tuple[Place, ...]

    def in_area(self, area: Place) -> Iterator[Thing]:
        """Yield what is in an area."""
        return (t for t in self.all if t.area and t.area.id == area.id)


@callback
def exposed_things(hass: HomeAssistant, assistant: str) -> Things:
    """Return what is exposed, and the areas and floors that hold some of it."""
    areas = {area.id: area for area in ar.async_get(hass).async_list_areas()}
    floors = {floor.floor_id: floor for floor in fr.async_get(hass).async_list_floors()}
    places = {
        area.id: Place(area.id, _names(area.name, area.aliases), area.floor_id)
        for area in areas.values()
    }
    things = []
    for exposed in exposed_entities(hass, assistant):
        place = places.get(exposed.area_id or "")
        if names := names_of(hass, exposed):
            floor_id = place.floor_id if place else None
            things.append(
                Thing(exposed.state, names, exposed.device_class, place, floor_id)
            )
    used = {thing.area.id for thing in things if thing.area}
    on = {thing.floor_id for thing in things}
    return Things(
        tuple(things),
        tuple(place for place in places.values() if place.id in used),
        tuple(
            Place(floor.floor_id, _names(floor.name, floor.aliases))
            for floor in floors.values()
            if floor.floor_id in on
        ),
    )


def floor_said(things: Things, sentence: str) -> Place | None:
    """Return the one floor that a sentence names, if it names no area.

    A word of an area's name ("the bedrooms upstairs") may be meant for the area.
    """
    floors = [floor for floor in things.floors if floor.is_in(sentence)]
    if len(floors) != 1:
        return None
    own = {word for name in floors[0].names for word in words_of(name)}
    left = " ".join(word for word in words_of(sentence) if word not in own)
    for area in things.areas:
        words = {word for name in area.names for word in words_of(name)} - own
        if area.is_in(sentence) or any(len(w) > 2 and w in left for w in words):
            return None
    return floors[0]


def _names(name: str, aliases: Iterable[str]) -> tuple[str, ...]:
    return (name, *sorted(aliases))
