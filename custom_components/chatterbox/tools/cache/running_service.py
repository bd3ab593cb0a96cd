"""Whether a service call that was seen to begin still runs."""

from collections.abc import Callable
import inspect
import time
from types import CodeType, CoroutineType
from typing import Any, Final
from weakref import ref

from homeassistant.core import ServiceRegistry

_ASYNC_CALL: Final[CodeType] = ServiceRegistry.async_call.__code__
LONGEST: Final = 600.0
"""Seconds; what hangs longer keeps nothing out any more."""


def running_call() -> Callable[[], bool] | None:
    """Return what tells if the call that just begins still runs; None if nothing does."""
    frame = inspect.currentframe()
    while frame and frame.f_code is not _ASYNC_CALL:
        frame = frame.f_back
    if not frame or not frame.f_locals.get("blocking"):
        return None
    call = getattr(frame, "f_generator", None)
    if not isinstance(call, CoroutineType):
        return None
    return _Running(call)


class _Running:
    def __init__(self, call: CoroutineType[Any, Any, Any]) -> None:
        self._call = ref(call)
        self._until = time.monotonic() + LONGEST

    def __call__(self) -> bool:
        call = self._call()
        return (
            call is not None
            and inspect.getcoroutinestate(call) != inspect.CORO_CLOSED
            and time.monotonic() < self._until
        )
