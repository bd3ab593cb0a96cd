"""What a server sent with a call and wants back with it."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

MAX_REMEMBERED = 2000
"""Calls of which the server's own additions are kept: more than any history has."""


@dataclass(frozen=True, slots=True)
class Addition:
    """What came with one call."""

    extra_content: dict[str, Any] | None = None
    """Gemini 3's thought signatures."""
    reasoning: str = ""
    content: tuple[dict[str, Any], ...] = ()
    """The whole answer as it came, where thinking in it is signed or encrypted."""


class Additions:
    """The servers' additions by call id, the latest MAX_REMEMBERED of them."""

    def __init__(self) -> None:
        self._by_id: OrderedDict[str, Addition] = OrderedDict()

    def keep(self, call_id: str, addition: Addition) -> None:
        """Remember a call's additions, if it has any."""
        if addition != Addition():
            self._by_id[call_id] = addition
            if len(self._by_id) > MAX_REMEMBERED:
                self._by_id.popitem(last=False)

    def of(self, call_id: str) -> Addition:
        """Return what is remembered of a call."""
        return self._by_id.get(call_id, Addition())
