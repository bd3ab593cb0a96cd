"""Tests for which entities a selector lets through."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.selector import validate_selector
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.tools.exposure.entity_filter import (
    EntityFilter,
    TargetFilter,
    supports,
)


@pytest.fixture
def device_id(hass: HomeAssistant) -> str:
    """Put a garage door and a lamp in the home; return the door's device."""
    entry = MockConfigEntry(domain="doors")
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={("doors", "1")},
        manufacturer="Gate & Co",
        model="G1",
    )
    er.async_get(hass).async_get_or_create(
        "cover",
        "doors",
        "1",
        suggested_object_id="door",
        device_id=device.id,
        original_device_class="garage",
        supported_features=0b0110,
    )
    hass.states.async_set(
        "cover.door",
        "open",
        {"device_class": "garage", "supported_features": 0b0110},
    )
    hass.states.async_set("light.lamp", "on", {"supported_features": 0})
    hass.states.async_set("sensor.warmth", "20", {"unit_of_measurement": "°C"})
    return device.id


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, {"cover.door", "light.lamp", "sensor.warmth"}),
        ({"entity": {"domain": "light"}}, {"light.lamp"}),
        (
            {"entity": [{"domain": "light"}, {"domain": ["cover"]}]},
            {"light.lamp", "cover.door"},
        ),
        ({"entity": {"domain": "cover", "device_class": "garage"}}, {"cover.door"}),
        ({"entity": {"domain": "cover", "device_class": "blind"}}, set()),
        ({"entity": {"unit_of_measurement": "°C"}}, {"sensor.warmth"}),
        ({"entity": {"integration": "lamps"}}, set()),
        ({"device": {"integration": "doors"}}, {"cover.door"}),
        ({"device": {"manufacturer": "Gate & Co", "model": "G1"}}, {"cover.door"}),
        ({"device": {"model": "G2"}}, set()),
        ({"entity": {"domain": "light"}, "device": {"model": "G1"}}, set()),
    ],
)
async def test_targets(
    hass: HomeAssistant, device_id: str, config: dict[str, Any], expected: set[str]
) -> None:
    """As Home Assistant's own target picker does."""
    wanted = TargetFilter.from_target(validate_selector({"target": config})["target"])
    device = dr.async_get(hass).async_get(device_id)
    assert {
        state.entity_id
        for state in hass.states.async_all()
        if wanted.matches(hass, state, device if state.domain == "cover" else None)
    } == expected


@pytest.mark.parametrize(
    ("masks", "expected"),
    [([0b0010], True), ([0b0110], True), ([0b1010], False), ([0b1000, 0b0100], True)],
)
async def test_features(
    hass: HomeAssistant, device_id: str, masks: list[int], expected: bool
) -> None:
    """One mask has to be supported whole."""
    assert supports(hass, "cover.door", masks) is expected
    state = hass.states.get("cover.door")
    assert state
    assert EntityFilter(features=tuple(masks)).matches(hass, state) is expected


async def test_entity_that_goes_meanwhile(hass: HomeAssistant, device_id: str) -> None:
    """It does not match, and nothing breaks."""
    state = hass.states.get("light.lamp")
    hass.states.async_remove("light.lamp")
    assert state
    assert not EntityFilter(features=(1,)).matches(hass, state)


@pytest.mark.parametrize(
    ("config", "noun"),
    [
        ({"entity": {"domain": "light"}}, "light"),
        ({"entity": {"domain": ["light", "cover"]}}, "cover or light"),
        ({"entity": [{"domain": "light"}, {}]}, "entity"),
        (None, "entity"),
    ],
)
def test_noun(config: Any, noun: str) -> None:
    """A message calls them by what they are."""
    assert TargetFilter.from_target(config).noun == noun


def test_entity_selectors_of_both_forms() -> None:
    """The old form has the filter in it, the new one a list of filters."""
    old = validate_selector({"entity": {"domain": "light"}})["entity"]
    new = validate_selector({"entity": {"filter": {"domain": "light"}}})["entity"]
    assert TargetFilter.from_entity(old) == TargetFilter.from_entity(new)


def test_device_selectors_of_both_forms() -> None:
    """And so for devices."""
    old = validate_selector({"device": {"integration": "doors"}})["device"]
    new = validate_selector({"device": {"filter": {"integration": "doors"}}})["device"]
    assert TargetFilter.from_device(old) == TargetFilter.from_device(new)
