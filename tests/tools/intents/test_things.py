"""Tests of the things of a home, kept while none of them changes."""

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, entity_registry as er
import pytest

from custom_components.chatterbox.tools.intents.things import Things, exposed_things

from ...house import House, make_house


@pytest.fixture
async def house(hass: HomeAssistant) -> House:
    """Give a home with one lamp in one room."""
    house = await make_house(hass)
    house.area("kitchen")
    house.entity("light.ceiling", "Ceiling", "off", area="kitchen")
    return house


def things(hass: HomeAssistant) -> Things:
    """Return what is exposed to Assist."""
    return exposed_things(hass, "conversation")


async def test_a_thing_is_the_same_until_its_state_is_another(
    hass: HomeAssistant, house: House
) -> None:
    (before,) = things(hass).all
    assert things(hass).all[0] is before
    hass.states.async_set("light.ceiling", "on", before.state.attributes)
    (after,) = things(hass).all
    assert after.state.state == "on"
    assert after.names == before.names


async def test_names_and_places_follow_the_registries(
    hass: HomeAssistant, house: House
) -> None:
    assert things(hass).all[0].is_called("ceiling ")
    er.async_get(hass).async_update_entity("light.ceiling", aliases=["Big one"])
    ar.async_get(hass).async_update("kitchen", name="Galley", aliases={"Scullery"})
    await hass.async_block_till_done()
    (lamp,) = things(hass).all
    assert lamp.is_called("big ONE")
    assert lamp.area is not None
    assert lamp.area.names == ("Galley", "Scullery")
    assert [area.name for area in things(hass).areas] == ["Galley"]


async def test_what_is_exposed_no_more_is_gone(
    hass: HomeAssistant, house: House
) -> None:
    assert things(hass).all
    async_expose_entity(hass, "conversation", "light.ceiling", False)
    assert things(hass) == Things((), (), ())
