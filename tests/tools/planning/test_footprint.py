"""Tests for what calls touch, with core's own tools and the demo home."""

from typing import Any

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import (
    async_expose_entity,
)
from homeassistant.components.homeassistant.llm import GetLiveContextTool
from homeassistant.components.llm.llm import GetDateTimeTool
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    llm,
)
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.tools.naming import RenamedTool
from custom_components.chatterbox.tools.planning.habits import (
    PROVEN,
    async_get_habits,
)
from custom_components.chatterbox.tools.resources import Footprint, conflict, overlap

from ..demo_intents import intent_tool
from ..dispatch.dispatching import FakeTool
from .touching import KITCHEN, touched


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
        er.async_get(hass).async_update_entity(lamp.entity_id, aliases=["Lamp"])
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
async def test_tools_that_say_nothing_may_touch_anything(hass: HomeAssistant) -> None:
    """Once they have proven not to, their integration and all entities it has."""

    async def act(args: dict[str, Any]) -> None:
        """Do nothing."""

    tool = FakeTool("unknown", act, integration="demo")
    renamed = RenamedTool("another_name", tool)
    assert touched(hass, renamed, {}) == {"integration:demo", "?"}
    async_get_habits(hass).of(tool).runs = PROVEN
    found = touched(hass, renamed, {})
    assert {"integration:demo", "demo.*", "light.bed_light"} <= found
    mcp = FakeTool("search", act, integration="mcp")
    assert touched(hass, mcp, {}) == {"integration:mcp", "?"}
    homeless = FakeTool("homeless", act)
    homeless.integration = None
    assert touched(hass, homeless, {}) == {"*"}


@pytest.mark.parametrize(
    ("name", "read_only", "expected"),
    [
        pytest.param("homeassistant__call_action", False, {"*"}, id="any action"),
        pytest.param("homeassistant__render_template", True, {"*"}, id="any state"),
        pytest.param("homeassistant__search_actions", True, set(), id="descriptions"),
    ],
)
def test_home_assistants_own_tools_reach_everything(
    hass: HomeAssistant, name: str, read_only: bool, expected: set[str]
) -> None:
    """They stand outside exposure, so nothing narrower can be told."""

    async def nothing(args: dict[str, Any]) -> None:
        """Do nothing."""

    tool = FakeTool(
        name,
        nothing,
        integration="homeassistant",
        annotations=llm.ToolAnnotations(read_only=read_only),
    )
    assert touched(hass, tool, {}) == expected
