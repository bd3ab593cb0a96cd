"""The cache against a home without one, over random scripts; and with its parts broken."""

from collections.abc import Callable
import os
from random import Random
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.chatterbox.tools.cache import cache, entries as cache_entries
from custom_components.chatterbox.tools.cache.cache import ToolResultCache
from custom_components.chatterbox.tools.cache.dependencies import Holds
from custom_components.chatterbox.tools.cache.entries import CacheKey, Change, Entry
from custom_components.chatterbox.tools.cache.invalidation import Invalidator
from custom_components.chatterbox.tools.cache.single_flight import Flight, SingleFlight
from custom_components.chatterbox.tools.cache.snapshot import Snapshot

from .cache_world import GRAMMAR, WrongAnswerError, play, prepare, random_script


@pytest.fixture(autouse=True)
async def home(hass: HomeAssistant) -> None:
    """Set up a home with two to-do lists."""
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    await prepare(hass)
    await hass.async_block_till_done()


scripts = st.lists(
    st.one_of(
        *(
            st.tuples(st.just(step[0]), *map(st.sampled_from, step[1:]))
            for step in GRAMMAR
        )
    ),
    max_size=80,
)


@settings(
    max_examples=int(os.environ.get("CHATTERBOX_EXAMPLES", "200")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(script=scripts)
async def test_what_is_served_could_have_been_fetched(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, script: list[Any]
) -> None:
    """Whatever happens in whatever order, nobody is told what could not be so."""
    await play(hass, monkeypatch, script)


async def test_the_scripts_serve_something(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all that is asked, much is answered, and much of it by the cache."""
    served = hits = stale = coalesced = 0
    for seed in range(60):
        world = await play(hass, monkeypatch, random_script(Random(seed)))
        served += world.served
        hits += world.cache.statistics().hits
        stale += world.cache.statistics().stale_served
        coalesced += world.cache.statistics().coalesced
    assert served > 200
    assert hits > 50
    assert stale > 20
    assert coalesced > 10


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Do nothing."""


def _deaf_to(*handlers: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Return what makes the invalidator deaf to an announcement."""

    def break_it(patch: pytest.MonkeyPatch) -> None:
        for handler in handlers:
            patch.setattr(Invalidator, handler, _nothing)

    return break_it


def _keep_what_was_read_before(patch: pytest.MonkeyPatch) -> None:
    def close_to_others(flights: SingleFlight, flight: Flight) -> None:
        flights._joinable.pop(flight.terms.key, None)

    patch.setattr(SingleFlight, "close_to_others", close_to_others)


def _join_what_began_before(patch: pytest.MonkeyPatch) -> None:
    def close_to_others(flights: SingleFlight, flight: Flight) -> None:
        flight.current = False

    patch.setattr(SingleFlight, "close_to_others", close_to_others)


def _forget_the_time(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Entry, "age", lambda entry, now: 0.0)


def _keep_failures(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cache, "failed", lambda result: False)


def _mix_up_arguments(patch: pytest.MonkeyPatch) -> None:
    def of(tool: str, args: Any, scope: Any = None) -> CacheKey:
        return CacheKey(tool, "")

    patch.setattr(CacheKey, "of", of)


def _share_what_can_be_changed(patch: pytest.MonkeyPatch) -> None:
    def of(value: Any) -> Snapshot:
        return Snapshot(1, lambda: value)

    patch.setattr(Snapshot, "of", of)


def _stand_in_after_a_write(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Entry, "survives", lambda entry, change: True)


def _serve_what_is_outdated(patch: pytest.MonkeyPatch) -> None:
    def touch(
        entries: cache_entries.CacheEntries, entry: Entry, change: Change, cause: str
    ) -> None:
        if not entry.survives(change):
            entries.drop(entry, cause)

    patch.setattr(cache_entries.CacheEntries, "touch", touch)


def _cancel_for_all(patch: pytest.MonkeyPatch) -> None:
    async def wait(flights: SingleFlight, flight: Flight) -> Any:
        return await flight.task

    patch.setattr(SingleFlight, "wait", wait)


@pytest.mark.parametrize(
    "break_it",
    [
        pytest.param(_deaf_to("_state_changed"), id="deaf to states"),
        pytest.param(_deaf_to("_state_reported"), id="deaf to reports"),
        pytest.param(_deaf_to("_service_called"), id="deaf to services"),
        pytest.param(_deaf_to("write_began", "write_ended"), id="deaf to writes"),
        pytest.param(_deaf_to("_entity_registered"), id="deaf to the registry"),
        pytest.param(_deaf_to("_exposure_changed"), id="deaf to exposure"),
        pytest.param(_deaf_to("_core_changed"), id="deaf to units"),
        pytest.param(_deaf_to("_service_described"), id="deaf to descriptions"),
        pytest.param(_deaf_to("_config_entry_changed"), id="deaf to reloads"),
        pytest.param(
            lambda patch: (
                patch.setattr(Holds, "write_began", _nothing)
                or patch.setattr(Holds, "write_ended", _nothing)
            ),
            id="no block while writing",
        ),
        pytest.param(
            lambda patch: patch.setattr(Holds, "hold", _nothing), id="no hold after"
        ),
        pytest.param(
            lambda patch: patch.setattr(ToolResultCache, "invalidate", _nothing),
            id="no dropping by hand",
        ),
        pytest.param(_keep_what_was_read_before, id="old fills are kept"),
        pytest.param(_join_what_began_before, id="old fills are joined"),
        pytest.param(_forget_the_time, id="no expiry"),
        pytest.param(_keep_failures, id="failures are kept"),
        pytest.param(_mix_up_arguments, id="one key for all"),
        pytest.param(_share_what_can_be_changed, id="no copies"),
        pytest.param(_stand_in_after_a_write, id="stands in after a write"),
        pytest.param(_serve_what_is_outdated, id="outdated is served"),
        pytest.param(_cancel_for_all, id="cancellation spreads"),
    ],
)
async def test_a_broken_cache_is_found_out(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    break_it: Callable[[pytest.MonkeyPatch], None],
) -> None:
    """With any one part of it broken, some script shows it."""
    break_it(monkeypatch)
    for seed in range(1000):
        try:
            await play(hass, monkeypatch, random_script(Random(seed)))
        except WrongAnswerError:
            return
    pytest.fail("no script told the broken cache from the whole one")
