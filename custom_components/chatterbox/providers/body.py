"""The bytes of a request."""

from collections.abc import Mapping
import json
from typing import Any

from .base import ToolSpec
from .think_tags import mend_surrogates


def dump(value: Any) -> str:
    """Return compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def encode(value: Any) -> bytes:
    """Return compact JSON; half characters, which no server takes, are replaced."""
    return mend_surrogates(dump(value)).encode()


def function_tool(tool: ToolSpec) -> dict[str, Any]:
    """Return a tool as OpenAI's chat completions describe it, which others took over."""
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        },
    }


def merge(body: dict[str, Any], extra: Mapping[str, Any]) -> None:
    """Put what a person wrote into a body: objects are joined, null takes a field out."""
    for key, value in extra.items():
        old = body.get(key)
        if value is None:
            body.pop(key, None)
        elif isinstance(old, dict) and isinstance(value, Mapping):
            inner = dict(old)
            merge(inner, value)
            body[key] = inner
        else:
            body[key] = value
