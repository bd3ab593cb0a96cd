"""Times in a call's arguments, kept as days and hours from the moment of the call."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
import re
from typing import Any, Final

_MARK: Final = "\x00"
"""Begins what stands for a time, as nothing that a model writes does."""
_DAYS: Final = range(9)
"""From today to the end of the next seven days, which is the day after them."""
_NEAR: Final = timedelta(minutes=2)
"""How far from now a model's "now" may be: it is told the minute."""
_FORMS: Final = (
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S%:z",
    "%Y-%m-%d %H:%M:%S%:z",
    "%Y-%m-%dT%H:%M:%SZ",
)
_ANCHORS: Final = {
    "day": time(0, 0),
    "end": time(23, 59, 59),
    "last": time(23, 59),
}
_TIME: Final = re.compile(r"\d{4}-\d{1,2}|\d{1,2}:\d{2}|\d{1,2}[./]\d{1,2}[./]")


def relative(args: Any, now: datetime) -> Any:
    """Return arguments with times told from `now`. Raises ValueError past a week."""
    return _mapped(args, lambda text: _relative(text, now))


def absolute(args: Any, now: datetime) -> Any:
    """Return arguments as they are at another moment. Raises ValueError."""
    return _mapped(args, lambda text: _absolute(text, now))


def _mapped(value: Any, text: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {key: _mapped(inner, text) for key, inner in value.items()}
    if isinstance(value, list):
        return [_mapped(inner, text) for inner in value]
    return value


def _relative(text: str, now: datetime) -> str:
    if _MARK in text:
        raise ValueError("no text that a model writes")
    if not _TIME.search(text):
        return text
    for form in _FORMS:
        if said := _parsed(text, form, now):
            for name, days, moment in _moments(now):
                near = _NEAR if name == "now" else timedelta()
                if abs(said - moment) <= near:
                    return f"{_MARK}{name} {days} {form}"
            break
    raise ValueError("a time that will not come again")


def _parsed(text: str, form: str, now: datetime) -> datetime | None:
    try:
        said = datetime.strptime(text, form.replace("%:z", "%z"))
    except ValueError:
        return None
    said = said if said.tzinfo else said.replace(tzinfo=_zone(form, now))
    return said if _told(said, form, now) == text else None


def _zone(form: str, now: datetime) -> tzinfo | None:
    return UTC if form.endswith("Z") else now.tzinfo


def _moments(now: datetime) -> Iterator[tuple[str, int, datetime]]:
    for days in _DAYS:
        day = now.date() + timedelta(days=days)
        for name, at in _ANCHORS.items():
            yield name, days, datetime.combine(day, at, now.tzinfo)
        yield "now", days, now + timedelta(days=days)


def _absolute(text: str, now: datetime) -> str:
    if not text.startswith(_MARK):
        return text
    name, days, form = text.removeprefix(_MARK).split(" ", 2)
    if form not in _FORMS or int(days) not in _DAYS:
        raise ValueError("no time that was learnt")
    for known, ahead, moment in _moments(now):
        if (known, ahead) == (name, int(days)):
            return _told(moment, form, now)
    raise ValueError("no time that was learnt")


def _told(moment: datetime, form: str, now: datetime) -> str:
    return moment.astimezone(_zone(form, now)).strftime(form)
