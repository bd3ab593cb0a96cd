"""Tests for finding what a model means among what is exposed."""

from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, entity_registry as er
import pytest

from custom_components.chatterbox.tools.calls import ToolError
from custom_components.chatterbox.tools.exposure.entity_filter import (
    EntityFilter,
    TargetFilter,
)
from custom_components.chatterbox.tools.exposure.targets import resolve_target

from .exposed_home import Home, context, make_home

LIGHTS = TargetFilter((EntityFilter(domains=frozenset({"light"})),))
PLAYERS = TargetFilter((EntityFilter(domains=frozenset({"media_player"})),))
PHONES = TargetFilter((EntityFilter(domains=frozenset({"notify"})),))


@pytest.fixture
async def home(hass: HomeAssistant) -> Home:
    """Return a home with a hidden den and a hidden cellar."""
    return await make_home(hass)


def find(home: Home, wanted: TargetFilter = LIGHTS, **request: Any) -> set[str]:
    """Return what a request means, heard by nobody in particular."""
    return set(resolve_target(home.hass, request, wanted, context()))


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"name": ["kitchen light"]}, {"light.kitchen"}),
        ({"name": [" Kitchen Light "]}, {"light.kitchen"}),
        ({"name": ["light.kitchen"]}, {"light.kitchen"}),
        ({"entity_id": ["LIGHT.kitchen"]}, {"light.kitchen"}),
        ({"entity_id": ["Kitchen light"]}, {"light.kitchen"}),
        (
            {"name": ["Kitchen light", "Bedroom light"]},
            {"light.kitchen", "light.bedroom"},
        ),
        ({"area": ["bedroom"]}, {"light.bedroom"}),
        ({"floor": ["Ground floor"], "area": ["Kitchen"]}, {"light.kitchen"}),
        ({"domain": ["light"], "area": ["Kitchen"]}, {"light.kitchen"}),
        ({"entity_id": ["light.kitchen"], "area": ["Kitchen"]}, {"light.kitchen"}),
        (
            {
                "name": ["Kitchen light", "Bedroom light"],
                "area": ["Kitchen", "Bedroom"],
            },
            {"light.kitchen", "light.bedroom"},
        ),
    ],
)
async def test_found(home: Home, request_: Any, expected: set[str]) -> None:
    """Values of one key add up, keys narrow each other down."""
    assert find(home, **request_) == expected


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"name": ["Kitchn light"]}, 'has the name "Kitchn light". There is: "Ceiling'),
        ({"area": ["Attic"]}, 'area "Attic". There is: "Bedroom", "Kitchen".'),
        ({"floor": ["Roof"]}, 'floor "Roof". There is: "Ground floor".'),
        ({"device_class": ["lamp"]}, 'device class "lamp"'),
        ({"domain": ["lock"]}, 'domain "lock"'),
        ({"name": ["Kitchen light"], "area": ["Bedroom"]}, "Kitchen light"),
        ({"entity_id": ["light.kitchen"], "area": ["Bedroom"]}, "Bedroom"),
        ({"name": ["Kitchen light", "Nothing"]}, '"Nothing"'),
        ({}, "Say which light is meant."),
    ],
)
async def test_not_found(home: Home, request_: Any, says: str) -> None:
    """The message names what was not found, and lists what there is."""
    with pytest.raises(ToolError) as refused:
        find(home, **request_)
    assert says in str(refused.value)
    assert "den" not in str(refused.value).lower().replace("bedroom", "")


async def test_the_only_one_is_meant(home: Home) -> None:
    """Nothing need be said where there is no choice."""
    assert find(home, PHONES) == {"notify.phone"}


async def test_what_is_in_the_satellites_area_is_preferred(home: Home) -> None:
    """As Home Assistant does for its own intents."""
    kitchen = ar.async_get(home.hass).async_get_area_by_name("Kitchen")
    er.async_get(home.hass).async_update_entity("media_player.tv", name="Sound")
    er.async_get(home.hass).async_update_entity("media_player.radio", name="Sound")
    assert kitchen
    with pytest.raises(ToolError, match='More than one is named "Sound"'):
        find(home, PLAYERS, name=["Sound"])
    assert find(home, PLAYERS, name=["Sound"], area=["Bedroom"]) == {"media_player.tv"}
    satellite = context(home.satellite("Kitchen"))
    meant = resolve_target(home.hass, {"name": ["Sound"]}, PLAYERS, satellite)
    assert meant == ("media_player.radio",)
    assert resolve_target(home.hass, {}, PLAYERS, satellite) == ("media_player.radio",)


async def test_same_name_in_another_area_is_still_ambiguous(home: Home) -> None:
    """A satellite in neither of two areas does not hide that there are two."""
    for entity_id in ("light.kitchen", "light.bedroom"):
        er.async_get(home.hass).async_update_entity(entity_id, name="Lamp")
    satellite = context(home.satellite("Cellar"))
    with pytest.raises(ToolError, match='More than one is named "Lamp"'):
        resolve_target(home.hass, {"name": ["Lamp"]}, LIGHTS, satellite)


async def test_nothing_exposed(home: Home) -> None:
    """That is said as it is."""
    locks = TargetFilter((EntityFilter(domains=frozenset({"lock"})),))
    with pytest.raises(ToolError, match="No lock is exposed to you"):
        find(home, locks, name=["Front door"])


async def test_result_is_sorted(home: Home) -> None:
    """One call has one key in the cache, however it was put."""
    request = {"name": ["Kitchen light", "Bedroom light"]}
    assert resolve_target(home.hass, request, LIGHTS, context()) == (
        "light.bedroom",
        "light.kitchen",
    )


async def test_long_list_is_cut(home: Home) -> None:
    """A message is read by a model that pays for each word."""
    for number in range(40):
        home.hass.states.async_set(f"light.extra_{number}", "off")
        async_expose_entity(home.hass, "conversation", f"light.extra_{number}", True)
    with pytest.raises(ToolError, match="17 more"):
        find(home)
