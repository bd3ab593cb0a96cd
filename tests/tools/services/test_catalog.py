"""Tests for making the tools of services, and for keeping them."""

import logging
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import CoreState, HomeAssistant, SupportsResponse
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers.service import async_set_service_schema
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.tools.services.catalog import (
    async_get_catalog,
    make_tool,
)
from custom_components.chatterbox.tools.services.tool import ServiceTool

from ..exposure.exposed_home import ASSISTANT, Home, context, make_home


@pytest.fixture
async def home(hass: HomeAssistant) -> Home:
    """Return a home with a hidden den and a hidden cellar."""
    return await make_home(hass)


async def tools(home: Home, *services: str) -> tuple[ServiceTool, ...]:
    """Return the tools of some services."""
    catalog = async_get_catalog(home.hass)
    return await catalog.async_get_tools(services, ASSISTANT)


def register(home: Home, service: str, schema: dict[str, Any]) -> None:
    """Register a service that does nothing."""
    domain, name = service.split(".")
    home.hass.services.async_register(
        domain,
        name,
        lambda _: None,
        supports_response=SupportsResponse.OPTIONAL,
    )
    async_set_service_schema(home.hass, domain, name, schema)


async def test_kept_while_nothing_changes(home: Home) -> None:
    """The very same tools, in the same order whatever the order of the choice."""
    first = await tools(home, "notify.send_message", "light.turn_on")
    second = await tools(home, "light.turn_on", "notify.send_message")
    assert first is second
    assert [tool.name for tool in first] == ["light__turn_on", "notify__send_message"]
    (alone,) = await tools(home, "light.turn_on")
    assert alone is first[0]


async def test_state_changes_make_nothing_anew(home: Home) -> None:
    """A lamp that is switched on, or away for a moment, changes no tool."""
    first = await tools(home, "light.turn_on")
    attributes = home.hass.states.get("light.kitchen").attributes
    for state in ("on", "unavailable", "off"):
        home.hass.states.async_set("light.kitchen", state, attributes)
    await home.hass.async_block_till_done()
    assert await tools(home, "light.turn_on") is first


async def test_not_offered_while_nothing_is_exposed(home: Home) -> None:
    """An action that cannot reach anything is no use to a model; it comes back."""
    assert await tools(home, "notify.send_message")
    async_expose_entity(home.hass, ASSISTANT, "notify.phone", False)
    assert await tools(home, "notify.send_message") == ()
    async_expose_entity(home.hass, ASSISTANT, "notify.phone", True)
    assert await tools(home, "notify.send_message")


async def test_parameters_that_tell_nothing_apart_are_left_out(home: Home) -> None:
    """Each of them costs words in every prompt."""
    (phones,) = await tools(home, "notify.send_message")
    assert "area" not in phones.json_schema["properties"]
    (lights,) = await tools(home, "light.turn_on")
    assert {"name", "area", "floor", "entity_id"} <= set(
        lights.json_schema["properties"]
    )
    assert "device_class" not in lights.json_schema["properties"]


async def test_areas_that_change(home: Home) -> None:
    """A floor that goes takes the parameter with it."""
    areas = ar.async_get(home.hass)
    for area in list(areas.async_list_areas()):
        areas.async_update(area.id, floor_id=None)
    (lights,) = await tools(home, "light.turn_on")
    assert "floor" not in lights.json_schema["properties"]


async def test_fields_that_nothing_exposed_supports(home: Home) -> None:
    """A lamp that cannot be coloured takes no colour."""
    (lights,) = await tools(home, "light.turn_on")
    offered = set(lights.json_schema["properties"])
    assert "brightness_pct" in offered
    assert not {"rgb_color", "effect", "transition"} & offered


async def test_sections_and_advanced_fields(home: Home) -> None:
    """Sections are a matter of looks; what is advanced is left out if it can be."""
    register(
        home,
        "almanac.look_up",
        {
            "fields": {
                "plain": {"selector": {"text": {}}},
                "more": {
                    "collapsed": True,
                    "fields": {"inside": {"selector": {"text": {}}}},
                },
                "tricky": {"advanced": True, "selector": {"text": {}}},
                "needed": {
                    "advanced": True,
                    "required": True,
                    "selector": {"text": {}},
                },
            }
        },
    )
    (tool,) = await tools(home, "almanac.look_up")
    assert list(tool.fields) == ["plain", "inside", "needed"]


async def test_fields_that_reach_past_what_is_exposed(home: Home) -> None:
    """A field for any action is left out; where it is required, so is the service."""
    fields: dict[str, Any] = {"do": {"selector": {"action": {}}}}
    register(home, "almanac.may", {"fields": fields})
    register(
        home, "almanac.must", {"fields": {"do": {"required": True, **fields["do"]}}}
    )
    (tool,) = await tools(home, "almanac.may", "almanac.must")
    assert (tool.service, tool.fields) == ("may", {})


async def test_ids_of_places_become_entity_ids(home: Home) -> None:
    """Where a service takes entity ids, no area or device is handed on to it."""
    register(
        home,
        "almanac.touch",
        {
            "target": {"entity": [{"domain": ["light"]}]},
            "fields": {
                "area_id": {"selector": {"area": {}}},
                "device_id": {"selector": {"device": {}}},
            },
        },
    )
    (tool,) = await tools(home, "almanac.touch")
    assert not tool.fields


async def test_the_only_config_entry_need_not_be_named(home: Home) -> None:
    """A person does not know it by name, and there is nothing to choose."""
    calls: list[dict[str, Any]] = []
    home.hass.services.async_register(
        "almanac", "read", lambda call: calls.append(dict(call.data))
    )
    field = {"required": True, "selector": {"config_entry": {"integration": "test"}}}
    async_set_service_schema(
        home.hass, "almanac", "read", {"fields": {"config_entry_id": field}}
    )
    (entry,) = home.hass.config_entries.async_entries("test")
    (tool,) = await tools(home, "almanac.read")
    assert tool.json_schema["properties"] == {}
    await home.call("almanac.read")
    assert calls == [{"config_entry_id": entry.entry_id}]


async def test_config_entries_are_chosen_by_title(home: Home) -> None:
    """Of several, the titles are what can be chosen."""
    other = MockConfigEntry(domain="test", title="Other")
    other.add_to_hass(home.hass)
    other.mock_state(home.hass, home.hass.config_entries.async_entries("test")[0].state)
    field = {"required": True, "selector": {"config_entry": {"integration": "test"}}}
    register(home, "almanac.read", {"fields": {"config_entry_id": field}})
    (tool,) = await tools(home, "almanac.read")
    assert tool.json_schema["properties"]["config_entry_id"]["enum"] == [
        "Other",
        "Test",
    ]
    call = tool.resolve(home.hass, {"config_entry_id": "other"}, context())
    assert call.data == {"config_entry_id": other.entry_id}


async def test_description_that_is_no_description(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """A custom integration's mistake costs its own tool."""
    register(home, "almanac.broken", {"fields": {"a": {"selector": "text"}}})
    (light,) = await tools(home, "almanac.broken", "light.turn_on")
    assert light.service == "turn_on"
    assert "No tool can be made of the service almanac.broken" in caplog.text


async def test_service_that_goes_and_comes_back(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, and again when it is there."""
    caplog.set_level(logging.INFO)
    register(home, "almanac.look_up", {"fields": {}})
    assert len(await tools(home, "almanac.look_up", "light.turn_on")) == 2
    home.hass.services.async_remove("almanac", "look_up")
    for _ in range(3):
        (light,) = await tools(home, "almanac.look_up", "light.turn_on")
        assert light.service == "turn_on"
    assert caplog.text.count("almanac.look_up is not there") == 1
    register(home, "almanac.look_up", {"fields": {}})
    assert len(await tools(home, "almanac.look_up", "light.turn_on")) == 2
    assert caplog.text.count("almanac.look_up is back") == 1


async def test_service_that_is_still_to_come(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """While Home Assistant starts, nothing is amiss."""
    home.hass.set_state(CoreState.starting)
    assert await tools(home, "almanac.look_up") == ()
    register(home, "almanac.look_up", {"fields": {}})
    home.hass.set_state(CoreState.running)
    assert await tools(home, "almanac.look_up")
    assert "almanac.look_up" not in caplog.text


async def test_translated(hass: HomeAssistant) -> None:
    """Names and descriptions are in the home's language."""
    home = await make_home(hass)
    (english,) = await tools(home, "light.turn_on")
    await hass.config.async_update(language="de")
    await hass.async_block_till_done()
    (german,) = await tools(home, "light.turn_on")
    assert english.description.startswith("Turns on")
    assert german.description != english.description
    assert german.name == english.name


async def test_placeholders_are_filled(hass: HomeAssistant) -> None:
    """A description may have an address in it."""
    tool = make_tool(
        hass,
        "almanac.look_up",
        {"description_placeholders": {"url": "https://example.com"}},
        {"component.almanac.services.look_up.description": "See {url}."},
        assistant=ASSISTANT,
    )
    assert tool.description == "See https://example.com."


async def test_home_that_cannot_list_its_services(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The agent goes on without them."""

    async def fail(_: HomeAssistant) -> Any:
        raise ModuleNotFoundError("No module named 'turbojpeg'")

    monkeypatch.setattr(
        "custom_components.chatterbox.tools.services.catalog.async_get_all_descriptions",
        fail,
    )
    assert await tools(home, "light.turn_on") == ()
    assert "cannot be listed" in caplog.text
