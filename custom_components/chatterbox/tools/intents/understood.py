"""What a model meant by the arguments of a tool of Home Assistant's."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import llm

from ..calls import ToolError
from ..exposure.danger import Additions
from ..naming import handler_of
from .arguments import understand
from .matching import by_place_name
from .things import Things, exposed_things
from .wanted import BLANK, Wanted

LIVE_CONTEXT: Final = "homeassistant__GetLiveContext"
_FILTERS: Final = ("name", "area", "domain")
"""What the live context takes; anything else would be an error."""


@callback
def understood(
    hass: HomeAssistant,
    tool: llm.Tool,
    args: dict[str, Any],
    assistant: str,
    sentence: str,
    additions: Additions,
) -> dict[str, Any]:
    """Return the arguments as the tool takes them. Raises ToolError."""
    if isinstance(tool, llm.IntentTool) and (handler := handler_of(hass, tool)):
        return understand(hass, handler, args, assistant, sentence, additions)
    if tool.name == LIVE_CONTEXT and not args.keys() <= set(_FILTERS):
        return _filters(args, exposed_things(hass, assistant))
    return args


def _filters(args: Mapping[str, Any], things: Things) -> dict[str, Any]:
    """Return what the live context filters by.

    A floor of one area is that area. One of several is left out, as is all that the
    tool does not know: more is read then, and each thing says where it is.
    """
    filters = {
        key: value
        for key, value in args.items()
        if key in _FILTERS and value not in BLANK
    }
    floor = Wanted.of(args).floor
    if floor is None or not filters.keys().isdisjoint(("name", "area")):
        return filters
    if area := by_place_name(floor, things.areas):
        return filters | {"area": area.name}
    if (on := by_place_name(floor, things.floors)) is None:
        names = ", ".join(place.name for place in things.floors)
        known = f" There is: {names}." if names else " This home has no floors."
        raise ToolError(f'There is no floor "{floor}".{known}')
    areas = [area for area in things.areas if area.floor_id == on.id]
    return filters | {"area": areas[0].name} if len(areas) == 1 else filters
