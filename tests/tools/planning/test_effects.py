"""The entities behind groups, scenes and scripts."""

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import (
    async_expose_entity,
)
from homeassistant.components.homeassistant.llm import GetLiveContextTool
from homeassistant.components.script.llm import ScriptTool
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest

from ..demo_intents import intent_tool
from .touching import KITCHEN, SCRIPTS, touched


@pytest.mark.usefixtures("demo_home")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("named", {"script.named", "light.bed_light", *KITCHEN}),
        ("nested", {"script.nested", "script.named", "light.bed_light", *KITCHEN}),
        ("templated", {"script.templated", "light.bed_light", "light.*", "*"}),
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
