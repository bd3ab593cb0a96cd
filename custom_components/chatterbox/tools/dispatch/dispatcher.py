"""Runs the calls of a turn at once where it can, in the model's order where it must."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
import logging
from typing import Any, Self

from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers import llm

from ..call_span import CallSpan, WaitReason, call_span
from ..calls import Dispatcher, error_result
from ..resources import WHOLE_HOME, Footprint
from .call_record import CallRecord, CallState, TaskOwner, TurnCalls
from .call_run import CallRunner
from .ledger import async_get_ledger
from .limits import CallPlan, DispatchOptions
from .reports import label
from .result_notes import NOT_STARTED, STOPPED, with_notes
from .service_watch import CURRENT
from .state_push import async_states_pushed

__all__ = [
    "Dispatcher",
    "OrderedDispatcher",
    "Settled",
    "TaskOwner",
    "async_abort_turns",
    "async_take_report",
]

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the work that the calls of a turn had left in the background."""

    failed: tuple[str, ...] = ()
    """One sentence for each failure that the model has not been told."""
    under_way: tuple[str, ...] = ()


class OrderedDispatcher:
    """The calls of one turn, in order with all others in the home.

    A call runs in a task of the owner, so that a cancelled turn does not tear it apart;
    it starts only while the task of the turn goes on.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        inner: Dispatcher,
        *,
        plan: Callable[[llm.ToolInput], CallPlan],
        owner: TaskOwner,
        options: DispatchOptions | None = None,
        context: Context | None = None,
        conversation_id: str | None = None,
        stays_in_log: bool = False,
    ) -> None:
        self.owner = owner
        self._hass = hass
        self._plan = plan
        self._ledger = async_get_ledger(hass)
        self._turn = TurnCalls(
            options=options or DispatchOptions(),
            context=context,
            conversation_id=conversation_id,
            stays_in_log=stays_in_log,
        )
        self._runner = CallRunner(self._ledger, self._turn, owner, inner)
        self._ledger.turns.add(self)
        self._task = asyncio.current_task()
        # A task may carry the mark of a cancellation that somebody swallowed.
        self._cancels = self._task.cancelling() if self._task else 0
        if self._task:
            self._task.add_done_callback(self._turn_ended)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, exc_type: type[BaseException] | None, *_: object) -> None:
        if exc_type:
            self.abort()
        self.close()

    async def __call__(self, call: llm.ToolInput) -> llm.ToolResult:
        """Run a call and return its result. Raises nothing but CancelledError."""
        span = call_span()
        record = self._ledger.arrive(self._turn, call, self._planned(call))
        span.footprint = record.plan.footprint
        try:
            await self._until_free(record, span)
            span.begin()
            self._start(record)
            result = await self._result(record)
            span.overdue = record.overdue
        except asyncio.CancelledError:
            # Before anything that waits for this call is released.
            self.abort()
            raise
        finally:
            if record.state is CallState.WAITING:
                record.resolve(error_result(NOT_STARTED))
                self._ledger.end(record)
        return with_notes(self._hass, record, result, self._turn.take_news())

    def _planned(self, call: llm.ToolInput) -> CallPlan:
        """Return what is known of a call; of one that defies all rules, nothing."""
        try:
            return self._plan(call)
        except Exception:
            # The rules ask others' code, which a model's arguments may break.
            _LOGGER.exception("Cannot tell what %s will touch", call.tool_name)
            deadline = self._turn.options.deadline
            return CallPlan(
                footprint=Footprint(writes=frozenset({WHOLE_HOME})), deadline=deadline
            )

    @callback
    def begin_response(self) -> None:
        """Note that the calls from now on are those of another response."""
        self._turn.response += 1

    @callback
    def abort(self) -> None:
        """Start no further call, cancel the reads that run, let the writes go on."""
        if self._turn.aborted:
            return
        self._turn.aborted = True
        self._ledger.reports.interrupted(self._turn)
        for record in list(self._turn.calls):
            record.rouse()
            if record.state is not CallState.RUNNING:
                continue
            if record.writes:
                _LOGGER.info(
                    "%s goes on though its turn was cancelled", record.call.tool_name
                )
                continue
            record.resolve(error_result(STOPPED))
            self._ledger.release(record)
            if record.work:
                record.work.cancel()

    @callback
    def close(self) -> None:
        """End the turn: what its calls left in the background is nobody's to hear."""
        if self._task:
            self._task.remove_done_callback(self._turn_ended)
        self._task = None
        self._turn.closed = True
        if not self._turn.aborted:
            self._ledger.reports.delivered(self._turn)
            # What has ended is of no more use, and would only wait for the collector.
            self._turn.calls = self._unfinished()
        if self._turn.news:
            self._ledger.reports.keep(self._turn)
        self._ledger.turns.discard(self)

    async def async_settle(self, timeout: float) -> Settled:  # noqa: ASYNC109
        """Wait `timeout` seconds at most for the turn's writes, and say what failed."""
        loop = self._hass.loop
        until = loop.time() + timeout
        while (left := self._unfinished()) and (now := loop.time()) < until:
            await asyncio.wait(
                [record.work or record.result for record in left], timeout=until - now
            )
        return Settled(
            failed=tuple(self._turn.take_news()),
            under_way=tuple(label(record.call) for record in left),
        )

    def _unfinished(self) -> list[CallRecord]:
        token = CURRENT.get()
        asking = token.caller if token else None
        return [
            record
            for record in self._turn.calls
            if record is not asking
            and record.writes
            and record.state is not CallState.ENDED
        ]

    def _over(self) -> bool:
        """Return if the turn was cancelled, as early as that can be known."""
        task = self._task
        cancelled = task and (task.done() or task.cancelling() > self._cancels)
        if cancelled or self._ledger.stopped:
            self.abort()
        return self._turn.aborted

    @callback
    def _turn_ended(self, task: asyncio.Task[Any]) -> None:
        self.abort()

    async def _until_free(self, record: CallRecord, span: CallSpan) -> None:
        """Wait until a call may run: no conflict, all states told, a slot taken."""
        slots, told = self._ledger.slots, not record.plan.footprint.reads
        while not self._turn.aborted:
            if record.blockers:
                # One that runs may turn out to write more than was known.
                slots.give_back(record)
                blocked_by = [other.call.tool_name for other in record.blockers]
                with span.waiting(WaitReason.ORDER, blocked_by):
                    await record.sleep()
            elif not told:
                with span.waiting(WaitReason.STATES):
                    await async_states_pushed(self._ledger, record)
                told = True
            elif slots.take(record):
                return
            else:
                with span.waiting(WaitReason.SLOT):
                    await slots.wait(record)

    def _start(self, record: CallRecord) -> None:
        """Run a call in a task of its own, until its deadline, unless it is too late."""
        if self._over():
            record.resolve(error_result(NOT_STARTED))
            return
        self._runner.start(record)

    async def _result(self, record: CallRecord) -> llm.ToolResult:
        if not record.result.done():
            # Two calls may wait for one result; one that is cancelled stops no other.
            return await asyncio.shield(record.result)
        return record.result.result()


@callback
def async_abort_turns(hass: HomeAssistant, owner: TaskOwner) -> None:
    """Abort every turn whose calls run for the owner, as it is unloaded."""
    for turn in list(async_get_ledger(hass).turns):
        if turn.owner is owner:
            turn.abort()


@callback
def async_take_report(hass: HomeAssistant, conversation_id: str) -> str | None:
    """Return, once, what earlier turns left undone or failed at, for the model."""
    return async_get_ledger(hass).reports.take(conversation_id)
