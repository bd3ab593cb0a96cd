"""What scripts, scenes, automations and wrappers write, followed to its ends."""

from typing import Any

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import (
    async_expose_entity,
)
from homeassistant.components.script.llm import ScriptTool
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.tools.exposure.danger import TO_STATE, Effect
from custom_components.chatterbox.tools.planning.effects import effects_of, effects_on
from custom_components.chatterbox.tools.planning.wrapped import with_sources

from ..demo_intents import intent_tool
from .touching import footprint, touched

BED, CEILING = "light.bed_light", "light.ceiling_lights"
ON_BED = {"action": "light.turn_on", "target": {"entity_id": BED}}
EVENT = {"event": "something"}


def on(entity_id: str, **more: Any) -> dict[str, Any]:
    """Return a step that turns on."""
    return {"action": "light.turn_on", "target": {"entity_id": entity_id}, **more}


FOLLOWED = {
    "all_of_a_domain": (
        [{"action": "light.turn_off", "target": {"entity_id": "all"}}, ON_BED],
        {"light.*", BED, CEILING},
        True,
    ),
    "two_in_one_text": (
        [{"action": "light.turn_on", "data": {"entity_id": f"{BED}, {CEILING}"}}],
        {BED, CEILING},
        True,
    ),
    "scene_apply": (
        [{"action": "scene.apply", "data": {"entities": {BED: "on", CEILING: "off"}}}],
        {BED, CEILING},
        True,
    ),
    "choose": (
        [
            {
                "choose": [
                    {
                        "conditions": [
                            {"condition": "state", "entity_id": BED, "state": "on"}
                        ],
                        "sequence": [on(BED)],
                    }
                ],
                "default": [on(CEILING)],
            }
        ],
        {BED, CEILING},
        True,
    ),
    "repeat_and_parallel": (
        [
            {"repeat": {"count": 2, "sequence": [on(BED)]}},
            {"parallel": [on(CEILING)]},
        ],
        {BED, CEILING},
        True,
    ),
    "one_branch_unknown": (
        [
            {
                "if": [{"condition": "state", "entity_id": BED, "state": "on"}],
                "then": [on(BED)],
                "else": [EVENT],
            }
        ],
        {BED},
        False,
    ),
    "condition_beside_what_names_none": (
        [{"condition": "state", "entity_id": BED, "state": "on"}, EVENT],
        set(),
        False,
    ),
    "beside_a_service_of_anything": (
        [on(BED), {"action": "mqtt.publish", "data": {"topic": "lamp"}}],
        {BED},
        False,
    ),
    "disabled": ([on(BED), {**EVENT, "enabled": False}], {BED}, True),
    "speaks": (
        [on(BED), {"action": "notify.all", "data": {"message": "{{ 'on' }}"}}],
        {BED},
        True,
    ),
    "asks_an_agent": (
        [on(BED), {"action": "conversation.process", "data": {"text": "all on"}}],
        {BED},
        False,
    ),
    "other_script": ([{"action": "script.two_in_one_text"}], {BED, CEILING}, True),
    "other_script_by_entity": (
        [{"action": "script.turn_on", "target": {"entity_id": "script.speaks"}}],
        {BED},
        True,
    ),
    "itself": ([on(BED), {"action": "script.itself"}], {BED}, True),
    "none_such": ([on(BED), {"action": "script.none_such_at_all"}], {BED}, False),
    "triggers": (
        [
            {
                "action": "automation.trigger",
                "target": {"entity_id": "automation.evening"},
            }
        ],
        {CEILING},
        True,
    ),
}


@pytest.mark.usefixtures("demo_home")
@pytest.mark.parametrize("name", FOLLOWED)
async def test_scripts_are_followed(hass: HomeAssistant, name: str) -> None:
    """Every branch to its end; the whole home where one of them cannot be known."""
    scripts = {key: {"sequence": steps} for key, (steps, _, _) in FOLLOWED.items()}
    assert await async_setup_component(
        hass,
        "automation",
        {"automation": {"alias": "Evening", "triggers": [], "actions": [on(CEILING)]}},
    )
    assert await async_setup_component(hass, "script", {"script": scripts})
    _, written, known = FOLLOWED[name]
    found = touched(hass, ScriptTool(hass, f"script.{name}"), {})
    assert found >= written | {f"script.{name}"}
    assert ("*" in found) is not known
    lights = {BED, CEILING} if "light.*" in written else written
    assert {each for each in found if each.startswith("light.")} >= lights
    if known and "light.*" not in written:
        assert {each for each in found if each.startswith("light.")} == written
    assert effects_of(hass, f"script.{name}", {}).complete is known


@pytest.mark.usefixtures("demo_home")
async def test_what_a_script_looks_at_is_read(hass: HomeAssistant) -> None:
    """What it does depends on that, so that it comes after what changes it."""
    condition = {"condition": "state", "entity_id": "light.pair", "state": "on"}
    hass.states.async_set("light.pair", "on", {"entity_id": [CEILING]})
    steps = {"sequence": [{"if": [condition], "then": [on(BED)]}]}
    config = {"script": {"if_lit": steps, "outer": {"sequence": [ON_BED]}}}
    config["script"]["outer"]["sequence"] = [{"action": "script.if_lit"}]
    assert await async_setup_component(hass, "script", config)
    for name in ("if_lit", "outer"):
        effects = effects_of(hass, f"script.{name}", {})
        assert effects.resources >= {BED}
        assert effects.reads == {"light.pair", CEILING}
        found = footprint(hass, ScriptTool(hass, f"script.{name}"), {})
        assert (found.reads, found.writes) == (effects.reads, effects.resources)


@pytest.mark.usefixtures("demo_home")
async def test_what_a_scene_sets_is_told(hass: HomeAssistant) -> None:
    """Whoever asks whether a call is harmful needs to know to what it sets a lock."""
    assert await async_setup_component(
        hass,
        "scene",
        {"scene": {"name": "Leave", "entities": {"lock.door": "unlocked", BED: "off"}}},
    )
    await hass.async_block_till_done()
    effects = effects_of(hass, "scene.turn_on", {"entity_id": "scene.leave"})
    assert Effect(TO_STATE, "lock.door", "unlocked") in effects.all
    assert effects.complete
    assert effects.resources == {"scene.leave", "lock.door", BED}


@pytest.mark.usefixtures("demo_home")
async def test_a_template_light_is_what_its_actions_do(hass: HomeAssistant) -> None:
    """And its state what its template reads."""
    assert await async_setup_component(
        hass,
        "template",
        {
            "template": {
                "light": {
                    "name": "Wrapper",
                    "state": f"{{{{ is_state('{CEILING}', 'on') }}}}",
                    "turn_on": [on(CEILING)],
                    "turn_off": [{"action": "light.turn_off", **_at(CEILING)}],
                },
                "switch": {"name": "Odd", "turn_on": [EVENT], "turn_off": [EVENT]},
            }
        },
    )
    await hass.async_block_till_done()
    for entity_id in ("light.wrapper", "switch.odd"):
        async_expose_entity(hass, conversation.DOMAIN, entity_id, True)
    off = intent_tool(hass, "HassTurnOff")
    assert touched(hass, off, {"name": "Wrapper"}) == {"light.wrapper", CEILING}
    assert "*" in touched(hass, off, {"name": "Odd"})
    assert with_sources(hass, ["light.wrapper"]) == {"light.wrapper", CEILING}


@pytest.mark.usefixtures("demo_home")
async def test_a_universal_player_is_its_children(hass: HomeAssistant) -> None:
    """And what its commands call."""
    players = {
        "platform": "universal",
        "name": "Everywhere",
        "children": ["media_player.bedroom"],
        "attributes": {},
        "commands": {"turn_off": {"action": "light.turn_off", **_at(BED)}},
    }
    component = hass.data[DATA_INSTANCES]["media_player"]
    await component.async_setup({"media_player": [players]})
    await hass.async_block_till_done()
    found = effects_on(hass, ["media_player.everywhere"]).resources
    assert found == {"media_player.everywhere", "media_player.bedroom", BED}


@pytest.mark.usefixtures("demo_home")
async def test_what_a_config_entry_names_is_written(hass: HomeAssistant) -> None:
    """A switch shown as a light, a thermostat with its heater."""
    registry = er.async_get(hass)
    wrapped = registry.async_get_or_create("switch", "test", "1").entity_id
    hass.states.async_set(wrapped, "off")
    entry = MockConfigEntry(
        domain="switch_as_x", options={"entity_id": registry.async_get(wrapped).id}
    )
    entry.add_to_hass(hass)
    registry.async_get_or_create(
        "light", "switch_as_x", "1", suggested_object_id="shown", config_entry=entry
    )
    hass.states.async_set("light.shown", "off")
    assert effects_on(hass, ["light.shown"]).resources == {"light.shown", wrapped}
    assert with_sources(hass, ["light.shown"]) == {"light.shown", wrapped}
    hass.config_entries.async_update_entry(entry, options={})
    assert effects_on(hass, ["light.shown"]).resources == {"light.shown", "*"}


@pytest.mark.usefixtures("demo_home")
async def test_a_hubs_group_is_all_that_the_hub_has(hass: HomeAssistant) -> None:
    """Its members are known to the hub alone."""
    registry = er.async_get(hass)
    entry = MockConfigEntry(domain="hue")
    entry.add_to_hass(hass)
    for name in ("room", "spot"):
        registry.async_get_or_create(
            "light", "hue", name, suggested_object_id=name, config_entry=entry
        )
        hass.states.async_set(f"light.{name}", "on", {"is_hue_group": name == "room"})
    assert effects_on(hass, ["light.room"]).resources == {"light.room", "light.spot"}
    assert effects_on(hass, ["light.spot"]).resources == {"light.spot"}


def _at(entity_id: str) -> dict[str, Any]:
    return {"target": {"entity_id": entity_id}}
