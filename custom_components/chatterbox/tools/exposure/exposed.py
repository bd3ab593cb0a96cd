"""What is exposed to Assist: where it is, and how it is listed to a model."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.entity import get_supported_features
from homeassistant.helpers.translation import async_translate_state

from ..template_marks import unmarked
from .entity_filter import FeaturesOf, TargetFilter
from .known import Placed, async_get_exposed

_LISTED: Final = 25
"""Entities that a message lists at most."""
_ANY: Final = TargetFilter()


@dataclass(frozen=True, slots=True)
class Exposed:
    """An exposed entity, and where it is."""

    state: State
    placed: Placed

    @property
    def entry(self) -> er.RegistryEntry | None:
        """Return what the registry has of it."""
        return self.placed.entry

    @property
    def device(self) -> dr.AnyDeviceEntry | None:
        """Return its device."""
        return self.placed.device

    @property
    def area(self) -> ar.AreaEntry | None:
        """Return the area that it, or else its device, is in."""
        return self.placed.area

    @property
    def entity_id(self) -> str:
        """Return the entity's id."""
        return self.state.entity_id

    @property
    def device_class(self) -> str | None:
        """Return the device class that a person or the integration gave it."""
        own = self.entry.device_class if self.entry else None
        return own or self.state.attributes.get("device_class")

    @property
    def area_id(self) -> str | None:
        """Return the id of the area that it, or else its device, is in."""
        return self.area.id if self.area else None


def is_exposed(hass: HomeAssistant, assistant: str, entity_id: str) -> bool:
    """Return whether there is such an entity and it is exposed to the assistant."""
    return hass.states.get(entity_id) is not None and async_should_expose(
        hass, assistant, entity_id
    )


def exposed_entities(
    hass: HomeAssistant,
    assistant: str,
    wanted: TargetFilter = _ANY,
    features_of: FeaturesOf = get_supported_features,
) -> list[Exposed]:
    """Return the exposed entities that a filter lets through, by entity id."""
    found = []
    domains = wanted.domains
    for placed in async_get_exposed(hass, assistant).placed:
        if (state := hass.states.get(placed.entity_id)) is None:
            continue
        if domains and state.domain not in domains:
            continue
        if wanted is _ANY or wanted.matches(hass, state, placed.device, features_of):
            found.append(Exposed(state, placed))
    return found


@callback
def names_of(hass: HomeAssistant, exposed: Exposed) -> tuple[str, ...]:
    """Return the name and the aliases, as the user ordered them."""
    return in_lines(exposed.placed.aliases)


@lru_cache(maxsize=4096)
def in_lines(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names that are any, each without line breaks."""
    return tuple(filter(None, map(one_line, names)))


@callback
def state_in_words(hass: HomeAssistant, state: State) -> str:
    """Return the state as people call it: a window is ``open``, where it is ``on``."""
    device_class = state.attributes.get("device_class")
    if state.domain != Platform.BINARY_SENSOR or not device_class:
        return state.state
    words = async_translate_state(
        hass, state.state, state.domain, None, None, device_class
    )
    return words.casefold()


def one_line(name: str) -> str:
    """Return the name without line breaks: it must not look like another line or speaker."""
    return unmarked(" ".join(name.split()))


def listing(pool: Sequence[Exposed], wanted: str = "") -> str:
    """Return a sentence that lists entities, those with the closest names first."""
    by_name: dict[str, list[Exposed]] = {}
    for exposed in pool:
        by_name.setdefault(exposed.state.name, []).append(exposed)
    names = get_close_matches(wanted, list(by_name), n=_LISTED, cutoff=0.4)
    names += [name for name in by_name if name not in names]
    listed = [exposed for name in names for exposed in by_name[name]]
    words = [
        f'"{e.state.name}" ({", ".join([e.entity_id] + ([e.area.name] if e.area else []))})'
        for e in listed[:_LISTED]
    ]
    if (more := len(listed) - _LISTED) > 0:
        words.append(f"{more} more")
    return f"There is: {', '.join(words)}."
