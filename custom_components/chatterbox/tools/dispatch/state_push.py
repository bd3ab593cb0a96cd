"""What a write set, as far as the states tell: devices may push them later."""

from typing import Any

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import Event, HomeAssistant, State, callback
from homeassistant.helpers.event import (
    async_track_state_change_event,
    async_track_state_report_event,
)

from ..resources import overlap
from .call_record import CallRecord
from .ledger import Ledger, RecentWrite


async def async_states_pushed(ledger: Ledger, record: CallRecord) -> None:
    """Wait, `limits.STATE_PUSH` seconds at most, until states tell of the writes."""
    expected = _expected(ledger, record)
    if not expected:
        return
    hass, loop = ledger.hass, ledger.hass.loop
    until = max(write.until for write in expected.values())

    @callback
    def state_written(event: Event[Any]) -> None:
        write = expected.get(event.data["entity_id"])
        if write and event.context.id in write.context_ids:
            del expected[event.data["entity_id"]]
        if not expected:
            record.rouse()

    entity_ids = tuple(expected)
    stop_changes = async_track_state_change_event(hass, entity_ids, state_written)
    stop_reports = async_track_state_report_event(hass, entity_ids, state_written)
    timer = loop.call_at(until, record.rouse)
    try:
        while expected and loop.time() < until and not record.turn.aborted:
            await record.sleep()
    finally:
        timer.cancel()
        stop_reports()
        stop_changes()
    if not record.turn.aborted:
        record.late_states.update(expected)


def _expected(ledger: Ledger, record: CallRecord) -> dict[str, RecentWrite]:
    """Return the entities whose state has yet to tell, with the write that it lacks."""
    reads = record.plan.footprint.reads
    if not reads or not ledger.recent:
        return {}
    ledger.forget_old_writes()
    # Only the last write of an entity: one before it will not tell any more.
    last = {
        entity_id: write
        for write in ledger.recent
        if overlap(write.entity_ids, reads)
        for entity_id in write.entity_ids
        if overlap(frozenset((entity_id,)), reads)
    }
    return {
        entity_id: write
        for entity_id, write in last.items()
        if _lacks(ledger.hass, entity_id, write)
    }


def _lacks(hass: HomeAssistant, entity_id: str, write: RecentWrite) -> bool:
    """Return if the entity can be expected to tell of a write, and has not."""
    if (state := hass.states.get(entity_id)) is None:
        return False
    return state.state != STATE_UNAVAILABLE and not _tells(state, write)


def _tells(state: State, write: RecentWrite) -> bool:
    """Return if a state was written, or reported unchanged, because of the write."""
    if not write.called_service and state.last_updated_timestamp <= write.ended:
        return state.last_updated_timestamp >= write.began
    if state.last_updated_timestamp >= write.began:
        return state.context.id in write.context_ids
    return write.began <= state.last_reported_timestamp <= write.ended
