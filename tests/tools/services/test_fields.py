"""Tests for the fields of a service, as a model gets to see them."""

from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest

from custom_components.chatterbox.tools.exposure.entity_filter import TargetFilter
from custom_components.chatterbox.tools.exposure.exposed import exposed_entities
from custom_components.chatterbox.tools.services.fields import (
    Field,
    NotOfferedError,
    fields_of,
)


def fields(
    hass: HomeAssistant, *, exposed: Any = None, texts: Any = None, **declared: Any
) -> dict[str, Field]:
    """Return the fields of a service by name."""
    translate = (texts or {}).get
    description = {"fields": declared}
    made = fields_of(hass, "almanac", description, translate, exposed)
    return {field.name: field for field in made}


async def test_translated_description_wins(hass: HomeAssistant) -> None:
    """Then that of the file, then a name."""
    text = {"selector": {"text": {}}}
    made = fields(
        hass,
        texts={"fields.a.description": "Über", "fields.c.name": "Sea"},
        a={**text, "description": "About"},
        b={**text, "description": "Two\n lines"},
        c=text,
        d={**text, "name": "Day"},
        e=text,
    )
    described = [field.schema.get("description") for field in made.values()]
    assert described == ["Über", "Two lines", "Sea", "Day", None]


async def test_free_object_shows_its_example(hass: HomeAssistant) -> None:
    """Nothing else tells a model what is wanted."""
    made = fields(hass, a={"selector": {"object": {}}, "example": '{"days": 2}'})
    assert made["a"].schema == {
        "description": 'e.g. {"days": 2}',
        "type": "object",
    }


@pytest.mark.parametrize("kind", [None, "text", "object"])
async def test_entity_ids_by_another_name(
    hass: HomeAssistant, kind: str | None
) -> None:
    """A field of that name holds entity ids, whatever its selector says."""
    made = fields(hass, entity_id={"selector": {kind: {}}} if kind else {})
    assert made["entity_id"].kind == "entity"


async def test_no_selector(hass: HomeAssistant) -> None:
    """It takes text."""
    made = fields(hass, a={"required": True}, b=None)
    assert (made["a"].kind, made["a"].required) == (None, True)
    assert made["a"].schema == {"type": "string"}
    assert not made["b"].required


async def test_filter(hass: HomeAssistant) -> None:
    """A field is offered if one exposed entity supports it."""
    hass.states.async_set("light.plain", "on", {"supported_features": 0})
    hass.states.async_set(
        "light.rich",
        "on",
        {"supported_features": 4, "supported_color_modes": ["rgb"]},
    )
    assert await async_setup_component(hass, "homeassistant", {})
    declared = {
        "effect": {"filter": {"supported_features": [4]}},
        "flash": {"filter": {"supported_features": [8]}},
        "colour": {"filter": {"attribute": {"supported_color_modes": ["rgb", "hs"]}}},
        "white": {"filter": {"attribute": {"supported_color_modes": ["white"]}}},
        "always": {},
    }
    for rich, expected in (
        (True, {"effect", "colour", "always"}),
        (False, {"always"}),
    ):
        async_expose_entity(hass, "conversation", "light.plain", True)
        async_expose_entity(hass, "conversation", "light.rich", rich)
        exposed = exposed_entities(hass, "conversation", TargetFilter())
        assert set(fields(hass, exposed=exposed, **declared)) == expected
    assert set(fields(hass, **declared)) == set(declared)


async def test_field_that_must_not_be_offered(hass: HomeAssistant) -> None:
    """It is left out; where it is required, so is the service."""
    action = {"selector": {"action": {}}}
    assert fields(hass, do=action) == {}
    with pytest.raises(NotOfferedError, match="runs any action"):
        fields(hass, do={**action, "required": True})
