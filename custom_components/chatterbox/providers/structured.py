"""Answers that have to fit a JSON Schema, as servers take it."""

from collections.abc import Mapping
import re
from typing import Any, Final

from .base import ModelRequest
from .needs import Lesson

NAME: Final = "answer"

_TAKEN: Final = frozenset(
    {"type", "enum", "const", "description", "items", "properties", "anyOf", "required"}
)
"""What OpenAI and Anthropic take of JSON Schema, where they see to it strictly."""


def has_schema(request: ModelRequest) -> bool:
    """Return whether the answer has to fit a schema."""
    return request.answer_schema is not None


def schema_lesson(says: str) -> Lesson:
    """Return what a refusal teaches that names the field with the schema."""
    return Lesson(re.compile(says), {"answer_schema": False}, has_schema)


def strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema in which all is required, and null where it need not be there."""
    made = {key: value for key, value in schema.items() if key in _TAKEN}
    if isinstance(properties := made.get("properties"), Mapping):
        required = schema.get("required") or ()
        made["properties"] = {
            name: strict(of) if name in required else _or_null(strict(of))
            for name, of in properties.items()
        }
        made["required"] = list(properties)
    if made.get("type") == "object":
        made.setdefault("properties", {})
        made["additionalProperties"] = False
    if isinstance(items := made.get("items"), Mapping):
        made["items"] = strict(items)
    if isinstance(choices := made.get("anyOf"), list):
        made["anyOf"] = [strict(choice) for choice in choices]
    return made


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}
