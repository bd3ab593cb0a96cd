"""Service calls that a tool makes, those too that it leaves in the background.

A task inherits the context variables of what starts it, and so does all that a write
sets off. A tool's own calls run in a task of `ServiceRegistry.async_call`, with the
context of the turn, and begin before it returns. One that it does not wait for
(`blocking=False`) counts as done then.
"""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, Final, Protocol

from homeassistant.const import ATTR_ENTITY_ID, ATTR_SERVICE_DATA, EVENT_CALL_SERVICE
from homeassistant.core import Context, Event, HomeAssistant, ServiceRegistry, callback

_ASYNC_CALL: Final[CodeType] = ServiceRegistry.async_call.__code__


class Caller(Protocol):
    """A call of a tool that is under way."""

    @property
    def work(self) -> asyncio.Task[Any] | None:
        """The task that runs the tool."""

    def owns_context(self, context: Context) -> bool:
        """Return if service calls with this context are the tool's own."""

    def service_called(self, event: Event) -> None:
        """Take note of a service call in the tool's own task."""

    def service_left(self, work: ServiceWork, event: Event) -> None:
        """Take note of a service call in a task beside the tool's."""


@dataclass(slots=True, eq=False)
class Token:
    """What the tasks of a call inherit. It outlives the call in tasks that stay."""

    caller: Caller | None


CURRENT: ContextVar[Token | None] = ContextVar("chatterbox_tool_call", default=None)


@dataclass(frozen=True, slots=True, eq=False)
class ServiceWork:
    """One service call in a task of its own."""

    task: asyncio.Task[Any]
    context_id: str
    entity_ids: tuple[str, ...] = ()

    @property
    def error(self) -> BaseException | None:
        """Return what it raised; asking takes the exception from the task."""
        if not self.task.done():
            return None
        if self.task.cancelled():
            return asyncio.CancelledError()
        return self.task.exception()


@dataclass(slots=True)
class ServiceWatch:
    """Sees the service calls of tools as they begin, while any tool runs."""

    hass: HomeAssistant
    _callers: int = 0
    _stop: Callable[[], None] | None = field(default=None, repr=False)

    @callback
    def begin(self) -> None:
        """Watch until the matching `end`."""
        self._callers += 1
        if self._stop is None:
            self._stop = self.hass.bus.async_listen(EVENT_CALL_SERVICE, _service_called)

    @callback
    def end(self) -> None:
        """Stop watching if no other tool runs."""
        self._callers -= 1
        if not self._callers and self._stop:
            self._stop()
            self._stop = None


@callback
def _service_called(event: Event) -> None:
    """Tell the call that it belongs to, in whose task the event is fired."""
    token = CURRENT.get()
    if token is None or (caller := token.caller) is None:
        return
    task = asyncio.current_task()
    if task is caller.work:
        caller.service_called(event)
    elif (
        task
        and getattr(task.get_coro(), "cr_code", None) is _ASYNC_CALL
        and caller.owns_context(event.context)
    ):
        work = ServiceWork(task, event.context.id, _entities(event))
        caller.service_left(work, event)


def _entities(event: Event) -> tuple[str, ...]:
    data = event.data.get(ATTR_SERVICE_DATA)
    named = data.get(ATTR_ENTITY_ID) if isinstance(data, dict) else None
    if isinstance(named, str):
        return (named,)
    return tuple(named) if isinstance(named, list | tuple) else ()
