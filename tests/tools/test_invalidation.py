"""Tests for what drops results, by the events that Home Assistant itself fires."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import (
    async_expose_entity,
)
from homeassistant.config_entries import ConfigEntryState, ConfigFlow
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
)
from homeassistant.helpers import area_registry as ar, entity_registry as er, llm
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockUser,
    mock_config_flow,
    mock_integration,
    mock_platform,
)

from custom_components.chatterbox.tools import cache as cache_module
from custom_components.chatterbox.tools.cache import ToolResultCache
from custom_components.chatterbox.tools.cache_entries import CacheTerms, Entry
from custom_components.chatterbox.tools.cache_key import CacheKey
from custom_components.chatterbox.tools.cache_policy import CachePolicy
from custom_components.chatterbox.tools.footprint import Footprint
from custom_components.chatterbox.tools.invalidation import HOLD, Invalidator
from custom_components.chatterbox.tools.ledger import async_get_ledger
from custom_components.chatterbox.tools.reach import (
    EXPOSURE,
    REGISTRY,
    person,
    reach_of_read,
    service,
)
from custom_components.chatterbox.tools.snapshot import Snapshot

type Resources = frozenset[str]


def snapshot_of(value: Any) -> Snapshot:
    """Return what an entry holds."""
    snapshot = Snapshot.of(value)
    assert snapshot
    return snapshot


class Clock:
    """A clock that moves only when told to."""

    now = 1000.0

    def monotonic(self) -> float:
        """Return the time in seconds."""
        return self.now


class Kept:
    """A cache that listens to the home, and one result at a time in it."""

    def __init__(self, hass: HomeAssistant, clock: Clock) -> None:
        """Listen."""
        self.hass = hass
        self.clock = clock
        self.cache = ToolResultCache(create_task=hass.async_create_background_task)
        self.invalidator = Invalidator(hass, self.cache)
        self.invalidator.start()

    def put(self, *reads: str, plain: bool = False) -> None:
        """Keep a result that was read from these."""
        depends_on = frozenset(reads) if plain else reach_of_read(self.hass, reads)
        terms = CacheTerms(
            CacheKey.of("tool", {}), CachePolicy(ttl=300.0), depends_on | {EXPOSURE}
        )
        self.cache.keep(
            Entry(terms, snapshot_of(llm.ToolResult(data={"a": 1})), self.cache.now())
        )
        assert self.there

    @property
    def there(self) -> bool:
        """Return whether the result is still in."""
        return len(self.cache) == 1

    def blocked(self, *reads: str) -> bool:
        """Return whether a call that begins now would not be kept."""
        return self.cache.holds.on(reach_of_read(self.hass, reads), self.cache.now())


@pytest.fixture
async def kept(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Kept]:
    """Give a cache that listens to a home with a calendar and two weather entities."""
    clock = Clock()
    monkeypatch.setattr(cache_module, "time", clock)
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    registry = er.async_get(hass)
    for entity_id, platform in (
        ("weather.home", "met"),
        ("weather.cabin", "met"),
        ("calendar.family", "caldav"),
        ("media_player.radio", "cast"),
    ):
        domain, name = entity_id.split(".")
        registry.async_get_or_create(domain, platform, name, suggested_object_id=name)
        hass.states.async_set(entity_id, "on", {"friendly_name": name})
    await hass.async_block_till_done()
    kept = Kept(hass, clock)
    yield kept
    kept.invalidator.stop()
    await kept.cache.close()


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
        hass, MockModule("met", async_setup_entry=_true, async_unload_entry=_true)
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
