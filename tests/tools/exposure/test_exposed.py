"""Tests for what is exposed, and how it is listed."""

from homeassistant.core import HomeAssistant
import pytest

from custom_components.chatterbox.tools.exposure.entity_filter import TargetFilter
from custom_components.chatterbox.tools.exposure.exposed import (
    exposed_entities,
    listing,
)

from .exposed_home import ASSISTANT, HIDDEN, Home, make_home


@pytest.fixture
async def home(hass: HomeAssistant) -> Home:
    """Return a home with a hidden den and a hidden cellar."""
    return await make_home(hass)


async def test_hidden_entities_are_not_looked_at(home: Home) -> None:
    """Whatever is made of the list, they are not in it."""
    found = exposed_entities(home.hass, ASSISTANT, TargetFilter())
    ids = [exposed.entity_id for exposed in found]
    assert ids == sorted(set(home.hass.states.async_entity_ids()) - set(HIDDEN))


async def test_where_things_are(home: Home) -> None:
    """In the area of the entity, else of its device."""
    found = exposed_entities(home.hass, ASSISTANT, TargetFilter())
    areas = {e.entity_id: e.area.name for e in found if e.area}
    assert areas["light.kitchen"] == "Kitchen"
    assert areas["media_player.tv"] == "Bedroom"
    assert "notify.phone" not in areas


async def test_listing(home: Home) -> None:
    """The closest names come first, and where they are is said."""
    found = exposed_entities(home.hass, ASSISTANT, TargetFilter())
    assert listing(found, "Bedroom lite").startswith(
        'There is: "Bedroom light" (light.bedroom, Bedroom), '
    )
