"""Tool calls as every protocol gives them, once they are complete."""

import json
import math
import re
from typing import Any
import uuid

from .base import AssistantMessage, Message, ToolCall

NO_NAME = "unnamed"
CUT_OFF = "The call was cut off at the length limit."

MAX_DEPTH = 32
"""Levels of arguments: no schema has as many, and JSON writers give up at some 250."""
MAX_INT = 2**63 - 1
"""What every JSON reader takes."""

_HALF = re.compile("[\ud800-\udfff]")
_ILLEGAL = re.compile(r"[^a-zA-Z0-9_-]")
_WRITTEN = re.compile(r"text[0-9a-f]{5}")


class CallMaker:
    """Makes the calls of one answer, each with an id that every server accepts."""

    def __init__(self, taken_ids: set[str]) -> None:
        self._taken = set(taken_ids)
        self.count = 0

    def make_written(self, name: str, arguments: Any) -> ToolCall:
        """Return a call that was written in the text, with an id that tells so."""
        call_id = ""
        while not call_id or call_id in self._taken:
            call_id = f"text{uuid.uuid4().hex[:5]}"
        return self.make(call_id, name, arguments)

    def make(
        self, call_id: str, name: str, arguments: Any, *, cut_off: bool = False
    ) -> ToolCall:
        """Return a call of JSON arguments; if `cut_off`, some may be missing."""
        read = read_arguments(arguments)
        error = None
        if isinstance(read, str):
            error = CUT_OFF if cut_off else read
            read = {}
        elif cut_off and arguments in (None, ""):
            error = CUT_OFF
        if not name:
            error = "The call has no name."
        while not call_id or call_id in self._taken:
            call_id = uuid.uuid4().hex[:9]
        self._taken.add(call_id)
        self.count += 1
        return ToolCall(call_id, name or NO_NAME, read, error)


def read_arguments(raw: Any) -> dict[str, Any] | str:
    """Return the arguments of a call, or a sentence for the model if they are none."""
    for _ in range(2):
        if not isinstance(raw, str):
            break
        # Some servers open with an empty object, and send the arguments after it.
        text = re.sub(r"^\s*\{\s*\}\s*(?=\{)", "", raw)
        if not text.strip():
            return {}
        try:
            raw = json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError) as err:
            return f"The arguments are not valid JSON: {err}"
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        return "The arguments are not a JSON object."
    return _unfit(raw) or raw


def _unfit(arguments: dict[str, Any]) -> str | None:
    """Return why arguments that were read can never be sent back, None if they can."""
    left: list[tuple[Any, int]] = [(arguments, 0)]
    while left:
        value, depth = left.pop()
        if depth > MAX_DEPTH:
            return "The arguments are nested too deeply."
        if isinstance(value, dict):
            left += [(part, depth + 1) for pair in value.items() for part in pair]
        elif isinstance(value, list):
            left += [(item, depth + 1) for item in value]
        elif isinstance(value, str) and _HALF.search(value):
            return "The arguments hold half of a character."
        elif isinstance(value, float) and not math.isfinite(value):
            return "The arguments hold a number that is not finite."
        elif isinstance(value, int) and abs(value) > MAX_INT:
            return "The arguments hold a number that is too large."
    return None


def call_ids(messages: tuple[Message, ...]) -> set[str]:
    """Return the ids of all calls in a history."""
    return {
        call.id
        for message in messages
        if isinstance(message, AssistantMessage)
        for call in message.tool_calls
    }


def is_written(call_id: str) -> bool:
    """Return whether a call was written in the text of an answer."""
    return bool(_WRITTEN.fullmatch(call_id))


def legal_name(name: str) -> str:
    """Return a tool's name, perhaps a made-up one, as servers take it."""
    return _ILLEGAL.sub("_", name)[:64]


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
