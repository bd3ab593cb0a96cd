"""Tests for what drops results, by the events that Home Assistant itself fires."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import (
    async_expose_entity,
)
from homeassistant.config_entries import ConfigEntryState, ConfigFlow
from homeassistant.core import (
    HomeAssistant,
)
from homeassistant.helpers import area_registry as ar, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockUser,
    mock_config_flow,
    mock_integration,
    mock_platform,
)

from custom_components.chatterbox.tools.cache.dependencies import REGISTRY, person
from custom_components.chatterbox.tools.dispatch.ledger import async_get_ledger

from .caching import Clock
from .listening import Kept, listening


@pytest.fixture
async def kept(hass: HomeAssistant, clock: Clock) -> AsyncIterator[Kept]:
    """Give a cache that listens to a home with a calendar and two weather entities."""
    async with listening(hass, clock) as kept:
        yield kept


# States.


@pytest.mark.parametrize(
    ("entity_id", "state", "attributes", "stays"),
    [
        pytest.param("weather.home", "rain", {}, False, id="state"),
        pytest.param("weather.home", "on", {"humidity": 5}, False, id="attribute"),
        pytest.param("weather.home", "unavailable", {}, False, id="unavailable"),
        pytest.param("weather.cabin", "rain", {}, True, id="another entity"),
        pytest.param(
            "weather.home", "on", {"media_position": 9}, False, id="ticks elsewhere"
        ),
    ],
)
async def test_a_new_state_drops_what_was_read_from_it(
    hass: HomeAssistant,
    kept: Kept,
    entity_id: str,
    state: str,
    attributes: dict[str, Any],
    stays: bool,
) -> None:
    """Every change of the entity counts, and of no other entity."""
    kept.put("weather.home")
    hass.states.async_set(entity_id, state, {"friendly_name": "home", **attributes})
    assert kept.there is stays


@pytest.mark.parametrize(
    ("attributes", "stays"),
    [
        pytest.param({"media_position": 2, "media_title": "a"}, True, id="ticks"),
        pytest.param({"media_title": "a"}, True, id="tick goes away"),
        pytest.param({"media_position": 2, "media_title": "b"}, False, id="both"),
        pytest.param({"media_position": 1, "media_title": "a"}, False, id="forced"),
    ],
)
async def test_attributes_that_merely_tick_drop_nothing(
    hass: HomeAssistant, kept: Kept, attributes: dict[str, Any], stays: bool
) -> None:
    """A player that plays on has not changed; one reported again may have."""
    entity_id = "media_player.radio"
    before = {"media_position": 1, "media_title": "a"}
    hass.states.async_set(entity_id, "playing", before)
    kept.put(entity_id)
    hass.states.async_set(entity_id, "playing", attributes, force_update=True)
    assert kept.there is stays


@pytest.mark.parametrize("reads", ["weather.*", "*"])
async def test_a_state_drops_what_was_read_from_its_domain_or_all(
    hass: HomeAssistant, kept: Kept, reads: str
) -> None:
    """What read every entity depends on each of them."""
    kept.put(reads)
    hass.states.async_set("weather.cabin", "rain")
    assert not kept.there


async def test_an_entity_that_goes_away_drops(hass: HomeAssistant, kept: Kept) -> None:
    """A state that is removed is a change."""
    kept.put("weather.home")
    hass.states.async_remove("weather.home")
    assert not kept.there


# What results were made under.


def _rename(hass: HomeAssistant) -> None:
    er.async_get(hass).async_update_entity("weather.home", name="Outside")


def _new_id(hass: HomeAssistant) -> None:
    er.async_get(hass).async_update_entity(
        "weather.home", new_entity_id="weather.outside"
    )


def _new_area(hass: HomeAssistant) -> None:
    ar.async_get(hass).async_create("Cellar")


def _expose(hass: HomeAssistant) -> None:
    async_expose_entity(hass, "conversation", "weather.cabin", True)


@pytest.mark.parametrize(
    ("reads", "change", "stays"),
    [
        pytest.param("weather.home", _rename, False, id="its name"),
        pytest.param("weather.cabin", _rename, True, id="another's name"),
        pytest.param(REGISTRY, _rename, False, id="any name, found by name"),
        pytest.param("weather.home", _new_id, False, id="its id"),
        pytest.param("weather.home", _new_area, True, id="an area, found by id"),
        pytest.param(REGISTRY, _new_area, False, id="an area, found by name"),
        pytest.param("weather.home", _expose, False, id="what is exposed"),
    ],
)
async def test_what_a_result_was_made_under(
    hass: HomeAssistant,
    kept: Kept,
    reads: str,
    change: Callable[[HomeAssistant], None],
    stays: bool,
) -> None:
    """Registries and exposure drop what was found or may be seen through them."""
    kept.put(reads)
    change(hass)
    await hass.async_block_till_done()
    assert kept.there is stays


async def test_units_drop_everything(hass: HomeAssistant, kept: Kept) -> None:
    """A forecast in other units is another answer; a start-up is no change."""
    kept.put("weather.home")
    hass.bus.async_fire("core_config_updated")
    await hass.async_block_till_done()
    assert kept.there
    await hass.config.async_update(unit_system="us_customary")
    await hass.async_block_till_done()
    assert not kept.there


async def test_a_persons_rights_drop_what_they_were_told(
    hass: HomeAssistant, kept: Kept
) -> None:
    """A person who may do less now does not get what they got before."""
    user = MockUser(id="someone").add_to_hass(hass)
    kept.put(person("someone"), plain=True)
    await hass.auth.async_update_user(user, group_ids=["system-read-only"])
    await hass.async_block_till_done()
    assert not kept.there


async def test_a_reload_drops_what_the_integration_answered(
    hass: HomeAssistant, kept: Kept
) -> None:
    """By any of its entities, or by a service of its own."""

    async def _true(*args: Any) -> bool:
        return True

    mock_integration(
        hass,
        MockModule("met", async_setup_entry=_true, async_unload_entry=_true),
        built_in=False,
    )
    mock_platform(hass, "met.config_flow", None)
    entry = MockConfigEntry(domain="met")
    entry.add_to_hass(hass)
    kept.put("weather.home", "integration:met")
    with mock_config_flow("met", ConfigFlow):
        assert await hass.config_entries.async_setup(entry.entry_id)
        assert kept.there
        assert entry.state is ConfigEntryState.LOADED
        assert await hass.config_entries.async_reload(entry.entry_id)
    assert not kept.there


# The end.


async def test_it_stops_listening(hass: HomeAssistant, kept: Kept) -> None:
    """Once stopped, nothing is heard, and nobody is told."""
    kept.put("weather.home")
    kept.invalidator.stop()
    hass.states.async_set("weather.home", "rain")
    assert kept.there
    assert async_get_ledger(hass).observers == []
