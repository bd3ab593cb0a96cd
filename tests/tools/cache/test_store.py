"""Tests for the results that outlive a restart."""

from collections.abc import Iterator
from datetime import timedelta
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import storage
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed,
)

from custom_components.chatterbox.tools.cache.cache import ToolResultCache
from custom_components.chatterbox.tools.cache.entries import CacheKey, CacheTerms
from custom_components.chatterbox.tools.cache.home import (
    DATA_TOOL_CACHE,
    async_join_cache,
    async_leave_cache,
)
from custom_components.chatterbox.tools.cache.policy import CachePolicy
from custom_components.chatterbox.tools.cache.store import STORAGE_KEY, KeptResults

from ...weather_home import GARDEN, WeatherHome, make_weather_home
from .kept_results import KEY, RESULT, entry_of, entry_with_result, found, keep, restart

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture(autouse=True)
async def home(hass: HomeAssistant) -> WeatherHome:
    """Set up a home with weather."""
    return await make_weather_home(hass)


async def test_results_outlive_a_restart(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """What was fetched before is served after, as old as it is."""
    entry = await entry_with_result(hass)
    await restart(hass, entry)
    assert found(hass) == RESULT
    (kept,) = hass.data[DATA_TOOL_CACHE].entries.all()
    assert kept.cost == 1.5
    assert kept.terms.depends_on == {GARDEN, "platform:sky"}
    assert hass_storage[STORAGE_KEY]["data"]["results"][0]["tool"] == KEY.tool
    await async_leave_cache(hass, entry)


@pytest.mark.parametrize(
    ("away", "there"),
    [(200, True), (299, True), (301, False), (4000, False), (-60, False)],
)
async def test_they_expire_by_the_wall_clock(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    away: float,
    there: bool,
) -> None:
    """The time that Home Assistant was down counts; a clock set back forbids trust."""
    entry = await entry_with_result(hass)
    await async_leave_cache(hass, entry)
    freezer.tick(timedelta(seconds=away))
    await async_join_cache(hass, entry)
    assert (found(hass) is not None) is there
    assert len(hass.data[DATA_TOOL_CACHE]) == (there or away == 301)
    await async_leave_cache(hass, entry)


async def test_they_wait_for_the_states_they_were_fetched_under(
    hass: HomeAssistant, hass_storage: dict[str, Any], home: WeatherHome
) -> None:
    """While an entity is not back they are not served; back as it was, they are."""
    entry = await entry_with_result(hass)
    await async_leave_cache(hass, entry)
    state = hass.states.get(GARDEN)
    assert state
    hass.states.async_set(GARDEN, "unavailable", {"restored": True})
    await async_join_cache(hass, entry)
    assert found(hass) is None
    hass.states.async_set(GARDEN, state.state, state.attributes)
    assert found(hass) == RESULT
    await async_leave_cache(hass, entry)


@pytest.mark.parametrize("heard", [True, False])
async def test_a_state_that_changed_meanwhile_forbids_them(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    home: WeatherHome,
    heard: bool,
) -> None:
    """Whether it is found so, or comes back so."""
    entry = await entry_with_result(hass)
    await async_leave_cache(hass, entry)
    if heard:
        hass.states.async_set(GARDEN, "unavailable")
        await async_join_cache(hass, entry)
        home.entities[GARDEN].become("rainy")
    else:
        home.entities[GARDEN].become("rainy")
        await async_join_cache(hass, entry)
    assert found(hass) is None
    await async_leave_cache(hass, entry)


async def test_a_write_before_they_were_asked_for_drops_them(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """What is announced after the restart counts for what was kept from before."""
    entry = await entry_with_result(hass)
    await restart(hass, entry)
    hass.bus.async_fire(
        "call_service",
        {"domain": "weather", "service": "x", "service_data": {"entity_id": GARDEN}},
    )
    assert len(hass.data[DATA_TOOL_CACHE]) == 0
    await async_leave_cache(hass, entry)


async def test_services_that_come_at_start_say_nothing(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """Every service is registered at start; only a live result minds."""
    resource = "service:weather.get_forecasts"
    entry = entry_of(hass)
    await async_join_cache(hass, entry)
    keep(hass, depends_on=frozenset({GARDEN, resource}))
    await restart(hass, entry)
    registered = {"domain": "weather", "service": "get_forecasts"}
    hass.bus.async_fire("service_registered", registered)
    assert found(hass) == RESULT
    hass.bus.async_fire("service_registered", registered)
    assert found(hass) is None
    await async_leave_cache(hass, entry)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"private": True}, id="private"),
        pytest.param({"depends_on": frozenset({"weather.*"})}, id="a whole domain"),
        pytest.param({"depends_on": frozenset({"*"})}, id="the whole home"),
    ],
)
async def test_what_is_never_written(
    hass: HomeAssistant, hass_storage: dict[str, Any], changes: dict[str, Any]
) -> None:
    """What is private, and what nobody could confirm."""
    entry = entry_of(hass)
    await async_join_cache(hass, entry)
    keep(hass, **changes)
    await async_leave_cache(hass, entry)
    assert hass_storage[STORAGE_KEY]["data"]["results"] == []
    assert "rain" not in json.dumps(hass_storage[STORAGE_KEY])


async def test_once_private_always_private(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """A result that a private agent was served is not written for another."""
    entry = await entry_with_result(hass)
    private = CachePolicy(ttl=300.0, private=True)
    assert hass.data[DATA_TOOL_CACHE].find(CacheTerms(KEY, private))
    keep(hass)
    await async_leave_cache(hass, entry)
    assert hass_storage[STORAGE_KEY]["data"]["results"] == []


async def test_what_0_1_0_kept_is_served(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The file is one that 0.1.0 wrote at noon; its Home Assistant is as it was."""
    stored = json.loads((FIXTURES / "tool_results_0.1.0.json").read_text())
    stored["data"]["home_assistant"] = _ha_version()
    hass_storage[STORAGE_KEY] = stored
    freezer.move_to("2026-11-01 12:04:59+00:00")
    entry = entry_of(hass)
    await async_join_cache(hass, entry)
    assert found(hass) == RESULT
    await restart(hass, entry)
    assert found(hass) == RESULT
    freezer.move_to("2026-11-01 12:05:01+00:00")
    assert found(hass) is None
    assert not [
        r for r in caplog.records if r.levelname == "WARNING" and "chatterbox" in r.name
    ]
    await async_leave_cache(hass, entry)


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param({"data": {}, "version": 1}, id="empty"),
        pytest.param({"data": {"results": []}, "version": 1}, id="no version"),
        pytest.param({"data": [], "version": 1}, id="a list"),
        pytest.param({"data": {"a": 1}, "version": 0}, id="older"),
        pytest.param({"data": {"a": 1}, "version": 99}, id="newer"),
        pytest.param(
            {
                "data": {"home_assistant": "HERE", "results": [{"tool": "x"}]},
                "version": 1,
            },
            id="half an entry",
        ),
        pytest.param(
            {"data": {"home_assistant": "HERE", "results": "none"}, "version": 1},
            id="text for a list",
        ),
    ],
)
async def test_a_file_that_cannot_be_read_is_set_aside(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    stored: dict[str, Any],
) -> None:
    """With a line in the log, and the cache starts empty and works."""
    text = json.dumps({"key": STORAGE_KEY, "minor_version": 1, **stored})
    hass_storage[STORAGE_KEY] = json.loads(text.replace("HERE", _ha_version()))
    entry = entry_of(hass)
    await async_join_cache(hass, entry)
    assert len(hass.data[DATA_TOOL_CACHE]) == 0
    assert [
        record.levelname
        for record in caplog.records
        if "cannot be read" in record.getMessage()
    ] == ["WARNING"]
    keep(hass)
    await restart(hass, entry)
    assert found(hass) == RESULT
    await async_leave_cache(hass, entry)


def _ha_version() -> str:
    from homeassistant.const import __version__  # noqa: PLC0415

    return __version__


WRITE_DATA = storage.Store._async_write_data
"""As it is before the tests' plugin replaces it."""


@pytest.fixture
def real_files(hass: HomeAssistant, tmp_path: Path) -> Iterator[Path]:
    """Let Home Assistant read and write files; gives the one with the results."""

    def load(store: storage.Store[Any]) -> Any:
        return store._async_load_data()

    hass.config.config_dir = str(tmp_path)
    # It remembers which files there were in the other folder.
    storage.get_internal_store_manager(hass)._files = None
    (tmp_path / ".storage").mkdir()
    with (
        patch.object(storage.Store, "_async_load", load),
        patch.object(storage.Store, "_async_write_data", WRITE_DATA),
    ):
        yield tmp_path / ".storage" / STORAGE_KEY


def files_beside(path: Path) -> dict[str, str]:
    """Return the names and texts of the files in the folder of one."""
    return {other.name: other.read_text() for other in path.parent.iterdir()}


@pytest.mark.parametrize(
    "text", ["", "{", '{"version": 1, "data"', "\x00\x00", "[]", "5", '{"a": 1}']
)
async def test_a_damaged_file_is_set_aside(
    hass: HomeAssistant, real_files: Path, text: str
) -> None:
    """What cannot be read is moved away, and another file is begun."""
    await hass.async_add_executor_job(real_files.write_text, text)
    cache = ToolResultCache()
    kept = KeptResults(hass, cache)
    await kept.async_start()
    assert len(cache) == 0
    aside = files_beside(real_files)
    assert list(aside.values()) == [text]
    assert STORAGE_KEY not in aside
    await kept.async_stop()
    written = files_beside(real_files)[STORAGE_KEY]
    assert json.loads(written)["data"]["results"] == []
    mode = (await hass.async_add_executor_job(real_files.stat)).st_mode
    assert mode & 0o077 == 0


async def test_results_of_another_home_assistant_are_not_trusted(
    hass: HomeAssistant, hass_storage: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an update, services may answer otherwise."""
    entry = await entry_with_result(hass)
    await async_leave_cache(hass, entry)
    hass_storage[STORAGE_KEY]["data"]["home_assistant"] = "2026.9.0"
    await async_join_cache(hass, entry)
    assert len(hass.data[DATA_TOOL_CACHE]) == 0
    await async_leave_cache(hass, entry)


async def test_writes_are_delayed_and_drops_are_written_soon(
    hass: HomeAssistant, hass_storage: dict[str, Any], freezer: FrozenDateTimeFactory
) -> None:
    """Flash memory wears; but what is wrong must not come back after a crash."""

    async def wait(seconds: float) -> None:
        freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(hass, dt_util.utcnow())
        await hass.async_block_till_done()

    def written() -> int:
        if STORAGE_KEY not in hass_storage:
            return 0
        return len(hass_storage[STORAGE_KEY]["data"]["results"])

    entry = await entry_with_result(hass)
    await wait(30)
    assert written() == 0
    await wait(31)
    assert written() == 1
    hass.data[DATA_TOOL_CACHE].clear()
    await wait(2)
    assert written() == 0
    await async_leave_cache(hass, entry)


async def test_they_are_written_at_stop(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """What was not written yet is, as Home Assistant stops."""
    entry = await entry_with_result(hass)
    assert STORAGE_KEY not in hass_storage
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert len(hass_storage[STORAGE_KEY]["data"]["results"]) == 1
    await async_leave_cache(hass, entry)


@pytest.mark.parametrize(
    "change",
    [
        {"policy": {"ttl": None}},
        {"policy": {"ttl": "soon"}},
        {"policy": {"ttl": float("nan")}},
        {"began": None},
        {"began": 1e300},
        {"cost": None},
        {"data": []},
        {"data": None},
        {"states": {"light.a": None}},
        {"depends_on": [None]},
        {"depends_on": "light.a"},
        {"tool": None},
        {"more": 1},
    ],
    ids=str,
)
async def test_anything_odd_in_the_file_is_an_empty_cache(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    change: dict[str, Any],
) -> None:
    """And one line in the log, never a failed set-up."""
    entry = await entry_with_result(hass)
    await async_leave_cache(hass, entry)
    (result,) = hass_storage[STORAGE_KEY]["data"]["results"]
    policy = result["policy"]
    result |= change
    result["policy"] = policy | change.get("policy", {})
    with patch("os.replace"):
        await async_join_cache(hass, entry)
    assert found(hass) is None
    assert caplog.text.count("cannot be read") == 1
    await async_leave_cache(hass, entry)


async def test_a_later_save_does_not_postpone_a_drop(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """A crash must not bring back what is known to be wrong."""
    entry = entry_of(hass)
    await async_join_cache(hass, entry)
    kept = keep(hass)
    hass.data[DATA_TOOL_CACHE].entries.drop(kept, "a test")
    keep(hass, key=CacheKey.of("weather.get_forecasts", {"entity_id": []}))
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=2))
    await hass.async_block_till_done()
    assert len(hass_storage[STORAGE_KEY]["data"]["results"]) == 1
    await async_leave_cache(hass, entry)


async def test_arguments_that_are_not_json_are_those_of_no_call(
    hass: HomeAssistant,
) -> None:
    """Whoever clears the cache may write what they like."""
    cache, odd = ToolResultCache(), {"key": {(1, 2): object()}}
    cache.put("tool", odd, 1)
    assert cache.get("tool", odd) is None
    assert cache.invalidate("tool", odd) == 0
