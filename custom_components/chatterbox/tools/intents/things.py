"""What a model can mean in this home: exposed things, areas and floors, by name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
import re
from typing import Final
import unicodedata

from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import area_registry as ar, floor_registry as fr

from ..exposure.exposed import Exposed, in_lines
from ..exposure.known import Known, async_get_exposed

_SEPARATORS = re.compile(r"[\W_]+")
# Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese put no space around a name.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a name or sentence, in small letters, without punctuation."""
    normal = unicodedata.normalize("NFKC", text).casefold()
    return tuple(filter(None, _SEPARATORS.split(normal)))


_words_of_name: Final = lru_cache(maxsize=4096)(words_of)
_words_of_sentence: Final = lru_cache(maxsize=8)(words_of)
"""Every name of the home is looked for in the same sentence."""


def is_named(name: str, sentence: str) -> bool:
    """Return whether a sentence holds a name as a whole."""
    wanted, said = _words_of_name(name), _words_of_sentence(sentence)
    if not wanted:
        return False
    if UNSPACED.search(name):
        return "".join(wanted) in "".join(said)
    return wanted[0] in said and any(
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
    called: frozenset[str]
    """Its id and names, as Home Assistant compares them."""

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
        return name.strip().casefold() in self.called

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
    known = async_get_exposed(hass, assistant)
    areas, floors = known.kept.get(Place) or _places(hass, known)
    things = tuple(_things(hass, known, areas))
    used = {thing.area.id for thing in things if thing.area}
    on = {thing.floor_id for thing in things}
    return Things(
        things,
        tuple(area for area in areas.values() if area.id in used),
        tuple(floor for floor in floors if floor.id in on),
    )


def _places(
    hass: HomeAssistant, known: Known
) -> tuple[dict[str, Place], tuple[Place, ...]]:
    areas = {
        area.id: Place(area.id, _names(area.name, area.aliases), area.floor_id)
        for area in ar.async_get(hass).async_list_areas()
    }
    floors = tuple(
        Place(floor.floor_id, _names(floor.name, floor.aliases))
        for floor in fr.async_get(hass).async_list_floors()
    )
    known.kept[Place] = areas, floors
    return areas, floors


def _things(
    hass: HomeAssistant, known: Known, areas: Mapping[str, Place]
) -> Iterator[Thing]:
    """Yield what has a name, made anew where its state is another."""
    kept: dict[str, Thing] = known.kept.setdefault(Thing, {})
    for placed in known.placed:
        if (state := hass.states.get(placed.entity_id)) is None:
            continue
        thing = kept.get(placed.entity_id)
        if thing is None or thing.state is not state:
            thing = _thing(Exposed(state, placed), areas)
            kept[placed.entity_id] = thing
        if thing.names:
            yield thing


def _thing(exposed: Exposed, areas: Mapping[str, Place]) -> Thing:
    names = in_lines(exposed.placed.aliases)
    area = areas.get(exposed.area_id or "")
    return Thing(
        exposed.state,
        names,
        exposed.device_class,
        area,
        area.floor_id if area else None,
        frozenset([exposed.entity_id, *(name.strip().casefold() for name in names)]),
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
