"""What the home reads most at this hour, made ready as somebody begins to speak."""

from dataclasses import dataclass, field
import json
import logging
from time import monotonic
from typing import Final

from homeassistant.util import dt as dt_util

from ...tools.look_ahead import ToolLookAhead
from .learnt import async_get_learnt
from .table import LearntCall
from .times import absolute

_LOGGER = logging.getLogger(__name__)

MOST: Final = 2
"""Reads that are refreshed at once."""


@dataclass(slots=True)
class Readiness:
    """Refreshes what is asked for at this hour, no more often than it is kept for."""

    agent: str
    _next: dict[LearntCall, float] = field(default_factory=dict)

    async def async_refresh(self, looking: ToolLookAhead) -> int:
        """Begin to refresh in the background; returns how many reads."""
        local, now = dt_util.now(), monotonic()
        self._next = {call: at for call, at in self._next.items() if at > now}
        begun = 0
        learnt = async_get_learnt(looking.toolbox.api.hass)
        for call in learnt.of(self.agent, None).usual(local.hour, MOST):
            if call in self._next:
                continue
            try:
                args = absolute(json.loads(call.args), local)
            except ValueError:
                continue
            kept_for = await looking.refresh(call.as_input(args))
            if kept_for is not None:
                self._next[call] = now + kept_for
                begun += 1
                _LOGGER.debug("Refreshing %s before it is asked for", call.tool)
        return begun
