"""The parameters that name what a service acts on."""

from collections.abc import Collection, Mapping
from typing import Final

from .selector_kinds import JsonSchema
from .targets import Exposed

_DESCRIPTIONS: Final[Mapping[str, str]] = {
    "name": "Names of what to act on",
    "area": "Areas it is in",
    "floor": "Floors it is on",
    "device_class": "Kinds of device it is",
    "entity_id": "Ids of what to act on",
}


def target_schema(
    exposed: list[Exposed] | None, taken: Collection[str]
) -> dict[str, JsonSchema]:
    """Return the parameters of a target: parameter name to schema.

    What can tell nothing exposed apart is left out: no ``floor`` where there are no
    floors. A name that a field of the service has taken gets ``target_`` before it.
    """
    return {
        f"target_{key}" if key in taken else key: {
            "description": description,
            "type": "array",
            "items": {"type": "string"},
        }
        for key, description in _DESCRIPTIONS.items()
        if exposed is None or _tells_apart(key, exposed)
    }


def _tells_apart(key: str, exposed: list[Exposed]) -> bool:
    if key == "area":
        return any(item.area for item in exposed)
    if key == "floor":
        return any(item.area and item.area.floor_id for item in exposed)
    if key == "device_class":
        return any(item.device_class for item in exposed)
    return True
