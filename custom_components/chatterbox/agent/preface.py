"""What is said before a slow tool, so that nobody waits in silence."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from homeassistant.helpers import llm

from ..tools.durations import ToolDurations


@dataclass(slots=True)
class Preface:
    """What is said, once in a turn, before a slow call if nothing has been."""

    sentence: str
    durations: ToolDurations
    has_result: Callable[[llm.ToolInput], Awaitable[bool]]
    said: bool = False

    async def before(self, call: llm.ToolInput) -> str | None:
        """Return what to say before this call."""
        if self.said or not self.durations.is_slow(call.tool_name):
            return None
        if await self.has_result(call):
            return None
        self.said = True
        return self.sentence
