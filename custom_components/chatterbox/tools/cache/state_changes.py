"""What in a state changes no answer."""

from collections.abc import Mapping
import hashlib
import json
from typing import Final

from homeassistant.core import State

TICKING_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "camera": frozenset({"access_token", "entity_picture"}),
    "image": frozenset({"access_token", "entity_picture"}),
    "media_player": frozenset(
        {
            "entity_picture",
            "entity_picture_local",
            "media_position",
            "media_position_updated_at",
        }
    ),
    "sun": frozenset({"azimuth", "elevation"}),
    "update": frozenset({"update_percentage"}),
}
"""Attributes that move on by themselves or are renewed; they change no answer."""

_NONE: Final[frozenset[str]] = frozenset()


def merely_ticks(old: State, new: State) -> bool:
    """Return whether nothing changed but attributes that move on by themselves."""
    if old.state != new.state or old.attributes == new.attributes:
        return False
    ticking = TICKING_ATTRIBUTES.get(new.domain, _NONE)
    return all(
        name in ticking or old.attributes.get(name) == new.attributes.get(name)
        for name in old.attributes.keys() | new.attributes.keys()
    )


def digest(state: State | None) -> str:
    """Return what two states have in common if they differ by ticks at most."""
    if state is None:
        return ""
    ticking = TICKING_ATTRIBUTES.get(state.domain, _NONE)
    lasting = {
        name: value for name, value in state.attributes.items() if name not in ticking
    }
    text = json.dumps([state.state, lasting], sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
