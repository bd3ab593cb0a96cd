"""What a call does, by the entities that it is for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from homeassistant.core import (
    DOMAIN as HOMEASSISTANT_DOMAIN,
    HomeAssistant,
    split_entity_id,
)

from ..exposure.danger import Effect
from .effects import TURNS
from .wrapped import members

type Effects = frozenset[Effect]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEffects:
    """What a call does, as far as that can be told before it runs."""

    by_target: Mapping[str, Effects] = field(default_factory=dict)
    """All that comes of each entity that the call is for."""
    others: Effects = frozenset()
    """What it does besides."""
    named: bool = True
    """Whether each target is named, not found by its place or its kind."""
    unreached: frozenset[str] = frozenset()
    """Targets for which the service does nothing."""
    destructive: bool = False
    """The tool says of itself that it destroys."""
    always_ask: bool = False
    refusal: str | None = None
    """Why it must not run at all, in words for the model."""

    @property
    def all(self) -> Effects:
        """Return all effects."""
        return self.others.union(*self.by_target.values())


NOTHING: Final = CallEffects()


def is_reached(hass: HomeAssistant, action: str, entity_id: str) -> bool:
    """Return whether an action does anything to an entity that may lack the service."""
    domain, _, service = action.partition(".")
    if domain != HOMEASSISTANT_DOMAIN or service not in TURNS:
        return True
    inside = [entity_id]
    if split_entity_id(entity_id)[0] == "group":
        inside += members(hass, entity_id)
    return any(
        hass.services.has_service(split_entity_id(each)[0], service) for each in inside
    )
