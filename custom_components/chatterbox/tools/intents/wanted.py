"""What a model named in an intent's arguments, read as it stands there."""

from collections.abc import Mapping
from dataclasses import dataclass
import re
from typing import Any, Final

from ..number_words import with_digits
from .matching import floor_of_heading

_EVERYTHING: Final = "all"
_NUMBER = re.compile(
    r"\s*(-?\d+(?:[.,]\d+)?)\s*(?:%|percent|degrees|°\s*[CF]?)?\s*", re.I
)
_NUMBERS: Final = frozenset(
    {"brightness", "position", "temperature", "humidity", "percentage", "volume_level"}
    | {"volume_step", "hours", "minutes", "seconds"}
)
BLANK: Final[tuple[Any, ...]] = ("", [], {}, None)


def number_in(key: str, value: Any) -> Any:
    """Return the number in a text such as "30%" or "thirty", else the value."""
    if (
        key in _NUMBERS
        and isinstance(value, str)
        and (match := _NUMBER.fullmatch(with_digits(value)))
    ):
        number = float(match[1].replace(",", "."))
        return int(number) if number.is_integer() else number
    return value


@dataclass(frozen=True, slots=True)
class Wanted:
    """The targets as the model named them."""

    name: str | None
    area: str | None
    floor: str | None
    domains: tuple[str, ...]
    classes: tuple[str, ...]

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Wanted:
        """Read them from the arguments."""
        name = _text(given.get("name"))
        area, floor = _text(given.get("area")), _text(given.get("floor"))
        if area and not floor:
            floor = floor_of_heading(area)
        others = (area, floor, given.get("domain"), given.get("device_class"))
        if name and name.casefold() == _EVERYTHING and any(others):
            name = None
        return cls(
            name,
            area,
            floor,
            tuple(_texts(given.get("domain"))),
            tuple(_texts(given.get("device_class"))),
        )


def _text(value: Any) -> str | None:
    return None if value in BLANK else str(value).strip()


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [text.casefold() for item in values if (text := _text(item))]
