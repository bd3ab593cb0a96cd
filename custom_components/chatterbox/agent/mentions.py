"""The entities that a sentence names, and what state they are in."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
import re
from typing import Any, Final, cast

from homeassistant.components.sensor import (
    DOMAIN as SENSOR_DOMAIN,
    SensorDeviceClass,
    async_rounded_state,
)
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import area_registry as ar
from homeassistant.util import dt as dt_util

from ..tools.exposure.exposed import (
    Exposed,
    in_lines,
    names_of,
    one_line,
    state_in_words,
)
from ..tools.exposure.known import Known, async_get_exposed
from ..tools.intents.things import UNSPACED

MAX_MENTIONED: Final = 20
"""Entities in one note: enough for a room, and some 300 tokens at most."""
_AREA: Final = "area:"

ATTRIBUTES: Final = {
    "current_temperature": "currently {}",
    "temperature": "temperature {}",
    "humidity": "humidity {}",
    "current_position": "position {}%",
    "percentage": "{}%",
    "volume_level": "volume {}",
    "media_title": "title {}",
    "media_artist": "artist {}",
    "media_album_name": "album {}",
}
"""What Home Assistant too gives to models beside a state, and in which words."""

_TITLES: Final = tuple(name for name in ATTRIBUTES if name.startswith("media_"))
_TEXTS: Final = frozenset({"event", "input_text", "sensor", "text"})
"""Domains whose states may be anybody's words."""


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    things: frozenset[str]


@callback
def describe_mentions(
    hass: HomeAssistant,
    assistant: str,
    sentence: str,
    area_id: str | None,
    may_read: Callable[[str], bool] = lambda _entity_id: True,
    hear: Callable[[], None] = lambda: None,
) -> list[str]:
    """Return a line with the live state of each exposed entity that a sentence names.

    An area narrows down the entities that are named, and stands for all that it holds
    if none is. What is in `area_id`, the speaker's, comes first. `hear` is called if
    one has words in it that others may have written.
    """
    known = async_get_exposed(hass, assistant)

    def is_there(thing: str) -> bool:
        return thing.startswith(_AREA) or (
            hass.states.get(thing) is not None and may_read(thing)
        )

    text = _normal(sentence)
    names = {
        name: there
        for name, things in _things(hass, known).items()
        if name in text and (there := frozenset(filter(is_there, things)))
    }
    named = {thing for mention in _mentions(text, names) for thing in mention.things}
    if not named:
        return []
    areas = {thing.removeprefix(_AREA) for thing in named if thing.startswith(_AREA)}
    entities = [
        Exposed(state, placed)
        for placed in known.placed
        if (placed.entity_id in named or (placed.area and placed.area.id in areas))
        and is_there(placed.entity_id)
        and in_lines(placed.aliases)
        and (state := hass.states.get(placed.entity_id))
    ]
    by_name = [entity for entity in entities if entity.entity_id in named]
    in_area = [entity for entity in entities if entity.area_id in areas]
    chosen = [entity for entity in by_name if entity.area_id in areas] or by_name
    chosen = sorted(
        chosen or in_area,
        key=lambda entity: (entity.area_id != area_id, entity.entity_id),
    )
    del chosen[MAX_MENTIONED:]
    if any(_has_words(entity.state) for entity in chosen):
        hear()
    return [describe(hass, entity, names_of(hass, entity)[0]) for entity in chosen]


def _has_words(state: State) -> bool:
    """Return whether others may have written some of it: a title, a message."""
    return any(state.attributes.get(name) for name in _TITLES) or (
        state.domain in _TEXTS and len(state.state.split()) > 1
    )


def _things(hass: HomeAssistant, known: Known) -> Mapping[str, set[str]]:
    """Return the entities and areas of the home by each of their names."""
    if kept := known.kept.get(_AREA):
        return cast("Mapping[str, set[str]]", kept)
    names: dict[str, set[str]] = {}
    for placed in known.placed:
        for name in in_lines(placed.aliases):
            names.setdefault(_normal(name), set()).add(placed.entity_id)
    for area in ar.async_get(hass).async_list_areas():
        for name in (area.name, *area.aliases):
            names.setdefault(_normal(name), set()).add(f"{_AREA}{area.id}")
    names.pop("", None)
    known.kept[_AREA] = names
    return names


@lru_cache(maxsize=4096)
def _normal(text: str) -> str:
    return one_line(text.casefold().replace("\u2019", "'"))


def _mentions(text: str, names: Mapping[str, frozenset[str]]) -> Iterator[_Mention]:
    """Yield what is named; in "kitchen lights", a lamp of that name, not the kitchen."""
    found = [
        _Mention(match.start(), match.end(), things)
        for name, things in names.items()
        for match in re.finditer(_pattern(name), text)
    ]
    taken: list[_Mention] = []
    for mention in sorted(found, key=lambda m: (m.start - m.end, m.start)):
        if all(mention.end <= t.start or t.end <= mention.start for t in taken):
            taken.append(mention)
            yield mention


def _pattern(name: str) -> str:
    if UNSPACED.search(name):
        return re.escape(name)
    return rf"(?<!\w){re.escape(name)}(?!\w)"


@callback
def describe(hass: HomeAssistant, entity: Exposed, name: str) -> str:
    """Return the entity and its state: ``Garage Door (cover garage, Garage): open``."""
    state = entity.state
    kind = " ".join(
        filter(None, (state.domain, str(state.attributes.get("device_class") or "")))
    )
    where = f", {one_line(entity.area.name)}" if entity.area else ""
    facts = ", ".join([_state_text(hass, state), *_attributes(state)])
    return f"{name} ({kind}{where}): {facts}"


def _state_text(hass: HomeAssistant, state: State) -> str:
    text = state_in_words(hass, state)
    if state.domain == SENSOR_DOMAIN:
        text = async_rounded_state(hass, state.entity_id, state)
    if state.attributes.get("device_class") == SensorDeviceClass.TIMESTAMP and (
        time := dt_util.parse_datetime(text)
    ):
        text = dt_util.as_local(time).isoformat()
    unit = state.attributes.get("unit_of_measurement")
    return one_line(f"{text} {unit}" if unit else text)


def _attributes(state: State) -> Iterator[str]:
    brightness = state.attributes.get("brightness")
    if isinstance(brightness, int | float):
        # 0 to 255 in the state, a percentage in every tool.
        yield f"brightness {max(round(brightness / 255 * 100), int(brightness > 0))}%"
    for name, words in ATTRIBUTES.items():
        if (value := state.attributes.get(name)) is not None:
            yield words.format(one_line(_plain(value)))


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
