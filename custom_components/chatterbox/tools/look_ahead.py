"""Looking up what the tools of a turn would return, before a model calls them."""

from dataclasses import dataclass
from typing import Self

from homeassistant.helpers import llm

from .cache.cache import ToolResultCache
from .cache.look_ahead import LookAhead, Looked
from .cache.policy import CacheOptions
from .toolbox import Toolbox


@dataclass(frozen=True, slots=True)
class ToolLookAhead:
    """Looks up harmless reads that may be kept, on the terms of a turn's toolbox."""

    toolbox: Toolbox
    _looking: LookAhead

    @classmethod
    def of(
        cls, toolbox: Toolbox, cache: ToolResultCache, options: CacheOptions
    ) -> Self:
        """Look up by the tools of a toolbox."""
        return cls(toolbox, LookAhead(toolbox.guard, cache, toolbox.terms(options)))

    async def may(self, call: llm.ToolInput) -> bool:
        """Return whether a call may be looked up, and learnt."""
        read = self.toolbox.harmless_read(call)
        return read is not None and await self._looking.may(read)

    async def look(self, call: llm.ToolInput) -> Looked | None:
        """Return what a call would return, None if unknown. Raises what it raises."""
        read = self.toolbox.harmless_read(call)
        return None if read is None else await self._looking.look(read)

    async def refresh(self, call: llm.ToolInput) -> float | None:
        """Fetch what is not kept, in the background; return the seconds it lasts."""
        read = self.toolbox.harmless_read(call)
        return None if read is None else await self._looking.refresh(read)
