"""Runs one call to its real end, in a task that the owner waits for."""

import asyncio
from dataclasses import dataclass
from functools import partial
import logging
from typing import Any

from homeassistant.core import callback
from homeassistant.helpers import llm

from ..calls import Dispatcher, error_result
from .call_record import CallRecord, CallState, TaskOwner, TurnCalls
from .ledger import Ledger
from .reports import label
from .result_notes import (
    STOPPED,
    deadline_result,
    failures,
    late_failure,
    truthful,
    unseen_failures,
    with_failures,
)
from .service_watch import CURRENT, ServiceWork

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallRunner:
    """Runs the calls of one turn that wait for nothing more."""

    ledger: Ledger
    turn: TurnCalls
    owner: TaskOwner
    inner: Dispatcher

    @callback
    def start(self, record: CallRecord) -> None:
        """Run a call in a task of its own, until its deadline."""
        hass = self.ledger.hass
        self.ledger.start(record)
        self.owner.async_create_task(
            hass, self._work(record), f"tool call {record.call.tool_name}"
        )
        if record.state is not CallState.ENDED:
            record.timer = hass.loop.call_later(
                record.plan.deadline, self._deadline, record
            )

    async def _work(self, record: CallRecord) -> None:
        """Run a call to its real end: until its own service calls have returned."""
        record.work = asyncio.current_task()
        CURRENT.set(record.token)
        try:
            result = await self.inner(record.call)
            result = truthful(self.ledger.hass, record, result)
            # What was not waited for may have failed before the tool returned.
            if unseen := unseen_failures(record, result):
                result = with_failures(self.ledger.hass, result, unseen)
            left = [w for w in record.services if not w.task.done()]
            self._returned(record, result)
            for work in unseen:
                self._log_failure(record, work)
            if left:
                await asyncio.wait([work.task for work in left])
                self._background_ended(record, left)
        except asyncio.CancelledError:
            # A read was given up; what it left in the background ends by itself.
            for work in record.services:
                work.task.add_done_callback(partial(self._left_alone, record, work))
            raise
        finally:
            record.resolve(error_result(STOPPED))
            self.ledger.end(record)

    @callback
    def _left_alone(
        self, record: CallRecord, work: ServiceWork, task: asyncio.Task[Any]
    ) -> None:
        if not task.cancelled() and work.error:
            self._log_failure(record, work)

    @callback
    def _returned(self, record: CallRecord, result: llm.ToolResult) -> None:
        """Hand on what a tool returned, or drop it if its deadline has passed."""
        record.state = CallState.RETURNED
        ended = "failed" if result.error else "ended"
        if record.overdue:
            record.outcome = result
            _LOGGER.info(
                "%s %s after its deadline; its result is dropped",
                record.call.tool_name,
                ended,
            )
            self._report(
                f"{label(record.call)}, which had passed its deadline, has {ended} now."
            )
            return
        if self.turn.aborted and record.writes:
            _LOGGER.info(
                "%s %s after its turn was cancelled", record.call.tool_name, ended
            )
            if self.turn.reported:
                self._report(f"{label(record.call)} has {ended} now.")
        record.resolve(result)

    @callback
    def _background_ended(self, record: CallRecord, left: list[ServiceWork]) -> None:
        failed = failures(left)
        if self.turn.reported and not failed:
            self._report(f"{label(record.call)} has ended now.")
        for work in failed:
            self._log_failure(record, work)
            failure = late_failure(self.ledger.hass, record, work)
            record.outcome = error_result(failure)
            self._report(failure)

    @staticmethod
    def _log_failure(record: CallRecord, work: ServiceWork) -> None:
        _LOGGER.warning(
            "Service call of %s failed, and the tool did not say so: %s",
            record.call.tool_name,
            str(work.error) or type(work.error).__name__,
        )

    @callback
    def _report(self, news: str) -> None:
        self.turn.news.append(news)
        if self.turn.aborted or self.turn.closed:
            self.ledger.reports.keep(self.turn)

    @callback
    def _deadline(self, record: CallRecord) -> None:
        record.timer = None
        record.overdue = True
        if record.state is CallState.RUNNING:
            _LOGGER.warning(
                "%s is not done after %g seconds",
                record.call.tool_name,
                record.plan.deadline,
            )
            record.resolve(deadline_result(record))
        self.ledger.release(record)
        if record.work and not record.writes:
            record.work.cancel()
