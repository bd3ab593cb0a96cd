"""What a service answers, as JSON that is short enough for a model."""

import json
from typing import Any, Final

from homeassistant.util.json import JsonObjectType

from ..plain_json import json_safe

DEFAULT_BUDGET: Final = 8192
"""Bytes of JSON that a response may have."""

_SHORTEST_TEXT: Final = 200
"""Characters below which a text is never cut."""


def size(value: Any) -> int:
    """Return the bytes of a value's JSON, as it is sent to a model."""
    return len(json.dumps(value, ensure_ascii=False).encode())


def trim(response: Any, budget: int = DEFAULT_BUDGET) -> JsonObjectType:
    """Return a response of at most ``budget`` bytes: lists, then texts, are cut."""
    value = json_safe(response)
    trimmed: JsonObjectType = value if isinstance(value, dict) else {"result": value}
    while (over := size(trimmed) - budget) > 0:
        if not (_shorten_list(trimmed, over) or _shorten_text(trimmed, over)):
            return {"note": f"The response is too large: {over + budget} bytes."}
    return trimmed


def _shorten_list(root: JsonObjectType, over: int) -> bool:
    """Leave out the tail of the list that takes most; False if there is none."""
    holders = [
        (size(items), holder, key, items)
        for holder, key, items in _children(root)
        if isinstance(items, list) and len(_kept(items)) > 1
    ]
    if not holders:
        return False
    _, holder, key, items = max(holders, key=lambda found: found[0])
    kept = _kept(items)
    left_out = _left_out(items)
    # The note itself takes room.
    gone, count = -40, 0
    while count < len(kept) - 1 and gone < over:
        count += 1
        gone += size(kept[-count]) + 2
    holder[key] = [*kept[:-count], {"left_out": left_out + count}]
    return True


def _kept(items: list[Any]) -> list[Any]:
    return items[:-1] if _left_out(items) else items


def _left_out(items: list[Any]) -> int:
    last = items[-1] if items else None
    if isinstance(last, dict) and set(last) == {"left_out"}:
        return int(last["left_out"])
    return 0


def _shorten_text(root: JsonObjectType, over: int) -> bool:
    texts = [
        (len(text), holder, key, text)
        for holder, key, text in _children(root)
        if isinstance(text, str) and len(text) > _SHORTEST_TEXT
    ]
    if not texts:
        return False
    length, holder, key, text = max(texts, key=lambda found: found[0])
    holder[key] = f"{text[: max(length - over - 40, _SHORTEST_TEXT - 40)]}… (cut)"
    return True


def _children(value: Any) -> list[tuple[Any, Any, Any]]:
    found: list[tuple[Any, Any, Any]] = []
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for key, child in pairs:
        found.append((value, key, child))
        found.extend(_children(child))
    return found
