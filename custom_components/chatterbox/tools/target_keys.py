"""The keys by which a target names entities: Home Assistant's, and a model's."""

from collections.abc import Mapping
from typing import Final

from homeassistant.const import (
    ATTR_AREA_ID,
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    ATTR_FLOOR_ID,
    ATTR_LABEL_ID,
)

OFFERED_KEYS: Final = ("name", "area", "floor", "device_class", "entity_id")
TARGET_KEYS: Final = (*OFFERED_KEYS, "device", "domain", "label")
SELECTION_KEYS: Final[Mapping[str, str]] = {
    ATTR_ENTITY_ID: "entity_id",
    ATTR_AREA_ID: "area",
    ATTR_DEVICE_ID: "device",
    ATTR_FLOOR_ID: "floor",
    ATTR_LABEL_ID: "label",
}
"""Home Assistant's own keys of a target, each to the one above that means the same."""
ALIASES: Final[Mapping[str, str]] = {
    **{key: key for key in TARGET_KEYS},
    **SELECTION_KEYS,
    "entity": "entity_id",
}
