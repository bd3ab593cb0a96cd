"""The calls that are under way in the home, in the order in which they came.

One for all agents. A call waits for earlier ones that it conflicts with, never for
later ones, so that no two wait for each other.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from itertools import count
import logging
import time
from typing import Any, Literal, Protocol
from weakref import WeakSet

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HassJob, HomeAssistant, callback
from homeassistant.helpers import llm
from homeassistant.helpers.singleton import singleton
from homeassistant.util.hass_dict import HassKey

from ..resources import Footprint, conflict, is_entity
from .call_record import (
    CallRecord,
    CallState,
    TurnCalls,
    ancestors_of_task,
    waits_for,
)
from .limits import STATE_PUSH, STOPPING, CallPlan
from .reports import Reports
from .service_watch import ServiceWatch
from .slots import Slots

_LOGGER = logging.getLogger(__name__)


class WriteObserver(Protocol):
    """Is told of every write of a tool, before it begins and when it is done."""

    def write_began(self, footprint: Footprint) -> None:
        """Take note that the resources may change from now on."""

    def write_ended(self, footprint: Footprint) -> None:
        """Take note that the call's own service calls have returned."""


class Turn(Protocol):
    """A turn whose calls are in the ledger."""

    owner: Any

    def abort(self) -> None:
        """Start no further call."""


@dataclass(frozen=True, slots=True)
class RecentWrite:
    """A write that is done, and whose states may still come."""

    entity_ids: frozenset[str]
    context_ids: frozenset[str]
    called_service: bool
    """If not, its states have no context of its own: an intent that adds to a list."""
    began: float
    """Seconds since the epoch, as states have them."""
    ended: float
    """The same."""
    until: float
    """When to expect the states no longer, by the event loop's clock."""


@dataclass(slots=True, eq=False)
class Ledger:
    """All calls in the home that have not ended, and what waits for what."""

    hass: HomeAssistant
    reports: Reports = field(default_factory=Reports)
    slots: Slots = field(default_factory=Slots)
    turns: WeakSet[Turn] = field(default_factory=WeakSet)
    recent: deque[RecentWrite] = field(default_factory=deque)
    """Writes that ended within the time in which their states may still come."""
    observers: list[WriteObserver] = field(default_factory=list)
    stopped: bool = False
    """Home Assistant stops: no call begins any more."""
    _watch: ServiceWatch = field(init=False)
    _numbers: count[int] = field(default_factory=count)
    _unreleased: dict[int, CallRecord] = field(default_factory=dict)
    _overdue: set[CallRecord] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._watch = ServiceWatch(self.hass)

    @callback
    def stop(self, event: Event | None = None) -> None:
        """Let no call begin any more: Home Assistant stops."""
        self.stopped = True
        for turn in list(self.turns):
            turn.abort()

    async def async_stop(self) -> None:
        """Let no call begin any more, and wait for the writes that have."""
        self.stop()
        writes = [
            record.work
            for record in {*self._unreleased.values(), *self._overdue}
            if record.work and record.writes
        ]
        if writes:
            await asyncio.wait(writes, timeout=STOPPING)

    @callback
    def arrive(
        self, turn: TurnCalls, call: llm.ToolInput, plan: CallPlan
    ) -> CallRecord:
        """Enter a call, after all that came before it."""
        record = CallRecord(
            number=next(self._numbers),
            turn=turn,
            call=call,
            plan=plan,
            result=self.hass.loop.create_future(),
            ancestors=ancestors_of_task(),
            response=turn.response,
            widened=self._widened,
        )
        for other in self._unreleased.values():
            if self._must_wait(record, other):
                record.blockers.add(other)
                other.blocked.append(record)
        record.overdue_conflicts.extend(
            other for other in self._overdue if self._must_wait(record, other)
        )
        for ancestor in record.ancestors:
            ancestor.nested.add(record)
            if record.writes and ancestor.plan.watch:
                ancestor.plan.watch.acted()
        self._unreleased[record.number] = record
        turn.calls.append(record)
        return record

    @callback
    def _widened(self, record: CallRecord) -> None:
        """Order a running call, and what waits for it, by what it proves to write."""
        if record.number not in self._unreleased:
            return
        for other in self._unreleased.values():
            if other is record or other in record.ancestors | record.nested:
                continue
            if not conflict(record.plan.footprint, other.plan.footprint):
                continue
            if other.state is not CallState.WAITING:
                if other not in record.overdue_conflicts:
                    record.overdue_conflicts.append(other)
            elif record not in other.blockers and self._must_wait(other, record):
                other.blockers.add(record)
                record.blocked.append(other)

    @staticmethod
    def _must_wait(record: CallRecord, other: CallRecord) -> bool:
        """Return if the order of a call and an earlier one matters.

        A call inside another waits for what has begun and does not wait for that one;
        inside a read, for nothing. So no two ever wait for each other.
        """
        if not conflict(record.plan.footprint, other.plan.footprint):
            return False
        if not record.ancestors:
            return True
        if other.state is CallState.WAITING or not all(
            a.writes for a in record.ancestors
        ):
            return False
        return not waits_for(other, record.ancestors)

    @callback
    def start(self, record: CallRecord) -> None:
        """Note that a call begins to run."""
        record.state = CallState.RUNNING
        record.observed = record.plan.footprint
        record.began = time.time()
        record.overdue_conflicts = [
            r for r in record.overdue_conflicts if r.state is not CallState.ENDED
        ]
        if record.turn.context:
            record.context_ids.add(record.turn.context.id)
        self._watch.begin()
        if record.writes:
            self._tell_observers("write_began", record)

    @callback
    def end(self, record: CallRecord) -> None:
        """Note that a call is really done, or will never run."""
        ran = record.state is not CallState.WAITING
        record.state = CallState.ENDED
        record.token.caller = None
        for ancestor in record.ancestors:
            ancestor.nested.discard(record)
        if record.timer:
            record.timer.cancel()
            record.timer = None
        if ran:
            self._watch.end()
        if ran and record.plan.watch:
            record.plan.watch.ended()
        if ran and record.writes:
            self._remember(record)
            self._tell_observers("write_ended", record)
        self._overdue.discard(record)
        self.release(record)

    @callback
    def release(self, record: CallRecord) -> None:
        """Let go on what waits for this call: it is done, or past its deadline."""
        if self._unreleased.pop(record.number, None) is None:
            return
        if record.overdue and record.writes:
            self._overdue.add(record)
        for waiting in record.blocked:
            waiting.blockers.discard(record)
            if record.overdue and record.writes:
                waiting.overdue_conflicts.append(record)
            if not waiting.blockers:
                waiting.rouse()
        record.blocked.clear()
        self.slots.give_back(record)

    def _tell_observers(
        self, what: Literal["write_began", "write_ended"], record: CallRecord
    ) -> None:
        for observer in self.observers:
            try:
                getattr(observer, what)(record.observed)
            except Exception:
                # What observes a write must not keep it from being done or ended.
                _LOGGER.exception("Error telling an observer of a write")

    def _remember(self, record: CallRecord) -> None:
        """Remember a write whose states may still be on their way."""
        self.forget_old_writes()
        # Of a script with branches it wrote less than it might have.
        writes = record.acted_on or record.plan.footprint.writes
        entity_ids = frozenset(filter(is_entity, writes))
        if entity_ids and record.fate == "done":
            self.recent.append(
                RecentWrite(
                    entity_ids,
                    frozenset(record.context_ids),
                    record.called_service,
                    began=record.began,
                    ended=time.time(),
                    until=self.hass.loop.time() + STATE_PUSH,
                )
            )

    def forget_old_writes(self) -> None:
        """Forget the writes whose states will not come any more."""
        now = self.hass.loop.time()
        while self.recent and self.recent[0].until <= now:
            self.recent.popleft()


DATA_LEDGER: HassKey[Ledger] = HassKey("chatterbox_ledger")


@callback
@singleton(DATA_LEDGER)
def async_get_ledger(hass: HomeAssistant) -> Ledger:
    """Return the ledger of the home, which ends with Home Assistant."""
    ledger = Ledger(hass)
    # The stop event comes when Home Assistant has let go of the tasks that run.
    hass.async_add_shutdown_job(
        HassJob(ledger.async_stop, "chatterbox stop turns", cancel_on_shutdown=False)
    )
    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, ledger.stop)
    return ledger


@callback
def async_observe_writes(hass: HomeAssistant, observer: WriteObserver) -> CALLBACK_TYPE:
    """Tell the observer of every write of a tool, until what is returned is called."""
    observers = async_get_ledger(hass).observers
    observers.append(observer)

    @callback
    def stop() -> None:
        observers.remove(observer)

    return stop
