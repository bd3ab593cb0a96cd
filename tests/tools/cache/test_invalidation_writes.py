"""Tests for the writes that drop results: actions of anyone, and our own."""

from collections.abc import AsyncIterator
from typing import Any

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
)
from homeassistant.helpers import area_registry as ar, entity_registry as er
import pytest

from custom_components.chatterbox.tools.cache.dependencies import service
from custom_components.chatterbox.tools.cache.policy import HOLD
from custom_components.chatterbox.tools.dispatch.ledger import async_get_ledger
from custom_components.chatterbox.tools.resources import Footprint

from .caching import Clock
from .listening import Kept, listening


@pytest.fixture
async def kept(hass: HomeAssistant, clock: Clock) -> AsyncIterator[Kept]:
    """Give a cache that listens to a home with a calendar and two weather entities."""
    async with listening(hass, clock) as kept:
        yield kept


# Services.


async def _nothing(call: ServiceCall) -> None:
    """Do nothing, as far as Home Assistant can see."""


async def _answer(call: ServiceCall) -> ServiceResponse:
    return {}


@pytest.mark.parametrize(
    ("reads", "action", "data", "stays"),
    [
        pytest.param(
            "calendar.family",
            "calendar.create_event",
            {"entity_id": "calendar.family"},
            False,
            id="its entity",
        ),
        pytest.param(
            "calendar.family",
            "calendar.create_event",
            {"entity_id": ["calendar.other", "Calendar.Family"]},
            False,
            id="several, in other letters",
        ),
        pytest.param(
            "calendar.family",
            "calendar.create_event",
            {"entity_id": "calendar.other, calendar.family"},
            False,
            id="with a comma",
        ),
        pytest.param(
            "calendar.family",
            "calendar.create_event",
            {"entity_id": "calendar.other"},
            True,
            id="another entity",
        ),
        pytest.param(
            "calendar.family", "calendar.create_event", {}, False, id="no target"
        ),
        pytest.param(
            "weather.home", "calendar.create_event", {}, True, id="another domain"
        ),
        pytest.param(
            "weather.home",
            "calendar.create_event",
            {"entity_id": "all"},
            False,
            id="all",
        ),
        pytest.param(
            "weather.home",
            "calendar.create_event",
            {"area_id": "garden"},
            False,
            id="its area",
        ),
        pytest.param(
            "calendar.family",
            "caldav.sync",
            {"config_entry": "x"},
            False,
            id="its integration",
        ),
        pytest.param(
            "integration:caldav",
            "calendar.create_event",
            {"entity_id": "calendar.family"},
            False,
            id="an entity of the integration",
        ),
        pytest.param(
            "weather.home", "homeassistant.stop_it", {}, False, id="all of the home"
        ),
        pytest.param(
            "weather.home",
            "calendar.create_event",
            {"entity_id": "0123456789abcdef0123456789abcdef"},
            False,
            id="an id that nobody knows",
        ),
        pytest.param(
            "weather.home",
            "calendar.create_event",
            {"entity_id": [{"odd": 1}]},
            True,
            id="a target that is none",
        ),
        pytest.param(
            "calendar.family",
            "calendar.create_event",
            {"entity_id": [{"odd": 1}]},
            False,
            id="a target that is none, in its domain",
        ),
    ],
)
async def test_a_writing_service_drops_what_it_may_write(
    hass: HomeAssistant,
    kept: Kept,
    reads: str,
    action: str,
    data: dict[str, Any],
    stays: bool,
) -> None:
    """Whoever calls it; and nothing is kept of it for ten seconds."""
    area = ar.async_get(hass).async_create("Garden")
    er.async_get(hass).async_update_entity("weather.home", area_id=area.id)
    domain, name = action.split(".")
    hass.services.async_register(domain, name, _nothing)
    kept.put(reads)
    await hass.services.async_call(domain, name, dict(data), blocking=True)
    assert kept.there is stays
    assert kept.blocked(reads) is not stays
    kept.clock.now += HOLD
    assert not kept.blocked(reads)


@pytest.mark.parametrize("data", [5, "text", [1], {"entity_id": {"a": [b""]}}])
async def test_an_odd_event_is_understood_or_taken_for_anything(
    hass: HomeAssistant, kept: Kept, data: Any
) -> None:
    """Anybody may fire events; none of them makes the cache deaf."""
    kept.put("weather.home")
    hass.bus.async_fire(
        "call_service", {"domain": "weather", "service": "x", "service_data": data}
    )
    assert not kept.there


async def test_a_registry_id_is_a_target(hass: HomeAssistant, kept: Kept) -> None:
    """Automations may name entities by the id of their registry entry."""
    hass.services.async_register("calendar", "create_event", _nothing)
    entry = er.async_get(hass).async_get("calendar.family")
    assert entry
    kept.put("calendar.family")
    await hass.services.async_call(
        "calendar", "create_event", {"entity_id": entry.id}, blocking=True
    )
    assert not kept.there


async def test_a_service_that_only_answers_drops_nothing(
    hass: HomeAssistant, kept: Kept
) -> None:
    """To read is not to write, though both fire the same event."""
    hass.services.async_register(
        "weather", "get_forecasts", _answer, supports_response=SupportsResponse.ONLY
    )
    kept.put("weather.home")
    await hass.services.async_call(
        "weather",
        "get_forecasts",
        {"entity_id": "weather.home"},
        blocking=True,
        return_response=True,
    )
    assert kept.there
    assert not kept.blocked("weather.home")


@pytest.mark.parametrize("change", ["again", "gone"])
async def test_a_service_that_is_described_anew_drops(
    hass: HomeAssistant, kept: Kept, change: str
) -> None:
    """Its answers may be other ones."""
    hass.services.async_register("weather", "get_forecasts", _nothing)
    kept.put(service("weather", "get_forecasts"), plain=True)
    if change == "again":
        hass.services.async_register("weather", "get_forecasts", _nothing)
    else:
        hass.services.async_remove("weather", "get_forecasts")
    await hass.async_block_till_done()
    assert not kept.there


# Our own writes.


@pytest.mark.parametrize(
    ("reads", "writes", "concerned"),
    [
        ("weather.home", "weather.home", True),
        ("weather.home", "weather.cabin", False),
        ("weather.home", "weather.*", True),
        ("weather.home", "*", True),
        ("weather.home", "integration:met", True),
        ("weather.home", "integration:weather", True),
        ("weather.home", "integration:caldav", False),
        ("weather.*", "integration:met", True),
        ("integration:met", "weather.home", True),
        ("integration:met", "integration:met", True),
        ("timers", "timers", True),
        ("timers", "weather.home", False),
    ],
)
async def test_our_own_write_drops_and_blocks(
    hass: HomeAssistant, kept: Kept, reads: str, writes: str, concerned: bool
) -> None:
    """From its beginning to some seconds after its end."""
    footprint = Footprint(writes=frozenset({writes}))
    (observer,) = async_get_ledger(hass).observers
    kept.put(reads)
    observer.write_began(footprint)
    assert kept.there is not concerned
    kept.clock.now += 3600
    assert kept.blocked(reads) is concerned
    kept.put(reads)
    observer.write_ended(footprint)
    assert kept.there is not concerned
    kept.clock.now += HOLD - 1
    assert kept.blocked(reads) is concerned
    kept.clock.now += 1
    assert not kept.blocked(reads)


async def test_two_writes_to_the_same_block_until_both_ended(kept: Kept) -> None:
    """The end of one is not the end of the other."""
    footprint = Footprint(writes=frozenset({"weather.home"}))
    kept.invalidator.write_began(footprint)
    kept.invalidator.write_began(footprint)
    kept.invalidator.write_ended(footprint)
    kept.clock.now += HOLD + 1
    assert kept.blocked("weather.home")
    kept.invalidator.write_ended(footprint)
    kept.clock.now += HOLD + 1
    assert not kept.blocked("weather.home")
    kept.invalidator.write_ended(footprint)
    assert not kept.blocked("weather.home")
