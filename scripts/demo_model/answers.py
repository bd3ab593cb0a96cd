"""Putting the results of tools into words, by the shape of their data."""

from collections.abc import Callable, Iterator
from datetime import datetime
import json
import re
from typing import Any

MOST = 5
"""Things that are told of one result; the rest is counted."""

_LIVE = re.compile(
    r"^- names: (?P<name>.+)\n  domain: (?P<domain>\w+)\n  state: (?P<state>.+)"
    r"(?P<more>(?:\n  +.+)*)",
    re.MULTILINE,
)
_DETAILS = {"temperature": "{} degrees", "brightness_pct": "{} percent"}


def error_in(result: Any) -> str | None:
    """Return the error that a result tells, None if it tells none."""
    if not isinstance(result, dict):
        return None
    if result.get("error"):
        return str(result["error"])
    data = result.get("data")
    failed = data.get("failed") if isinstance(data, dict) else None
    if failed:
        names = [str(item.get("name", item)) for item in failed]
        return f"{_join(names)} did not respond"
    return None


def describe(result: Any) -> str:
    """Return what a result says, in a sentence or two."""
    for telling in _TELLINGS:
        if text := telling(result):
            return text
    if isinstance(result, dict) and len(result) == 1:
        (only,) = result.values()
        if isinstance(only, str | int | float):
            return f"{only}".strip()
    return f"The answer is: {json.dumps(result, ensure_ascii=False)[:300]}."


def _forecast(result: Any) -> str:
    """Tell the first days of a forecast, as `weather.get_forecasts` gives it."""
    for item in _dicts(result):
        days = item.get("forecast")
        if isinstance(days, list) and days and isinstance(days[0], dict):
            told = [_forecast_day(day, _by_day(days)) for day in days[:2]]
            return f"The forecast: {'; '.join(told)}."
    return ""


def _by_day(days: list[dict[str, Any]]) -> bool:
    """Tell whether a forecast has one entry a day."""
    dates = [str(day.get("datetime", ""))[:10] for day in days]
    return len(set(dates)) == len(dates)


def _forecast_day(day: dict[str, Any], by_day: bool) -> str:
    when = _when(day.get("datetime"))
    when = when.partition(" at ")[0] if by_day else when
    words = [str(day.get("condition", "")).replace("partlycloudy", "partly cloudy")]
    if (high := day.get("temperature")) is not None:
        words.append(f"{_number(high)} degrees")
    if (low := day.get("templow")) is not None:
        words.append(f"at night {_number(low)}")
    return f"{when} {', '.join(filter(None, words))}".strip()


def _clock(result: Any) -> str:
    if isinstance(result, dict) and "time" in result and "date" in result:
        return f"It is {str(result['time'])[:5]} on {_day(str(result['date']))}."
    return ""


def _live_context(result: Any) -> str:
    """Tell states from Home Assistant's live context, which is a text like YAML."""
    text = result.get("result") if isinstance(result, dict) else None
    found = list(_LIVE.finditer(text)) if isinstance(text, str) else []
    told = []
    for entry in found[:MOST]:
        details = [
            words.format(value[1].strip("'\""))
            for key, words in _DETAILS.items()
            if (value := re.search(rf"\b{key}: (\S+)", entry["more"]))
        ]
        state = entry["state"].strip("'\"")
        told.append(f"{entry['name']} is {', '.join([state, *details])}")
    return f"{_join(told, len(found))}." if told else ""


def _events(result: Any) -> str:
    """Tell events, each with a summary and a start."""
    events = [i for i in _dicts(result) if "summary" in i and "start" in i]
    told = [f"{event['summary']}, {_when(event['start'])}" for event in events[:MOST]]
    return f"There is {_join(told, len(events))}." if told else ""


def _items(result: Any) -> str:
    """Tell the items of a list."""
    for found in _dicts(result):
        items = found.get("items")
        if isinstance(items, list):
            names = [str(i.get("summary", i)) for i in items if isinstance(i, dict)]
            if not names:
                return "The list is empty."
            return f"On the list: {_join(names[:MOST], len(names))}."
    return ""


def _timers(result: Any) -> str:
    for found in _dicts(result):
        if isinstance(timers := found.get("timers"), list):
            left = [_timer(timer) for timer in timers if isinstance(timer, dict)]
            if not left:
                return "No timer is running."
            return f"{_join(left[:MOST], len(left))} left."
    return ""


def _timer(timer: dict[str, Any]) -> str:
    parts = [
        f"{timer[f'rounded_{unit}_left']} {unit}"
        for unit in ("hours", "minutes", "seconds")
        if timer.get(f"rounded_{unit}_left")
    ]
    return " ".join(filter(None, [str(timer.get("name") or ""), *parts]))


def _speech(result: Any) -> str:
    """Return the sentence that an intent would have spoken."""
    for found in _dicts(result):
        if isinstance(text := found.get("speech"), str):
            return text
    return ""


def _nothing(result: Any) -> str:
    """Tell that there is nothing, where all lists in a result are empty."""
    lists = [
        v for found in _dicts(result) for v in found.values() if isinstance(v, list)
    ]
    return "There is nothing." if lists and not any(lists) else ""


_TELLINGS: tuple[Callable[[Any], str], ...] = (
    _forecast,
    _clock,
    _live_context,
    _items,
    _events,
    _timers,
    _speech,
    _nothing,
)


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a result, the outer before the inner."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _dicts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _dicts(inner)


def _when(value: Any) -> str:
    """Return a day, and the time if there is one."""
    if isinstance(value, dict):
        value = value.get("dateTime") or value.get("date")
    text = str(value or "")
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return text
    day = f"{when:%A}"
    return (
        day
        if len(text) <= 10 or (when.hour, when.minute) == (0, 0)
        else (f"{day} at {when:%H:%M}")
    )


def _day(text: str) -> str:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{when:%A}, {when.day} {when:%B}"


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _join(parts: list[str], total: int | None = None) -> str:
    """Join with commas and an "and"; `total` above what is told is counted."""
    if total is not None and total > len(parts):
        parts = [*parts, f"{total - len(parts)} more"]
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
