"""Tests for what calls touch, with core's own tools and the demo home."""

from typing import Any

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import (
    async_expose_entity,
)
from homeassistant.components.homeassistant.llm import GetLiveContextTool
from homeassistant.components.llm.llm import GetDateTimeTool
from homeassistant.components.script.llm import ScriptTool
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    llm,
)
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.tools.footprint import (
    Footprint,
    conflict,
    footprint_of,
    overlap,
)
from custom_components.chatterbox.tools.naming import RenamedTool
from custom_components.chatterbox.tools.service_catalog import async_get_catalog

from .demo_intents import intent_tool
from .dispatching import FakeTool

KITCHEN = {"light.kitchen_lights", "light.ceiling_lights"}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param({"light.a"}, {"light.a"}, True, id="the same entity"),
        pytest.param({"light.a"}, {"light.b"}, False, id="another entity"),
        pytest.param({"light.*"}, {"light.a"}, True, id="a domain and its entity"),
        pytest.param({"light.*"}, {"lightx.a"}, False, id="a domain that begins alike"),
        pytest.param({"light.*"}, {"light.*"}, True, id="the same domain"),
        pytest.param({"light.*"}, {"cover.*"}, False, id="another domain"),
        pytest.param({"*"}, {"integration:mcp"}, True, id="the whole home"),
        pytest.param({"*"}, set(), False, id="the whole home and nothing"),
        pytest.param({"*"}, {"*"}, True, id="the whole home twice"),
        pytest.param({"integration:a"}, {"integration:b"}, False, id="integrations"),
        pytest.param({"x.a", "cover.*"}, {"cover.b", "y.c"}, True, id="among others"),
    ],
)
def test_overlap(first: set[str], second: set[str], expected: bool) -> None:
    """Both ways round."""
    assert overlap(frozenset(first), frozenset(second)) is expected
    assert overlap(frozenset(second), frozenset(first)) is expected


def test_reads_do_not_conflict_with_reads() -> None:
    """Only a write makes the order matter."""
    a = frozenset({"light.a"})
    assert not conflict(Footprint(reads=a), Footprint(reads=a))
    assert conflict(Footprint(reads=a), Footprint(writes=a))
    assert conflict(Footprint(writes=a), Footprint(reads=a))
    assert conflict(Footprint(writes=a), Footprint(writes=a))


def touched(
    hass: HomeAssistant,
    tool: llm.Tool,
    args: dict[str, Any],
    device_id: str | None = None,
) -> set[str]:
    """Return what a call reads or writes."""
    footprint = footprint_of(
        hass,
        tool,
        args,
        llm.LLMContext("test", Context(), "en", conversation.DOMAIN, device_id),
    )
    assert not (footprint.reads and footprint.writes)
    return set(footprint.reads or footprint.writes)


@pytest.mark.usefixtures("demo_home")
@pytest.mark.parametrize(
    ("intent_type", "args", "expected"),
    [
        pytest.param(
            "HassTurnOn", {"name": "Bed Light"}, {"light.bed_light"}, id="name"
        ),
        pytest.param(
            "HassTurnOn", {"name": " bed light "}, {"light.bed_light"}, id="loose name"
        ),
        pytest.param(
            "HassTurnOn", {"area": "Kitchen", "domain": "light"}, KITCHEN, id="area"
        ),
        pytest.param(
            "HassTurnOn",
            {"area": "Kitchen", "domain": ["light"], "name": ""},
            KITCHEN,
            id="blank name",
        ),
        pytest.param(
            "HassTurnOn",
            {"name": "all", "area": "Kitchen"},
            KITCHEN,
            id="all in an area",
        ),
        pytest.param("HassTurnOn", {"name": "nothing"}, {"*"}, id="no match"),
        pytest.param("HassTurnOn", {}, {"*"}, id="no argument"),
        pytest.param("HassTurnOn", {"name": ["x"]}, {"*"}, id="malformed"),
        pytest.param(
            "HassLightSet", {"area": "Kitchen", "brightness": 5}, KITCHEN, id="set"
        ),
        pytest.param(
            "HassSetPosition",
            {"name": "Hall Window", "position": 5},
            {"cover.hall_window"},
            id="position",
        ),
        pytest.param(
            "HassMediaPause",
            {"name": "Walkman"},
            {"media_player.walkman"},
            id="a player that may not be playing yet",
        ),
        pytest.param(
            "HassClimateSetTemperature",
            {"name": "Hvac", "temperature": 20},
            {"climate.hvac"},
            id="climate",
        ),
        pytest.param("HassStartTimer", {"minutes": 5}, {"timers"}, id="timer"),
        pytest.param("HassCancelAllTimers", {}, {"timers"}, id="timers"),
        pytest.param("HassNevermind", {}, set(), id="nothing"),
    ],
)
async def test_intents(
    hass: HomeAssistant, intent_type: str, args: dict[str, Any], expected: set[str]
) -> None:
    """The same matching as the intent's own."""
    await hass.services.async_call(
        "media_player",
        "media_pause",
        {"entity_id": "media_player.walkman"},
        blocking=True,
    )
    assert touched(hass, intent_tool(hass, intent_type), args) == expected


@pytest.mark.usefixtures("demo_home")
async def test_a_name_in_two_areas_is_the_one_of_the_satellite(
    hass: HomeAssistant,
) -> None:
    """Without a satellite either may be meant."""
    entry = MockConfigEntry()
    entry.add_to_hass(hass)
    for area in ("Attic", "Cellar"):
        device = dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id, identifiers={("test", area)}
        )
        dr.async_get(hass).async_update_device(
            device.id, area_id=ar.async_get(hass).async_create(area).id
        )
        lamp = er.async_get(hass).async_get_or_create(
            "light", "test", area, device_id=device.id
        )
        er.async_get(hass).async_update_entity(lamp.entity_id, name="Lamp")
        hass.states.async_set(lamp.entity_id, "off", {"friendly_name": "Lamp"})
        async_expose_entity(hass, conversation.DOMAIN, lamp.entity_id, True)
        satellite = device.id
        own = lamp.entity_id
    tool = intent_tool(hass, "HassTurnOn")
    assert touched(hass, tool, {"name": "Lamp"}, satellite) == {own}
    assert len(touched(hass, tool, {"name": "Lamp"})) == 2


@pytest.mark.usefixtures("demo_home")
async def test_what_is_not_exposed_is_not_touched(hass: HomeAssistant) -> None:
    """The intent would not find it either."""
    async_expose_entity(hass, conversation.DOMAIN, "light.ceiling_lights", False)
    tool = intent_tool(hass, "HassTurnOn")
    assert touched(hass, tool, {"area": "Kitchen"}) == {"light.kitchen_lights"}


@pytest.mark.usefixtures("demo_home")
async def test_live_context_reads_what_it_is_asked_for(hass: HomeAssistant) -> None:
    """All that is exposed, if it is asked for nothing in particular."""
    tool = GetLiveContextTool()
    assert touched(hass, tool, {"area": "kitchen"}) == KITCHEN
    assert touched(hass, tool, {"domain": "climate"}) == {
        "climate.heatpump",
        "climate.hvac",
        "climate.ecobee",
    }
    everything = touched(hass, tool, {})
    assert everything >= KITCHEN
    async_expose_entity(hass, conversation.DOMAIN, "light.bed_light", False)
    assert touched(hass, tool, {}) == everything - {"light.bed_light"}
    assert touched(hass, GetDateTimeTool(), {}) == set()


@pytest.mark.usefixtures("demo_home")
async def test_tools_that_say_nothing_touch_their_integration(
    hass: HomeAssistant,
) -> None:
    """Its domain and all entities that it has."""

    async def act(args: dict[str, Any]) -> None:
        """Do nothing."""

    tool = FakeTool("unknown", act, integration="demo")
    found = touched(hass, RenamedTool("another_name", tool), {})
    assert {"integration:demo", "demo.*", "light.bed_light"} <= found
    mcp = FakeTool("search", act, integration="mcp")
    assert touched(hass, mcp, {}) == {"integration:mcp", "mcp.*"}
    homeless = FakeTool("homeless", act)
    homeless.integration = None
    assert touched(hass, homeless, {}) == {"*"}


SCRIPTS = {
    "named": [
        {"action": "light.turn_on", "target": {"entity_id": "light.bed_light"}},
        {"action": "light.turn_on", "target": {"area_id": "kitchen"}},
        {"delay": 5},
    ],
    "nested": [{"action": "script.turn_on", "target": {"entity_id": "script.named"}}],
    "templated": [
        {"action": "light.turn_on", "target": {"entity_id": "{{ lamp }}"}},
        {"action": "light.turn_on", "target": {"entity_id": "light.bed_light"}},
    ],
    "speaking": [
        {
            "action": "light.turn_on",
            "target": {"entity_id": "light.bed_light"},
            "data": {"brightness": "{{ 5 }}"},
        }
    ],
    "silent": [{"event": "something"}],
}


@pytest.mark.usefixtures("demo_home")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("named", {"script.named", "light.bed_light", *KITCHEN}),
        ("nested", {"script.nested", "script.named", "light.bed_light", *KITCHEN}),
        ("templated", {"script.templated", "*"}),
        ("speaking", {"script.speaking", "light.bed_light"}),
        ("silent", {"script.silent", "*"}),
    ],
)
async def test_scripts(hass: HomeAssistant, name: str, expected: set[str]) -> None:
    """What their steps name, else the whole home."""
    assert await async_setup_component(
        hass,
        "script",
        {"script": {key: {"sequence": steps} for key, steps in SCRIPTS.items()}},
    )
    assert touched(hass, ScriptTool(hass, f"script.{name}"), {}) == expected


@pytest.mark.usefixtures("demo_home")
async def test_groups_and_scenes(hass: HomeAssistant) -> None:
    """A group is its members; a scene writes what it sets, and reads nothing."""
    hass.states.async_set(
        "group.lamps", "on", {"entity_id": ["light.bed_light", "group.more"]}
    )
    hass.states.async_set("group.more", "on", {"entity_id": ["light.ceiling_lights"]})
    assert await async_setup_component(
        hass,
        "scene",
        {"scene": {"name": "Night", "entities": {"light.bed_light": "off"}}},
    )
    hass.states.async_set("scene.of_a_bridge", "unknown")
    await hass.async_block_till_done()
    for entity_id in ("group.lamps", "scene.night", "scene.of_a_bridge"):
        async_expose_entity(hass, conversation.DOMAIN, entity_id, True)
    on, live = intent_tool(hass, "HassTurnOn"), GetLiveContextTool()
    lamps = {"group.lamps", "group.more", "light.bed_light", "light.ceiling_lights"}
    assert touched(hass, on, {"name": "lamps"}) == lamps
    assert touched(hass, live, {"name": "lamps"}) == lamps
    assert touched(hass, on, {"name": "Night"}) == {"scene.night", "light.bed_light"}
    assert "*" in touched(hass, on, {"name": "of a bridge"})
    assert touched(hass, live, {"name": "of a bridge"}) == {"scene.of_a_bridge"}


@pytest.mark.usefixtures("demo_home")
@pytest.mark.parametrize(
    ("service", "args", "expected"),
    [
        ("light.turn_on", {"name": "Bed Light"}, {"light.bed_light"}),
        ("light.turn_on", {"area": "Kitchen"}, KITCHEN),
        ("cover.close_cover", {"name": "Hall Window"}, {"cover.hall_window"}),
        (
            "media_player.join",
            {"name": "Walkman", "group_members": ["media_player.bedroom"]},
            {"media_player.walkman", "media_player.bedroom"},
        ),
    ],
)
async def test_services(
    hass: HomeAssistant, service: str, args: dict[str, Any], expected: set[str]
) -> None:
    """Their target, and what else their data names."""
    (tool,) = await async_get_catalog(hass).async_get_tools(
        [service], conversation.DOMAIN
    )
    assert touched(hass, tool, args) == expected


@pytest.mark.usefixtures("demo_home")
async def test_a_service_that_cannot_be_resolved_touches_its_domain(
    hass: HomeAssistant,
) -> None:
    """An earlier call may bring about what it names."""
    (tool,) = await async_get_catalog(hass).async_get_tools(
        ["light.turn_on"], conversation.DOMAIN
    )
    assert "light.*" in touched(hass, tool, {"name": "nothing"})
    assert "light.*" in touched(hass, tool, {"bogus": 1})


@pytest.mark.usefixtures("demo_home")
async def test_services_without_a_target(hass: HomeAssistant) -> None:
    """A script's own service is the script; another's is its integration."""
    assert await async_setup_component(
        hass, "script", {"script": {"named": {"sequence": SCRIPTS["named"]}}}
    )
    async_expose_entity(hass, conversation.DOMAIN, "script.named", True)
    tools = await async_get_catalog(hass).async_get_tools(
        ["script.named", "homeassistant.check_config"], conversation.DOMAIN
    )
    check_config, script = tools
    assert touched(hass, script, {}) >= {"script.named", "light.bed_light", *KITCHEN}
    assert "integration:homeassistant" in touched(hass, check_config, {})
