"""Arguments of an intent, brought to the one meaning that they have.

A small model copies headings, fills every parameter and mistypes names. What can mean
several things, or none, is an error that says which there are.
"""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import intent

from ..exposure.danger import Additions
from .lights import LIGHT_SET, one_light
from .search import Search
from .things import exposed_things
from .wanted import BLANK, Wanted, number_in

TARGET: Final = ("name", "area", "floor", "domain", "device_class")
"""The slots by which an intent finds its targets."""
_NONE: Final = Additions()


@callback
def understand(
    hass: HomeAssistant,
    handler: intent.IntentHandler,
    args: Mapping[str, Any],
    assistant: str,
    sentence: str,
    additions: Additions = _NONE,
) -> dict[str, Any]:
    """Return the arguments as the intent takes them. Raises ToolError.

    A place in the `sentence` is kept; what is dangerous, by the user's `additions` too,
    has to be named exactly.
    """
    given = {
        key: number_in(key, value) for key, value in args.items() if value not in BLANK
    }
    if not has_targets(handler):
        return given
    wanted = Wanted.of(given)
    rest = {key: value for key, value in given.items() if key not in TARGET}
    if handler.intent_type == LIGHT_SET:
        rest = one_light(rest, sentence)
    things = exposed_things(hass, assistant)
    search = Search(hass, handler, things, wanted, sentence, additions)
    return search.targets() | rest


def has_targets(handler: intent.IntentHandler) -> bool:
    """Return whether name and area of an intent are there to find what it is for."""
    if isinstance(handler, intent.DynamicServiceIntentHandler):
        return True
    keys = {str(key): key for key in handler.slot_schema or {}}
    return {"name", "area"} <= keys.keys() and not any(
        getattr(keys[name], "required", False)
        or type(keys[name]).__name__ == "Required"
        for name in ("name", "area")
    )
