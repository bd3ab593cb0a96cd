"""Whatever a tool returned, as JSON."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum
import math
from types import NoneType
from typing import Any, Final

_MAX_DEPTH: Final = 32
"""Levels; no model reads deeper, and JSON writers give up at some 250."""
_MAX_ITEMS: Final = 20_000
"""Values in all."""
_MAX_INT: Final = 2**63 - 1

_TOO_DEEP: Final = "… (nested too deeply)"
_TOO_MANY: Final = "… (too large)"


def json_safe(value: Any) -> Any:
    """Return a copy with nothing in it that JSON has no form for. Raises nothing.

    Times are ISO 8601, durations seconds, sets sorted lists, bytes their length,
    numbers that are not finite null. What is too deep or too much is cut, with a note.
    """
    return _Plain().of(value, 0)


class _Plain:
    def __init__(self) -> None:
        self._items = 0

    def of(self, value: Any, depth: int) -> Any:
        self._items += 1
        if depth > _MAX_DEPTH:
            return _TOO_DEEP
        if self._items > _MAX_ITEMS:
            return _TOO_MANY
        try:
            for types, convert in _CONVERSIONS:
                if isinstance(value, types):
                    return convert(self, value, depth)
            if callable(as_dict := getattr(value, "as_dict", None)):
                return self.of(as_dict(), depth + 1)
            return _text(str(value))
        except Exception:
            # It is anybody's object, whose every method may fail.
            return f"… ({type(value).__name__})"

    def _key(self, key: Any) -> str:
        key = self.of(key, _MAX_DEPTH)
        return key if isinstance(key, str) else str(key)

    def mapping(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for key in value:
            if self._items > _MAX_ITEMS:
                plain["…"] = _TOO_MANY
                break
            plain[self._key(key)] = self.of(value[key], depth + 1)
        return plain

    def items(self, value: Any, depth: int) -> list[Any]:
        plain: list[Any] = []
        for item in value:
            plain.append(self.of(item, depth + 1))
            if self._items > _MAX_ITEMS:
                break
        return plain


def _text(text: str) -> str:
    return text.encode(errors="replace").decode()


type _Conversion = tuple[Any, Callable[[_Plain, Any, int], Any]]

_CONVERSIONS: Final[tuple[_Conversion, ...]] = (
    (Enum, lambda plain, value, depth: plain.of(value.value, depth)),
    (str, lambda _, value, __: _text(value)),
    (NoneType | bool, lambda _, value, __: value),
    (
        int,
        lambda _, value, __: int(value) if abs(value) <= _MAX_INT else str(value),
    ),
    (float, lambda _, value, __: float(value) if math.isfinite(value) else None),
    (datetime | date | time, lambda _, value, __: value.isoformat()),
    (timedelta, lambda _, value, __: value.total_seconds()),
    (Mapping, _Plain.mapping),
    (
        set | frozenset,
        lambda plain, value, depth: sorted(plain.items(value, depth), key=str),
    ),
    (list | tuple, _Plain.items),
    (bytes | bytearray, lambda _, value, __: f"{len(value)} bytes"),
)
