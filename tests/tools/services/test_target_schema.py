"""Tests for the parameters that name what a service acts on."""

from homeassistant.core import HomeAssistant
import pytest

from custom_components.chatterbox.tools.exposure.entity_filter import TargetFilter
from custom_components.chatterbox.tools.exposure.exposed import (
    Exposed,
    exposed_entities,
)
from custom_components.chatterbox.tools.services.target_schema import target_schema

from ..exposure.exposed_home import ASSISTANT, make_home


@pytest.fixture
async def exposed(hass: HomeAssistant) -> list[Exposed]:
    """Return what is exposed in a home with a hidden den and a hidden cellar."""
    home = await make_home(hass)
    return exposed_entities(home.hass, ASSISTANT, TargetFilter())


async def test_what_tells_nothing_apart_is_left_out(exposed: list[Exposed]) -> None:
    """There are areas and floors; nothing has a device class."""
    assert list(target_schema(exposed, ())) == ["name", "area", "floor", "entity_id"]
    alone = [item for item in exposed if item.entity_id == "notify.phone"]
    assert list(target_schema(alone, ())) == ["name", "entity_id"]


async def test_name_that_is_taken(exposed: list[Exposed]) -> None:
    """A field of the service keeps its own."""
    assert list(target_schema(exposed, {"area"})) == [
        "name",
        "target_area",
        "floor",
        "entity_id",
    ]


def test_nothing_is_left_out_where_nothing_is_known() -> None:
    """Each takes one or several."""
    schema = target_schema(None, ())
    assert list(schema) == ["name", "area", "floor", "device_class", "entity_id"]
    assert all(part["type"] == "array" for part in schema.values())
