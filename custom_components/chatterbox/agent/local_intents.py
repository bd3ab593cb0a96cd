"""Home Assistant's own intents, for a sentence that no model answers."""

from dataclasses import dataclass

from homeassistant.helpers import llm

from .recognition import Recognition
from .timings import OwnWork, TurnTimings


@dataclass(slots=True)
class LocalIntents:
    """What can be done without a model, while nothing has been done or said."""

    recognition: Recognition
    timings: TurnTimings
    wanted: bool
    used: bool = False

    async def call(self) -> llm.ToolInput | None:
        """Return the call of the one action that Home Assistant understands, if any."""
        if not self.wanted or self.timings.dispatches or self.timings.ttfs is not None:
            return None
        with self.timings.own_work(OwnWork.RECOGNIZE):
            return await self.recognition.asked()

    async def can_do(self) -> bool:
        """Return whether there is something that can be done."""
        return await self.call() is not None
