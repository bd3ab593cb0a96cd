"""How many calls may be under way at once.

A slot is taken when nothing else is left to wait for, and kept until the call is done
or past its deadline: what holds one never waits for what needs one.
"""

from bisect import insort
from collections import Counter
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .call_record import CallRecord


@dataclass(slots=True)
class Slots:
    """The slots of the home's integrations and, through their turns, of each turn."""

    _taken: Counter[str] = field(default_factory=Counter)
    _waiting: list[CallRecord] = field(default_factory=list)

    def take(self, record: CallRecord) -> bool:
        """Take all slots that a call needs; return if it has them."""
        # What a call makes another agent do happens in the slot that it has.
        if record.slots is not None or record.ancestors:
            return True
        footprint = record.plan.footprint
        if not footprint.reads and not footprint.writes:
            return True
        turn, caps = record.turn, record.turn.options.integration_caps
        if turn.in_flight >= max(1, turn.options.max_in_flight):
            return False
        needed = record.plan.integrations
        if any(self._taken[name] >= max(1, caps.get(name, 1)) for name in needed):
            return False
        turn.in_flight += 1
        for name in needed:
            self._taken[name] += 1
        record.slots = needed
        return True

    async def wait(self, record: CallRecord) -> None:
        """Wait to be given the slots that a call needs, or for the turn to end."""
        if record.turn.aborted or self.take(record):
            return
        insort(self._waiting, record, key=attrgetter("number"))
        try:
            await record.sleep()
        finally:
            if record in self._waiting:
                self._waiting.remove(record)

    def give_back(self, record: CallRecord) -> None:
        """Give back the slots of a call, to those that wait, first come first."""
        if record.slots is None:
            return
        record.turn.in_flight -= 1
        for name in record.slots:
            self._taken[name] -= 1
        record.slots = None
        for waiting in list(self._waiting):
            if not waiting.turn.aborted and self.take(waiting):
                self._waiting.remove(waiting)
                waiting.rouse()
