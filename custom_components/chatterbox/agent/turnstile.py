"""Turns of many satellites at once, which leave the event loop to others in between."""

import asyncio
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.singleton import singleton
from homeassistant.util.hass_dict import HassKey

LONGEST: Final = 0.005
"""Seconds of one round of the event loop in which further turns may go on."""


class Turnstile:
    """Lets turns go on until a round of the event loop is long, the rest in the next.

    One that goes on holds nothing: whatever becomes of it, the others follow.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._began: float | None = None
        """When the first of this round went on, by the loop's clock."""

    async def pass_through(self) -> None:
        """Go on, in a later round if this one is long already."""
        while self._is_long():  # noqa: ASYNC110 - a round has no event
            await asyncio.sleep(0)

    def _is_long(self) -> bool:
        if self._began is None:
            self._began = self._loop.time()
            # Runs before those that wait for the next round, for it comes first.
            self._loop.call_soon(self._next_round)
            return False
        return self._loop.time() - self._began > LONGEST

    def _next_round(self) -> None:
        self._began = None


DATA_TURNSTILE: HassKey[Turnstile] = HassKey("chatterbox_turnstile")


@callback
@singleton(DATA_TURNSTILE)
def async_get_turnstile(hass: HomeAssistant) -> Turnstile:
    """Return the one of this Home Assistant."""
    return Turnstile(hass.loop)
