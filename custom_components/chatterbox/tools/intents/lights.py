"""A light takes a color or a color temperature; small models give both."""

from collections.abc import Mapping
import re
from typing import Any, Final

from ..calls import ToolError
from ..instructions import WITH_ONE
from .things import words_of

LIGHT_SET: Final = "HassLightSet"
_LOWEST_KELVIN: Final = 1000
"""Lower is no color temperature but a parameter that was filled in."""
_NO_COLORS: Final = frozenset({"on", "off"})
_WHITES: Final = re.compile(r"\s*(?:warm|cool|cold|soft|day|bright|pure)?\s*white\s*")


def one_light(args: Mapping[str, Any], sentence: str) -> dict[str, Any]:
    """Return the arguments of `HassLightSet` with a color or a temperature.

    A white with a temperature is that temperature. Of others the one stays that the
    sentence names. Raises ToolError where it may be either.
    """
    left = dict(args)
    if str(left.get("color")).casefold() in _NO_COLORS and "brightness" in left:
        del left["color"]
    color, kelvin = left.get("color"), left.get("temperature")
    if isinstance(kelvin, int | float) and kelvin < _LOWEST_KELVIN:
        # Alone it goes to Home Assistant, which says what it takes.
        if left.keys() & {"color", "brightness"}:
            del left["temperature"]
        return left
    if color is None or kelvin is None:
        return left
    named = set(words_of(sentence))
    if _WHITES.fullmatch(str(color).casefold()):
        del left["color"]
    elif set(words_of(str(color))) <= named and str(kelvin) not in named:
        del left["temperature"]
    elif str(kelvin) in named and not set(words_of(str(color))) & named:
        del left["color"]
    else:
        raise ToolError(
            "A light has a color or a temperature, not both. Nothing was done."
            f" {WITH_ONE.format(color=color, kelvin=kelvin)}"
        )
    return left
