"""Tests for fields that name a thing in the home."""

from contextlib import suppress
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import validate_selector
from hypothesis import HealthCheck, given, settings
import pytest

from custom_components.chatterbox.tools.calls import ToolError
from custom_components.chatterbox.tools.services.references import ReferenceResolver

from ..exposure.exposed_home import Home, context, make_home
from .test_every_service import _JSON


@pytest.fixture
async def home(hass: HomeAssistant) -> Home:
    """Return a home with a hidden den and a hidden cellar."""
    return await make_home(hass)


def resolve(home: Home, kind: str, config: Any, value: Any) -> tuple[Any, set[str]]:
    """Return a field's value resolved, and the entities that it names."""
    resolver = ReferenceResolver(home.hass, context())
    config = validate_selector({kind: config})[kind]
    return resolver.resolve("it", kind, config, value), resolver.referenced


@pytest.mark.parametrize(
    ("kind", "config", "value", "expected", "named"),
    [
        ("entity", None, "Kitchen light", "light.kitchen", {"light.kitchen"}),
        (
            "entity",
            {"multiple": True, "domain": "light"},
            ["light.kitchen", "bedroom light"],
            ["light.kitchen", "light.bedroom"],
            {"light.kitchen", "light.bedroom"},
        ),
        ("area", None, "kitchen", "kitchen", {"light.kitchen", "media_player.radio"}),
        ("area", {"multiple": True}, "Bedroom", ["bedroom"], None),
        ("floor", None, "Ground Floor", "ground_floor", None),
        ("label", None, "cosy", "cosy", {"light.bedroom"}),
        ("statistic", None, "light.kitchen", "light.kitchen", {"light.kitchen"}),
        (
            "target",
            None,
            {"area_id": "Kitchen"},
            {"entity_id": ["light.kitchen", "media_player.radio"]},
            None,
        ),
        ("target", None, "TV", {"entity_id": ["media_player.tv"]}, None),
        (
            "object",
            None,
            {"to": {"area_id": "Bedroom", "label_id": ["Cosy"]}, "n": 1},
            {"to": {"entity_id": ["light.bedroom"]}, "n": 1},
            {"light.bedroom"},
        ),
        (
            "object",
            {"fields": {"who": {"selector": {"entity": {}}}}},
            {"who": "TV"},
            {"who": "media_player.tv"},
            {"media_player.tv"},
        ),
        ("text", None, "Hello, light of my life", "Hello, light of my life", set()),
    ],
)
async def test_resolved(
    home: Home, kind: str, config: Any, value: Any, expected: Any, named: Any
) -> None:
    """A name becomes an id; what is named is known."""
    found, referenced = resolve(home, kind, config, value)
    assert found == expected
    if named is not None:
        assert referenced == named


async def test_device(home: Home) -> None:
    """A device is known by its name and its id, if something of it is exposed."""
    expected = (home.devices["Ceiling"], {"light.kitchen"})
    assert resolve(home, "device", None, "ceiling") == expected
    assert resolve(home, "device", None, home.devices["Ceiling"]) == expected
    with pytest.raises(ToolError, match="not a known device"):
        resolve(home, "device", None, home.devices["Boiler"])


async def test_filters_of_an_entity_field(home: Home) -> None:
    """What is exposed and of another kind does not fit."""
    with pytest.raises(ToolError, match="No media_player that is exposed"):
        resolve(home, "entity", {"domain": "media_player"}, "light.kitchen")
    with pytest.raises(ToolError, match="cannot be used here"):
        resolve(
            home, "entity", {"exclude_entities": ["light.kitchen"]}, "light.kitchen"
        )


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(value=_JSON)
async def test_anything_is_resolved_or_refused(home: Home, value: Any) -> None:
    """Whatever a model puts in an object, nothing but a message comes of it."""
    for key in ("entity_id", "area_id", "device_id", "other"):
        with suppress(ToolError):
            resolve(home, "object", None, {key: value})
