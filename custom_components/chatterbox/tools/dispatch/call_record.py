"""One call of a tool, from its arrival to its end, and the turn that it is of."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any, Final, Protocol

from homeassistant.const import ATTR_DOMAIN, ATTR_SERVICE, ATTR_SERVICE_DATA
from homeassistant.core import Context, Event, HomeAssistant
from homeassistant.helpers import llm

from ..resources import Footprint, and_also
from .limits import CallPlan, DispatchOptions
from .service_watch import CURRENT, ServiceWork, Token

_NOTHING: Final = Footprint()


class TaskOwner(Protocol):
    """What tasks outlive a turn in, and whose unload waits for them: a config entry."""

    def async_create_task[R](
        self,
        hass: HomeAssistant,
        target: Coroutine[Any, Any, R],
        name: str | None = None,
        eager_start: bool = True,
    ) -> asyncio.Task[R]:
        """Run the coroutine in a task that unloading waits for."""


class CallState(Enum):
    """How far a call has come."""

    WAITING = auto()
    RUNNING = auto()
    RETURNED = auto()
    """Its result is there, service calls of it go on."""
    ENDED = auto()


@dataclass(slots=True, eq=False, kw_only=True)
class TurnCalls:
    """The calls of one turn."""

    options: DispatchOptions
    context: Context | None = None
    conversation_id: str | None = None
    stays_in_log: bool = False
    """The chat log keeps the turn, with what it was told, though it is cut short."""
    calls: list[CallRecord] = field(default_factory=list)
    response: int = 0
    """How many responses of the model came before the present one."""
    in_flight: int = 0
    aborted: bool = False
    closed: bool = False
    reported: bool = False
    """The model has heard how far the turn came before it was aborted."""
    news: list[str] = field(default_factory=list)
    """What happened since, and the model has not been told."""

    def take_news(self) -> list[str]:
        """Return what the model has not been told, once."""
        news, self.news = self.news, []
        return news


# asyncio's debug mode writes out each timer's arguments: here all calls of all turns.
@dataclass(slots=True, eq=False, kw_only=True, repr=False)
class CallRecord:
    """One call of a tool, from its arrival to its end, and the turn that it is of."""

    number: int
    turn: TurnCalls
    call: llm.ToolInput
    plan: CallPlan
    result: asyncio.Future[llm.ToolResult]
    ancestors: frozenset[CallRecord]
    """The calls inside which it was made, by a tool that talks to an agent."""
    response: int
    widened: Callable[[CallRecord], None]
    """Told that the call turned out to write more than was known."""
    observed: Footprint = _NOTHING
    nested: set[CallRecord] = field(default_factory=set)
    """The calls made inside it that have not ended."""
    state: CallState = CallState.WAITING
    blockers: set[CallRecord] = field(default_factory=set)
    blocked: list[CallRecord] = field(default_factory=list)
    overdue_conflicts: list[CallRecord] = field(default_factory=list)
    """Conflicting calls that it did not wait for to the end, past their deadline."""
    late_states: set[str] = field(default_factory=set)
    """Entities that it reads, whose states did not tell in time of a write before."""
    token: Token = field(init=False)
    work: asyncio.Task[Any] | None = None
    services: list[ServiceWork] = field(default_factory=list)
    context_ids: set[str] = field(default_factory=set)
    called_service: bool = False
    acted_on: set[str] = field(default_factory=set)
    """Entities that the service calls seen of it write."""
    outcome: llm.ToolResult | None = None
    overdue: bool = False
    slots: frozenset[str] | None = None
    """The integrations whose slots it holds, None if it holds none at all."""
    began: float = 0.0
    """When it started, in seconds since the epoch, as states have it."""
    timer: asyncio.TimerHandle | None = None
    _wake: asyncio.Future[None] | None = None

    def __post_init__(self) -> None:
        self.token = Token(self)

    @property
    def writes(self) -> bool:
        """Return if the call may change something."""
        return bool(self.plan.footprint.writes)

    @property
    def fate(self) -> str:
        """Return what has become of the call, in words for the model."""
        if self.state in (CallState.RUNNING, CallState.RETURNED):
            return "still under way"
        if not self.began:
            return "never started"
        failed = self.outcome is None or self.outcome.error
        return "failed" if failed or any(w.error for w in self.services) else "done"

    def owns_context(self, context: Context) -> bool:
        """Return if service calls with this context are the tool's own."""
        if self.turn.context is None:
            return context.parent_id is None
        return context.id == self.turn.context.id

    def service_called(self, event: Event) -> None:
        """Take note of a service call in the tool's own task."""
        self.called_service = True
        if event.context.parent_id is None or self.owns_context(event.context):
            self.context_ids.add(event.context.id)
        self._saw(event)

    def service_left(self, work: ServiceWork, event: Event) -> None:
        """Take note of a service call in a task beside the tool's."""
        self.called_service = True
        if self.state is CallState.RUNNING:
            self.context_ids.add(work.context_id)
            self.services.append(work)
        self._saw(event)

    def _saw(self, event: Event) -> None:
        data = event.data.get(ATTR_SERVICE_DATA) or {}
        domain, service = event.data[ATTR_DOMAIN], event.data[ATTR_SERVICE]
        self.acted_on.update(self.plan.written_by(f"{domain}.{service}", data))
        # What a tool that declares nothing does is known now, and ordered.
        if (watch := self.plan.watch) and (
            found := watch.service_called(domain, service, data)
        ):
            footprint = self.plan.footprint
            writes = and_also(footprint.writes, found)
            self.plan = replace(self.plan, footprint=replace(footprint, writes=writes))
            self.widened(self)

    async def sleep(self) -> None:
        """Wait to be roused."""
        self._wake = asyncio.get_running_loop().create_future()
        try:
            await self._wake
        finally:
            self._wake = None

    def rouse(self) -> None:
        """Let the call look again whether it may go on."""
        if self._wake and not self._wake.done():
            self._wake.set_result(None)

    def resolve(self, result: llm.ToolResult) -> None:
        """Give the call its result, if nothing else has."""
        if self.outcome is None:
            self.outcome = result
        if not self.result.done():
            self.result.set_result(result)


def waits_for(record: CallRecord, ancestors: frozenset[CallRecord]) -> bool:
    """Return if a call waits for one of the others, or for what waits for it."""
    seen: set[CallRecord] = set()
    left = [record]
    while left:
        one = left.pop()
        if one in ancestors:
            return True
        if one not in seen:
            seen.add(one)
            left.extend((*one.blockers, *one.nested))
    return False


def ancestors_of_task() -> frozenset[CallRecord]:
    """Return the calls inside which this task runs."""
    token = CURRENT.get()
    if token is None or not isinstance(token.caller, CallRecord):
        return frozenset()
    return token.caller.ancestors | {token.caller}
