"""Saying something before a tool that is known to be slow."""

from collections.abc import Callable
from dataclasses import dataclass

from homeassistant.helpers import llm

from ..tools.durations import ToolDurations


@dataclass(slots=True)
class Preface:
    """What is said, once in a turn, before a slow call if nothing has been."""

    sentence: str
    durations: ToolDurations
    is_cached: Callable[[llm.ToolInput], bool] = lambda call: False
    """Tells whether a call has its result already."""
    said: bool = False

    def before(self, call: llm.ToolInput) -> str | None:
        """Return what to say before this call."""
        if self.said or not self.durations.is_slow(call.tool_name):
            return None
        if self.is_cached(call):
            return None
        self.said = True
        return self.sentence
