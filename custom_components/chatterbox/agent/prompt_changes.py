"""Noticing that the prompt or the tools have changed."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from homeassistant.const import (
    EVENT_COMPONENT_LOADED,
    EVENT_SERVICE_REGISTERED,
    EVENT_SERVICE_REMOVED,
)
from homeassistant.core import (
    CALLBACK_TYPE,
    HassJob,
    HomeAssistant,
    callback,
)
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.start import async_at_started

from ..tools.home_changes import async_listen_home

IDLE_AFTER: Final = 10.0
"""Seconds without a change, so that a burst of them counts once."""
SERVICES: Final = (
    EVENT_COMPONENT_LOADED,
    EVENT_SERVICE_REGISTERED,
    EVENT_SERVICE_REMOVED,
)


@callback
def async_when_idle(
    hass: HomeAssistant, act: Callable[[], Awaitable[object]]
) -> CALLBACK_TYPE:
    """Await `act` at the start and after changes, until what is returned is called."""
    cancel_timer: CALLBACK_TYPE | None = None

    async def idle(_now: datetime) -> None:
        nonlocal cancel_timer
        cancel_timer = None
        await act()

    job = HassJob(idle, "chatterbox prime when idle", cancel_on_shutdown=True)

    @callback
    def stop_timer() -> None:
        nonlocal cancel_timer
        if cancel_timer:
            cancel_timer()
            cancel_timer = None

    @callback
    def changed(*_: Any) -> None:
        nonlocal cancel_timer
        stop_timer()
        if hass.is_running:
            cancel_timer = async_call_later(hass, IDLE_AFTER, job)

    ends = [
        stop_timer,
        async_at_started(hass, changed),
        async_listen_home(hass, changed),
        *(hass.bus.async_listen(event, changed) for event in SERVICES),
    ]

    @callback
    def end() -> None:
        for each in ends:
            each()

    return end
