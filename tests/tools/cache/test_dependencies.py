"""Tests for who depends on what."""

from weakref import ref

from hypothesis import given, strategies as st
import pytest

from custom_components.chatterbox.tools.cache.dependencies import Dependencies, Holds
from custom_components.chatterbox.tools.resources import overlap, widened

RESOURCES = [
    "light.kitchen",
    "light.bed",
    "light.*",
    "lightning.sky",
    "todo.list",
    "todo.*",
    "integration:light",
    "integration:mcp",
    "service:todo.get_items",
    "timers",
    "*",
]
resources = st.frozensets(st.sampled_from(RESOURCES), min_size=1, max_size=3)


@pytest.mark.parametrize(
    ("resource", "wider"),
    [
        ("light.kitchen", ("light.kitchen", "light.*", "*")),
        ("light.*", ("light.*", "*")),
        ("integration:mcp", ("integration:mcp", "*")),
        ("service:todo.get_items", ("service:todo.get_items", "*")),
        ("timers", ("timers", "*")),
        ("*", ("*",)),
    ],
)
def test_what_contains_a_resource(resource: str, wider: tuple[str, ...]) -> None:
    """Only entities have a domain."""
    assert widened(resource) == wider


@given(reads=resources, written=st.sampled_from(RESOURCES))
def test_the_index_finds_what_overlaps(reads: frozenset[str], written: str) -> None:
    """By the same rule by which the dispatcher orders calls, looked up."""
    index: Dependencies[str] = Dependencies()
    index.add("reader", reads)
    assert bool(index.of(written)) is overlap(reads, frozenset({written}))
    index.remove("reader", reads)
    assert index.of(written) == set()
    assert not index.has("light.kitchen")


@given(reads=resources, written=resources)
def test_a_hold_is_on_what_overlaps(
    reads: frozenset[str], written: frozenset[str]
) -> None:
    """By the same rule again, for writes and for a time."""
    holds = Holds()
    holds.write_began(written)
    assert holds.on(reads, 0.0) is overlap(reads, written)
    holds.write_ended(written)
    assert not holds.on(reads, 0.0)
    holds.hold(written, 0.0, 10.0)
    assert holds.on(reads, 9.9) is overlap(reads, written)
    assert not holds.on(reads, 10.0)


@given(reads=resources)
def test_a_state_change_concerns_who_reads_the_entity(reads: frozenset[str]) -> None:
    """Asked for every change in the home, so it is a look-up and no more."""
    index: Dependencies[str] = Dependencies()
    index.add("reader", reads)
    changed = "light.kitchen"
    assert index.has(changed) is overlap(reads, frozenset({changed}))


def test_a_longer_hold_is_not_shortened() -> None:
    """Two calls of an action, one after the other."""
    holds = Holds()
    holds.hold(["light.kitchen"], 0.0, 10.0)
    holds.hold(["light.kitchen"], 1.0, 2.0)
    assert holds.on(frozenset({"light.kitchen"}), 9.0)


def test_what_has_ended_is_forgotten_though_nothing_is_read() -> None:
    """A home acts for days before somebody asks."""
    holds = Holds()

    def ended() -> bool:
        return False

    kept = ref(ended)
    holds.while_running({"light.bed"}, ended)
    del ended
    holds.while_running({"light.kitchen"}, lambda: True)
    assert kept() is None
    assert holds.on(frozenset({"light.kitchen"}), 0.0)
    assert not holds.on(frozenset({"light.bed"}), 0.0)
