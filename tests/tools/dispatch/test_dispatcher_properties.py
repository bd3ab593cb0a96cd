"""Random turns end as if their calls had run one by one, and no later than they must.

`CHATTERBOX_EXAMPLES` sets how many cases each property tries, 200 by default.
"""

import asyncio
from collections.abc import Callable
from itertools import pairwise
import logging
import os
import time
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings, strategies as st
import pytest

from custom_components.chatterbox.tools.dispatch import (
    dispatcher,
    ledger,
    service_watch,
    slots,
)
from custom_components.chatterbox.tools.dispatch.call_record import CallRecord
from custom_components.chatterbox.tools.resources import Footprint, overlap

from . import virtual_time
from .random_home import (
    Batch,
    Run,
    batches,
    capped_batches,
    dispatch,
    hasty_batches,
    one_by_one,
    things,
)

EXAMPLES = settings(
    max_examples=int(os.environ.get("CHATTERBOX_EXAMPLES", "200")),
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(autouse=True)
def _no_log() -> Any:
    """Write no trace of the exceptions that the cases raise."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def check_same_as_one_by_one(run: Run, ran: list[int]) -> None:
    """Check the home's end and all that was seen on the way."""
    expected = one_by_one(run.batch, ran)
    assert run.home.values == expected.values
    assert run.home.seen == expected.seen
    assert not run.torn


def check_results(run: Run, turns: tuple[int, ...] = (0, 1)) -> None:
    """Check that every call has its result, in the order of the calls."""
    for turn in turns:
        calls = [(n, c) for n, c in enumerate(run.batch.calls) if c.turn == turn]
        assert [name for name, _ in run.results[turn]] == [str(n) for n, _ in calls]
        for (number, call), (_, result) in zip(calls, run.results[turn], strict=True):
            late = run.started[number] + call.takes > run.returned[number]
            assert result.error == (late or call.fails not in (None, "late"))


def check_nothing_left(run: Run) -> None:
    """Check that no task and no entry of the ledger is left."""
    assert not run.left
    assert run.ledger_is_empty
    assert not run.unseen


def earlier_conflicts(run: Run, number: int) -> list[int]:
    """Return the calls before this one that it must come after."""
    calls = run.batch.calls
    before = run.order[: run.order.index(number)]
    return [n for n in before if calls[n].touches(calls[number])]


def check_critical_path(run: Run) -> None:
    """Check that each call starts as the last one ends that it must wait for."""
    for number, started in run.started.items():
        waits_for = (run.ended[n] for n in earlier_conflicts(run, number))
        assert started == max((run.arrived[number], *waits_for))
        assert run.returned[number] == started + run.batch.calls[number].takes


def check_no_idle_slot(run: Run) -> None:
    """Check that while a call waits, a conflict or a full cap is why."""
    moments = sorted(
        {*run.arrived.values(), *run.started.values(), *run.ended.values()}
    )
    for begins, ends in pairwise(moments):
        now = (begins + ends) / 2
        for number, arrived in run.arrived.items():
            if arrived < now < run.started[number]:
                assert _must_wait(run, number, now)
        for turn in (0, 1):
            assert len(_running(run, now, turn)) <= run.batch.max_in_flight
        assert len(_covers(run, now)) <= run.batch.cap


def _must_wait(run: Run, number: int, now: float) -> bool:
    """Return if something keeps a call from running now."""
    call = run.batch.calls[number]
    if any(run.ended[n] > now for n in earlier_conflicts(run, number)):
        return True
    if not call.reads and not call.writes:
        return False
    if len(_running(run, now, call.turn)) >= run.batch.max_in_flight:
        return True
    return _is_cover(run, number) and len(_covers(run, now)) >= run.batch.cap


def _running(run: Run, now: float, turn: int) -> list[int]:
    """Return the calls of a turn that hold a slot now."""
    return [
        number
        for number, started in run.started.items()
        if (call := run.batch.calls[number]).turn == turn
        and (call.reads or call.writes)
        and started < now < run.ended[number]
    ]


def _covers(run: Run, now: float) -> list[int]:
    """Return the calls that write covers now."""
    return [n for t in (0, 1) for n in _running(run, now, t) if _is_cover(run, n)]


def _is_cover(run: Run, number: int) -> bool:
    """Return if a call writes a cover."""
    written = things(run.batch.calls[number].writes)
    return any(thing.startswith("cover") for thing in written)


def unlimited(batch: Batch) -> None:
    """Nothing but conflicts keeps a call waiting."""
    run = virtual_time.run(dispatch(batch))
    check_same_as_one_by_one(run, run.order)
    check_results(run)
    check_critical_path(run)
    check_nothing_left(run)


def capped(batch: Batch) -> None:
    """So many calls at once and no more, and no slot stands idle."""
    run = virtual_time.run(dispatch(batch))
    check_same_as_one_by_one(run, run.order)
    check_results(run)
    check_no_idle_slot(run)
    check_nothing_left(run)


def hasty(batch: Batch) -> None:
    """Past its deadline a call keeps nobody waiting, and the results say so."""
    run = virtual_time.run(dispatch(batch))
    check_results(run)
    check_nothing_left(run)
    calls, deadline = batch.calls, batch.deadline
    for number, started in run.started.items():
        conflicts = earlier_conflicts(run, number)
        waits_for = (min(run.ended[n], run.started[n] + deadline) for n in conflicts)
        assert started == max((run.arrived[number], *waits_for))
        assert run.returned[number] == started + min(calls[number].takes, deadline)
        result = dict(run.results[calls[number].turn])[str(number)]
        ends = [run.ended[n] for n in conflicts if calls[n].writes]
        if started not in ends:
            assert ("order" in result.data) == any(end > started for end in ends)


def cancelled(batch: Batch, cancel_at: int, steps: int) -> None:
    """Let a cancelled turn start nothing more; its writes and the other turn go on."""
    run = virtual_time.run(dispatch(batch, cancel_at, steps))
    calls = batch.calls
    check_same_as_one_by_one(run, [n for n in run.order if n in run.started])
    check_results(run, turns=(1,))
    check_nothing_left(run)
    for number, started in run.started.items():
        call = calls[number]
        assert call.turn == 1 or number in run.started_in_time
        if call.writes:
            assert run.ended[number] >= started + call.takes


@EXAMPLES
@given(batch=batches)
def test_same_end_as_one_by_one_at_the_cost_of_the_longest_chain(batch: Batch) -> None:
    """Same end state, same reads, results in call order, on the critical path."""
    unlimited(batch)


@EXAMPLES
@given(batch=capped_batches)
def test_caps_are_kept_and_no_slot_stands_idle(batch: Batch) -> None:
    """The same, with caps on what is in flight."""
    capped(batch)


@EXAMPLES
@given(batch=hasty_batches)
def test_waits_are_bounded_by_deadlines(batch: Batch) -> None:
    """Every wait is bounded, and a result says when its order is not certain."""
    hasty(batch)


@EXAMPLES
@given(batch=batches, cancel_at=st.integers(0, 40), steps=st.integers(0, 12))
def test_a_cancelled_turn_starts_nothing_more(
    batch: Batch, cancel_at: int, steps: int
) -> None:
    """Cancelled at any moment, no write is torn and no call comes after."""
    cancelled(batch, cancel_at, steps)


def stopped(batch: Batch, stop_at: int, steps: int) -> None:
    """Home Assistant stops: nothing begins, what writes comes to its end."""
    run = virtual_time.run(dispatch(batch, stop_at, steps, stop=True))
    assert set(run.started) == run.started_in_time
    assert not run.torn
    for number, started in run.started.items():
        call = batch.calls[number]
        if call.writes:
            assert run.ended[number] >= started + call.takes
    for turn in (0, 1):
        made = [str(n) for n, c in enumerate(batch.calls) if c.turn == turn]
        assert [name for name, _ in run.results[turn]] == made


@EXAMPLES
@given(batch=batches, stop_at=st.integers(0, 40), steps=st.integers(0, 12))
def test_nothing_begins_once_home_assistant_stops(
    batch: Batch, stop_at: int, steps: int
) -> None:
    """Stopped at any moment, no write is torn and every call has its result."""
    stopped(batch, stop_at, steps)


def _reads_conflict_with_nothing(first: Footprint, second: Footprint) -> bool:
    return overlap(first.writes, second.writes)


def _everything_conflicts(first: Footprint, second: Footprint) -> bool:
    return True


def _done_when_returned(event: Any) -> None:
    """See no service call that a tool leaves in the background."""


def _slots_for_all(self: slots.Slots, record: CallRecord) -> bool:
    return True


def _stop_nothing(self: ledger.Ledger, event: Any = None) -> None:
    pass


def _abort_nothing(self: dispatcher.OrderedDispatcher) -> None:
    self._turn.aborted = False


@pytest.mark.parametrize(
    ("target", "name", "broken", "cases", "check"),
    [
        pytest.param(
            ledger,
            "conflict",
            _reads_conflict_with_nothing,
            batches,
            unlimited,
            id="reads do not wait",
        ),
        pytest.param(
            ledger, "conflict", _everything_conflicts, batches, unlimited, id="all wait"
        ),
        pytest.param(
            service_watch,
            "_service_called",
            _done_when_returned,
            batches,
            unlimited,
            id="background work is not waited for",
        ),
        pytest.param(
            slots.Slots, "take", _slots_for_all, capped_batches, capped, id="no caps"
        ),
        pytest.param(
            dispatcher.OrderedDispatcher,
            "abort",
            _abort_nothing,
            st.tuples(batches, st.just(2), st.just(3)),
            lambda case: cancelled(*case),
            id="cancelled turns go on",
        ),
        pytest.param(
            ledger.Ledger,
            "stop",
            _stop_nothing,
            st.tuples(batches, st.just(2), st.just(3)),
            lambda case: stopped(*case),
            id="turns go on as Home Assistant stops",
        ),
    ],
)
def test_the_properties_see_a_broken_dispatcher(
    monkeypatch: pytest.MonkeyPatch,
    target: Any,
    name: str,
    broken: Any,
    cases: st.SearchStrategy[Any],
    check: Callable[[Any], None],
) -> None:
    """Each way to break it makes a property fail."""
    monkeypatch.setattr(target, name, broken)
    search = settings(
        EXAMPLES,
        max_examples=300,
        derandomize=True,
        print_blob=False,
        report_multiple_bugs=False,
        phases=[Phase.generate],
    )
    with pytest.raises(AssertionError):
        search(given(cases)(check))()


def test_the_clock_of_these_tests_finds_a_deadlock() -> None:
    """A wait that nothing will end is an error, not a hang."""

    async def wait_for_ever() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(virtual_time.NothingLeftError):
        virtual_time.run(wait_for_ever())


def test_the_clock_does_not_wait_for_a_cancelled_timer() -> None:
    """It goes to the next one that is not."""

    async def wait() -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(3600, print).cancel()
        began = time.monotonic()
        await asyncio.sleep(7200)
        assert time.monotonic() - began < 60

    virtual_time.run(wait())
