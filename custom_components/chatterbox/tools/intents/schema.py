"""What a model is told of an intent's parameters: what this home can use of them."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent, llm

from .abilities import can_act
from .arguments import has_targets
from .things import Things

DESCRIPTIONS: Final[Mapping[str, str]] = {
    "homeassistant__GetLiveContext": (
        "Reads the present state of devices and sensors: of all, or of those of a name,"
        " an area or a domain."
    ),
    "calendar__get_events": (
        "Reads a calendar's events. For whether something happens, take the whole week."
        " `end` is exclusive."
    ),
    "todo__get_items": "Reads the items of a to-do list, those to be done if not told.",
    "intent__HassTurnOn": "Turns on, opens, starts or presses; locks a lock.",
    "intent__HassTurnOff": "Turns off or closes; unlocks a lock.",
}
"""In place of Home Assistant's own, which repeat what the instructions say."""
PARAMETERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "homeassistant__GetLiveContext": {
        "name": {"type": "string"},
        "area": {"type": "string"},
        "domain": {"type": "string"},
    },
}
"""In place of Home Assistant's own, which allow what no model needs."""
_FILLED_IN: Final = frozenset({"is_volume_muted"})
"""Slots that Home Assistant's handlers set, whatever was given."""
_BY_NAME_ALONE: Final = ("domain", "device_class")
"""Left out where an intent is for one domain: a kind of it is called by its name."""
_SAID_ELSEWHERE: Final = ("description", "default")
"""What tells nothing beside a parameter's name, and its range or choices."""


def described(tool: llm.Tool) -> str:
    """Return what a model is told of what a tool does."""
    return DESCRIPTIONS.get(tool.name, tool.description or "")


def trimmed(
    hass: HomeAssistant, tool: llm.Tool, schema: Mapping[str, Any], things: Things
) -> dict[str, Any]:
    """Return a tool's JSON Schema without what tells nothing apart in this home."""
    properties: Mapping[str, Any] = PARAMETERS.get(
        tool.name, schema.get("properties") or {}
    )
    if isinstance(tool, llm.IntentTool):
        for handler in intent.async_get(hass):
            if handler.intent_type == tool.intent_type and has_targets(handler):
                properties = _of_home(hass, handler, properties, things)
    rest = {
        key: value
        for key, value in schema.items()
        if key not in ("properties", "additionalProperties")
    }
    if isinstance(tool, llm.IntentTool) or tool.name in DESCRIPTIONS:
        properties = {
            key: _brief(value)
            for key, value in properties.items()
            if key not in _FILLED_IN
        }
    return {**rest, "properties": properties}


def _brief(parameter: Any) -> Any:
    if not isinstance(parameter, dict) or not (
        "enum" in parameter or {"minimum", "maximum"} <= parameter.keys()
    ):
        return parameter
    return {k: value for k, value in parameter.items() if k not in _SAID_ELSEWHERE}


def _of_home(
    hass: HomeAssistant,
    handler: intent.IntentHandler,
    properties: Mapping[str, Any],
    things: Things,
) -> dict[str, Any]:
    """Return the parameters that tell something apart in this home."""
    left = dict(properties)
    if len(things.floors) < 2:
        left.pop("floor", None)
    if len(getattr(handler, "required_domains", None) or ()) == 1:
        for key in _BY_NAME_ALONE:
            left.pop(key, None)
    if "domain" in left:
        left["domain"] = {"type": "string"}
    classes: dict[str, set[str]] = {}
    for thing in things.all:
        if can_act(hass, handler, thing):
            classes.setdefault(thing.domain, set()).add(thing.device_class or "")
    # Things of one domain and several classes; a domain is told apart by itself.
    known = set().union(*(kinds for kinds in classes.values() if len(kinds) > 1))
    if not known:
        left.pop("device_class", None)
    elif "device_class" in left:
        left["device_class"] = {"type": "string", "enum": sorted(known - {""})}
    return left
