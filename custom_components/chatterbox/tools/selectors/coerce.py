"""Mend an argument that has one meaning, refuse others with a ValueError."""

from collections.abc import Iterable
from difflib import get_close_matches
import json
import math
import re
from typing import Any, Final

from homeassistant.util import color as color_util, dt as dt_util

from ..number_words import with_digits

_TRUE: Final = frozenset({"true", "on", "yes", "1"})
_FALSE: Final = frozenset({"false", "off", "no", "0"})
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3},\d{3}")
_NUMBER: Final = re.compile(r"([+-]?\d+(?:[.,]\d+)?)\s*(.*)", re.DOTALL)
_CLOCK: Final = re.compile(r"(\d+):([0-5]?\d)(?::([0-5]?\d(?:\.\d+)?))?")
_DURATION_PARTS: Final = ("days", "hours", "minutes", "seconds", "milliseconds")


def shown(value: Any) -> str:
    """Return the value as JSON of at most 80 characters, for a message."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:77]}…"


def as_list(value: Any) -> list[Any]:
    """Return one value as a list of one, and a JSON list in a string as a list."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = from_json(value)
    return list(value) if isinstance(value, list | tuple | set) else [value]


def from_json(value: Any) -> Any:
    """Return what a string of a JSON object or list says, else the value."""
    if isinstance(value, str) and value.strip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError, RecursionError:
            return value
    return value


def as_text(value: Any) -> str:
    """Return a text; a number is written out, a list of one is unpacked."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"{shown(value)} is not text")


def as_boolean(value: Any) -> bool:
    """Return a truth value: true, "on", "yes", 1 and their opposites."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(f"{shown(value)} is neither true nor false")


def as_number(
    value: Any, low: float | None, high: float | None, unit: str | None = None
) -> float:
    """Return a number within its bounds; a percentage is a share of 0 to 1."""
    number = _number_of(value, low, high, unit)
    if not math.isfinite(number):
        raise ValueError(f"{shown(value)} is not a number")
    if (low is not None and number < low) or (high is not None and number > high):
        raise ValueError(f"{shown(value)} is out of range: {_range(low, high, unit)}")
    return int(number) if number == int(number) else number


def _number_of(
    value: Any, low: float | None, high: float | None, unit: str | None
) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError as err:
            raise ValueError(f"{shown(value)} is too large") from err
    text = with_digits(value).strip() if isinstance(value, str) else ""
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise ValueError(f"{shown(value)} is not a number")
    if _THOUSANDS.fullmatch(found[1]):
        # A thousand to some, one to others.
        raise ValueError(f"{shown(value)} is ambiguous: write it without a comma")
    number, suffix = float(found[1].replace(",", ".")), found[2].strip()
    if not suffix or suffix.casefold() == (unit or "").casefold():
        return number
    if suffix == "%" and unit is None:
        return number / 100 if (low, high) == (0, 1) else number
    if unit and suffix.lstrip("°").casefold() == unit.lstrip("°").casefold():
        return number
    raise ValueError(
        f"{shown(value)} is not in {unit}"
        if unit
        else f"{shown(value)} is not a plain number"
    )


def _range(low: float | None, high: float | None, unit: str | None) -> str:
    words = [f"{bound:g}" for bound in (low, high) if bound is not None]
    if len(words) == 2:
        text = f"{words[0]} to {words[1]}"
    else:
        text = f"at least {words[0]}" if low is not None else f"at most {words[0]}"
    return f"{text} {unit}" if unit else text


def as_option(value: Any, options: Iterable[tuple[Any, str]]) -> Any:
    """Return the (value, label) that is meant, whatever the case and the hyphens."""
    pairs = list(options)
    for option, _ in pairs:
        if option == value and isinstance(option, bool) == isinstance(value, bool):
            return option
    wanted = _plain(value)
    found = {str(o): o for o, label in pairs if wanted in (_plain(o), _plain(label))}
    if len(found) == 1:
        return next(iter(found.values()))
    names = [str(option) for option, _ in pairs]
    close = get_close_matches(str(value), names, n=len(names), cutoff=0.0)
    listed = close[:30] if len(names) > 30 else names
    raise ValueError(f"{shown(value)} is not one of: {', '.join(listed)}")


def _plain(value: Any) -> str:
    return re.sub(r"[\s_-]+", "_", str(value).strip().casefold())


def as_date(value: Any) -> str:
    """Return YYYY-MM-DD; the time of a date and time is left out."""
    if isinstance(value, str):
        text = value.strip()
        if date := dt_util.parse_date(text):
            return date.isoformat()
        if moment := dt_util.parse_datetime(text):
            return moment.date().isoformat()
    raise ValueError(f"{shown(value)} is not a date (YYYY-MM-DD)")


def as_datetime(value: Any) -> str:
    """Return a date and time; a date alone is its midnight."""
    if isinstance(value, str):
        text = value.strip()
        if moment := dt_util.parse_datetime(text):
            return moment.isoformat(sep=" ")
        if date := dt_util.parse_date(text):
            return f"{date.isoformat()} 00:00:00"
    raise ValueError(f"{shown(value)} is not a date and time (YYYY-MM-DD HH:MM:SS)")


def as_time(value: Any) -> str:
    """Return HH:MM:SS of a time of day."""
    if isinstance(value, str) and (time := dt_util.parse_time(value.strip())):
        return time.isoformat(timespec="seconds")
    raise ValueError(f"{shown(value)} is not a time of day (HH:MM or HH:MM:SS)")


def as_duration(
    value: Any, longest: float, *, negative: bool = False
) -> dict[str, float]:
    """Return a duration's parts; a plain number is seconds, "1:30:00" hours first."""
    parts = _duration_parts(from_json(value))
    if parts is None:
        raise ValueError(
            f"{shown(value)} is not a duration (hours, minutes and seconds)"
        )
    unknown = set(parts) - set(_DURATION_PARTS)
    if unknown or not parts:
        raise ValueError(f"a duration is made of {', '.join(_DURATION_PARTS[:4])}")
    low = -longest if negative else 0
    return {name: as_number(parts[name], low, longest) for name in parts}


def _duration_parts(value: Any) -> dict[str, Any] | None:
    if isinstance(value, dict):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"seconds": value}
    if not isinstance(value, str):
        return None
    if found := _CLOCK.fullmatch(value.strip()):
        hours, minutes, seconds = found.groups(default="0")
        return {"hours": int(hours), "minutes": int(minutes), "seconds": float(seconds)}
    return _iso_duration(value.strip())


def _iso_duration(text: str) -> dict[str, Any] | None:
    try:
        parsed = dt_util.parse_duration(text) if text.startswith("P") else None
    except OverflowError:
        return None
    return None if parsed is None else {"seconds": parsed.total_seconds()}


def as_rgb(value: Any) -> list[int]:
    """Return red, green and blue from 0 to 255; a name or #rrggbb is looked up."""
    value = from_json(value)
    if isinstance(value, dict):
        value = [value.get(part) for part in ("r", "g", "b")]
    if isinstance(value, str):
        if re.fullmatch("#?[0-9a-fA-F]{6}", value.strip()):
            return color_util.rgb_hex_to_rgb_list(value.strip().lstrip("#"))
        try:
            return list(color_util.color_name_to_rgb(value))
        except ValueError:
            value = value.split(",")
    if isinstance(value, list | tuple) and len(value) == 3:
        return [int(as_number(part, 0, 255)) for part in value]
    raise ValueError(f"{shown(value)} is not a colour ([red, green, blue], 0 to 255)")
