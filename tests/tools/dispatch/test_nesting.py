"""Calls made inside calls: an agent that asks another, a script that asks an agent.

`CHATTERBOX_EXAMPLES` sets how many cases the property tries, 200 by default.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
import os
from typing import Any

from homeassistant.core import CoreState
from hypothesis import given, settings, strategies as st
import pytest

from custom_components.chatterbox.tools.dispatch import ledger
from custom_components.chatterbox.tools.dispatch.call_record import CallRecord
from custom_components.chatterbox.tools.dispatch.limits import CallPlan, DispatchOptions
from custom_components.chatterbox.tools.resources import Footprint

from ..planning.planned import (
    PlannedHome,
    PlannedTurn,
    in_planned_home,
    planned,
    reads,
    writes,
)

DEADLINE = 1000.5
"""Seconds; whoever waits for it has waited for somebody who waited for them."""
THINGS = ("light.a", "light.b", "cover.a", "light.*", "*")


@dataclass(frozen=True)
class Tree:
    """A call, and the calls that it makes at once by another agent."""

    reads: frozenset[str]
    writes: frozenset[str]
    takes: int
    pause: int
    turn: int
    inside: tuple[Tree, ...] = ()


def _trees(inside: st.SearchStrategy[Any]) -> st.SearchStrategy[Tree]:
    things = st.frozensets(st.sampled_from(THINGS), max_size=2)
    return st.builds(
        Tree,
        reads=things,
        writes=things,
        takes=st.integers(0, 4),
        pause=st.integers(0, 4),
        turn=st.integers(0, 2),
        inside=inside,
    )


trees = st.recursive(
    _trees(st.just(())),
    lambda inner: _trees(st.lists(inner, max_size=3).map(tuple)),
    max_leaves=6,
)


def live(calls: list[Tree], cap: int) -> None:
    """Check that all calls come to their end, and none by its deadline."""

    async def test(home: PlannedHome) -> None:
        options = DispatchOptions(max_in_flight=cap, integration_caps={"hub": cap})
        turns = [home.turn(str(number), options) for number in range(3)]

        async def run(tree: Tree, turn: PlannedTurn) -> None:
            await asyncio.sleep(tree.pause)
            plan = CallPlan(
                footprint=Footprint(tree.reads, tree.writes),
                deadline=DEADLINE,
                integrations=frozenset({"hub"}),
            )

            async def act() -> None:
                await asyncio.sleep(tree.takes)
                # Each agent that is asked has a turn of its own.
                other = home.turn("inside", options) if tree.inside else turn
                await asyncio.gather(*(run(one, other) for one in tree.inside))

            result = await turn.call("call", plan, act)
            assert not result.error, result.data

        await asyncio.gather(*(run(tree, turns[tree.turn]) for tree in calls))
        assert home.hass.loop.time() < DEADLINE

    in_planned_home(test)


@settings(
    max_examples=int(os.environ.get("CHATTERBOX_EXAMPLES", "200")),
    deadline=None,
    database=None,
    print_blob=True,
)
@given(calls=st.lists(trees, min_size=1, max_size=6), cap=st.integers(1, 3))
def test_no_two_ever_wait_for_each_other(calls: list[Tree], cap: int) -> None:
    """Whatever is inside what, and however few slots there are."""
    live(calls, cap)


def stopped(calls: list[Tree], stop_at: int, ticks: int) -> None:
    """Check that nothing begins once Home Assistant stops, and every write ends."""

    async def test(home: PlannedHome) -> None:
        home.hass.set_state(CoreState.running)
        turns = [home.turn(str(number)) for number in range(3)]
        made: list[asyncio.Task[Any]] = []

        async def run(tree: Tree, turn: PlannedTurn) -> None:
            await asyncio.sleep(tree.pause)
            plan = CallPlan(footprint=Footprint(tree.reads, tree.writes), deadline=99.5)
            name = f"{'write' if tree.writes else 'read'} {len(made)}"

            async def act() -> None:
                await asyncio.sleep(tree.takes)
                other = home.turn("inside") if tree.inside else turn
                await asyncio.gather(*(run(one, other) for one in tree.inside))

            made.append(turn.call(name, plan, act))
            await asyncio.wait([made[-1]])

        running = [asyncio.ensure_future(run(t, turns[t.turn])) for t in calls]
        await asyncio.sleep(stop_at)
        for _ in range(ticks):
            await asyncio.sleep(0)
        begun = list(home.events)
        await home.hass.async_stop(force=True)
        await asyncio.wait(running)
        assert all(call.done() for call in made)
        assert not [e for e in home.events[len(begun) :] if e.endswith("began")]
        for event in begun:
            if event.startswith("write") and event.endswith("began"):
                assert event.replace("began", "ended") in home.events

    in_planned_home(test)


@settings(
    max_examples=int(os.environ.get("CHATTERBOX_EXAMPLES", "200")),
    deadline=None,
    database=None,
    print_blob=True,
)
@given(
    calls=st.lists(trees, min_size=1, max_size=6),
    stop_at=st.integers(0, 12),
    ticks=st.integers(0, 12),
)
def test_nothing_begins_inside_a_call_once_home_assistant_stops(
    calls: list[Tree], stop_at: int, ticks: int
) -> None:
    """At whatever tick, however deep; what has begun to write comes to its end."""
    stopped(calls, stop_at, ticks)


def _as_if_not_nested(record: CallRecord, other: CallRecord) -> bool:
    return other not in record.ancestors and ledger.conflict(
        record.plan.footprint, other.plan.footprint
    )


@pytest.mark.parametrize(
    ("name", "broken"),
    [("_must_wait", staticmethod(_as_if_not_nested))],
)
def test_the_property_sees_a_deadlock(
    monkeypatch: pytest.MonkeyPatch, name: str, broken: Callable[..., bool]
) -> None:
    """A nested call that waits as any other makes it fail."""
    monkeypatch.setattr(ledger.Ledger, name, broken)
    search = settings(max_examples=300, deadline=None, database=None, derandomize=True)(
        given(st.lists(trees, min_size=1, max_size=6), st.integers(1, 3))(live)
    )
    with pytest.raises(AssertionError):
        search()


@planned
async def test_a_call_inside_does_not_wait_for_what_waits_for_its_outer_call(
    home: PlannedHome,
) -> None:
    """The outer call holds the light that the waiting one wants."""
    turn, inner = home.turn("one"), home.turn("two")

    async def ask_agent() -> None:
        await asyncio.sleep(1)
        await inner.call("inside", writes("light.b"), 1)

    outer = turn.call("outer", writes("light.a"), ask_agent)
    waits = turn.call("waits", writes("light.a", "light.b"), 1)
    await asyncio.gather(outer, waits)
    assert home.hass.loop.time() == 3
    assert home.events.index("inside ended") < home.events.index("waits began")


@planned
async def test_two_calls_that_need_each_others_slot(home: PlannedHome) -> None:
    """One slot each, and each asks the other's agent."""
    options = DispatchOptions(max_in_flight=1)
    one, two = home.turn("one", options), home.turn("two", options)

    def ask(turn: PlannedTurn, name: str) -> Callable[[], Any]:
        async def act() -> None:
            await asyncio.sleep(1)
            await turn.call(name, writes(name), 1)

        return act

    await asyncio.gather(
        one.call("a", writes("a"), ask(two, "c")),
        two.call("b", writes("b"), ask(one, "d")),
    )
    assert home.hass.loop.time() == 2


@planned
async def test_a_call_inside_a_read_that_another_has_joined(home: PlannedHome) -> None:
    """Who holds the light waits for the answer, which is not in the ledger."""
    inner = home.turn("inner")

    async def answer() -> None:
        await asyncio.sleep(1)
        await inner.call("inside", writes("light.a"), 1)

    read = home.turn("one").call("read", reads("todo.a"), answer)

    async def join() -> None:
        await asyncio.wait([read])

    await home.turn("two").call("write", writes("light.a"), join)
    assert home.hass.loop.time() == 2
