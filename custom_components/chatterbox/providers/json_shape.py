"""Reading JSON of a shape that nobody promised."""

import json
from typing import Any

from .base import ProviderError, ProviderErrorKind as Kind


def parse_object(data: str, *, understood: bool) -> dict[str, Any]:
    """Return an event's object; `understood` if earlier ones were. Raises ProviderError."""
    try:
        found = json.loads(data.removeprefix("\ufeff"))
    except ValueError, RecursionError:
        found = None
    # Gemini wraps an error in a list.
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if isinstance(found, dict):
        return found
    if understood:
        raise ProviderError(Kind.STREAM_BROKEN, "A chunk is not a JSON object")
    raise ProviderError(Kind.NOT_A_MODEL_SERVER, "The answer is not a JSON object")


def as_count(value: Any) -> int:
    """Return a number of things, 0 if it is none."""
    return value if isinstance(value, int) else 0


def as_object(value: Any) -> dict[str, Any]:
    """Return an object, an empty one if it is none."""
    return value if isinstance(value, dict) else {}


def as_objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list."""
    values = value if isinstance(value, list) else []
    return [item for item in values if isinstance(item, dict)]


def as_text(value: Any) -> str:
    """Return a text, an empty one if it is none."""
    return value if isinstance(value, str) else ""


def json_or_text(text: str) -> Any:
    """Return what a text says as JSON, the text itself where it is none."""
    try:
        return json.loads(text)
    except ValueError, RecursionError:
        return text
