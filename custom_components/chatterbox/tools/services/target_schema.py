"""The parameters that name what a service acts on."""

from collections.abc import Collection
from typing import Final

from ..exposure.exposed import Exposed
from ..selectors.kinds import JsonSchema
from ..target_keys import OFFERED_KEYS

_DESCRIPTION: Final = "What to act on; what follows narrows it down or stands alone"
"""Said once, of the first: each word goes to the model with every action."""


def target_schema(
    exposed: list[Exposed] | None, taken: Collection[str]
) -> dict[str, JsonSchema]:
    """Return the parameters of a target that tell something exposed apart."""
    return {
        f"target_{key}" if key in taken else key: {
            **({"description": _DESCRIPTION} if key == OFFERED_KEYS[0] else {}),
            "type": "array",
            "items": {"type": "string"},
        }
        for key in OFFERED_KEYS
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
