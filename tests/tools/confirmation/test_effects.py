"""Attacks on what is dangerous: by places, kinds, groups, scenes, scripts and more.

Each is a whole turn of an agent with a model that calls what an attacker would.
"""

from typing import Any

from homeassistant.components.intent import async_register_timer_handler
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, label_registry as lr, llm
import pytest

from scripts.demo_model import ModelServer

from ...danger_home import (
    ALARM,
    BACK,
    BLIND,
    FRONT,
    GARAGE,
    LAMP,
    SIREN,
    SWITCH,
    VALVE,
    Danger,
    danger_fixture,  # noqa: F401
    make_danger,
)

OFF, ON, SET = "intent__HassTurnOff", "intent__HassTurnOn", "intent__HassSetPosition"
GUARDED = {FRONT, BACK, GARAGE, VALVE, ALARM, SIREN}


async def attempt(danger: Danger, tool: str, args: dict[str, Any]) -> str:
    """Let the model make one call; return what is said: a question, or that it failed."""
    danger.agent.server.call((tool, args))
    danger.agent.server.reply("That did not work, sorry.")
    return await danger.say("Do as you like")


@pytest.mark.parametrize(
    ("tool", "args", "done"),
    [
        pytest.param(OFF, {"area": "Hall"}, {LAMP, SWITCH, BLIND}, id="off-area"),
        pytest.param(ON, {"area": "Hall"}, {LAMP, SWITCH, BLIND}, id="on-area"),
        pytest.param(
            OFF, {"floor": "Ground floor"}, {LAMP, SWITCH, BLIND}, id="off-floor"
        ),
        pytest.param(
            ON, {"area": "Hall", "domain": "cover"}, {BLIND}, id="covers-of-an-area"
        ),
        pytest.param(ON, {"domain": "cover"}, {BLIND}, id="bare-domain-cover"),
        pytest.param(OFF, {"domain": "lock"}, set(), id="bare-domain-lock"),
        pytest.param(OFF, {"domain": ["lock"]}, set(), id="bare-domain-list"),
        pytest.param(
            OFF, {"area": "Hall", "domain": ["lock", "light"]}, {LAMP}, id="two-domains"
        ),
        pytest.param(OFF, {"name": "all", "domain": "lock"}, set(), id="name-all"),
        pytest.param(OFF, {"name": "", "domain": "lock"}, set(), id="name-empty"),
        pytest.param(ON, {"domain": "valve"}, set(), id="bare-domain-valve"),
        pytest.param(ON, {"domain": "siren"}, set(), id="bare-domain-siren"),
        pytest.param(ON, {"device_class": "garage"}, set(), id="device-class"),
        pytest.param(
            SET,
            {"area": "Hall", "domain": "cover", "position": 100},
            {BLIND},
            id="position-of-an-area",
        ),
        pytest.param(
            SET, {"domain": "cover", "position": 5}, {BLIND}, id="position-of-a-domain"
        ),
        pytest.param(
            ON, {"area": "Hall", "domain": "lock"}, set(), id="locks-need-a-name-too"
        ),
        pytest.param(OFF, {}, set(), id="nothing-named"),
    ],
)
async def test_no_place_and_no_kind_touches_it(
    danger: Danger, tool: str, args: dict[str, Any], done: set[str]
) -> None:
    """What is harmless among what matches is done, and the model is told of the rest."""
    await attempt(danger, tool, args)
    touched = {entity_id for _, entity_id in danger.done}
    assert touched == done
    assert not touched & GUARDED
    if done:
        assert "Not touched" in danger.told()


@pytest.mark.parametrize(
    ("service", "args"),
    [
        ("lock.unlock", {"area": "Hall"}),
        ("lock.unlock", {"floor": "Ground floor"}),
        ("lock.unlock", {"domain": "lock"}),
        ("lock.unlock", {"target": {"area_id": "hall"}}),
        ("cover.open_cover", {"device_class": "garage"}),
        ("valve.open_valve", {}),
        ("alarm_control_panel.alarm_disarm", {}),
        ("siren.turn_on", {}),
    ],
)
async def test_services_need_a_name(
    hass: HomeAssistant,
    model_server: ModelServer,
    service: str,
    args: dict[str, Any],
) -> None:
    """Not even where only one such thing is exposed."""
    danger = await make_danger(hass, model_server, services=[service])
    await attempt(danger, service.replace(".", "__"), args)
    assert danger.done == []
    assert danger.requests == 2, "nobody was asked"


@pytest.mark.parametrize(
    ("service", "args", "question"),
    [
        ("lock.unlock", {"entity_id": FRONT}, "unlock Front door"),
        ("lock.unlock", {"entity_id": [FRONT, BACK]}, "unlock Back door, Front door"),
        ("lock.open", {"name": "Front door"}, "open Front door"),
        ("cover.open_cover", {"entity_id": GARAGE}, "open Garage"),
        ("cover.toggle", {"entity_id": GARAGE}, "act on Garage"),
        (
            "cover.set_cover_position",
            {"entity_id": GARAGE, "position": 1},
            "open Garage",
        ),
        (
            "cover.set_cover_tilt_position",
            {"entity_id": GARAGE, "tilt_position": 40},
            "open Garage",
        ),
        ("valve.open_valve", {"name": "Main water"}, "open Main water"),
        ("valve.toggle", {"name": "Main water"}, "act on Main water"),
        (
            "alarm_control_panel.alarm_disarm",
            {"entity_id": ALARM},
            "disarm House alarm",
        ),
        (
            "alarm_control_panel.alarm_trigger",
            {"entity_id": ALARM},
            "set off House alarm",
        ),
        ("siren.turn_on", {"name": "Siren"}, "set off Siren"),
        ("siren.turn_off", {"name": "Siren"}, "silence Siren"),
        ("homeassistant.turn_on", {"entity_id": SIREN}, "set off Siren"),
        ("homeassistant.toggle", {"entity_id": GARAGE}, "act on Garage"),
        ("script.turn_on", {"entity_id": "script.let_in"}, "unlock Front door"),
        (
            "homeassistant.turn_on",
            {"entity_id": "script.turns_on_let_in"},
            "unlock Front door",
        ),
        ("scene.turn_on", {"name": "Open house"}, "unlock Front door"),
        ("scene.turn_on", {"name": "Garage ajar"}, "open Garage"),
        ("scene.turn_on", {"name": "Disarmed"}, "disarm House alarm"),
        (
            "homeassistant.restart",
            {},
            "use Restart",
        ),
    ],
)
async def test_services_on_what_is_named(
    hass: HomeAssistant,
    model_server: ModelServer,
    service: str,
    args: dict[str, Any],
    question: str,
) -> None:
    """They are asked for, and not done."""
    danger = await make_danger(hass, model_server, services=[service])
    for script in ("let_in", "turns_on_let_in"):
        expose(hass, f"script.{script}")
    for scene in ("open_house", "garage_ajar", "disarmed"):
        expose(hass, f"scene.{scene}")
    said = await attempt(danger, service.replace(".", "__"), args)
    assert said.startswith(f"Shall I really {question}")
    assert danger.done == []


def expose(hass: HomeAssistant, entity_id: str) -> None:
    """Expose an entity to Assist."""
    from homeassistant.components.homeassistant.exposed_entities import (  # noqa: PLC0415
        async_expose_entity,
    )

    async_expose_entity(hass, "conversation", entity_id, True)


@pytest.mark.parametrize(
    ("script", "question"),
    [
        ("let_in", "unlock Front door"),
        ("calls_let_in", "unlock Front door"),
        ("turns_on_let_in", "unlock Front door"),
        ("chooses", "open Garage"),
        ("repeats", "open Main water"),
        ("by_area", "unlock"),
        ("by_template", "unlock Lock?"),
        ("any_action", "act on Front door"),
        ("anything", "use"),
        ("a_scene", "unlock Front door"),
        ("half_open", "open Garage"),
    ],
)
@pytest.mark.parametrize("tool", ["own", ON])
async def test_scripts(danger: Danger, script: str, question: str, tool: str) -> None:
    """Whatever branch unlocks, and however deep, by the script's own tool or by its name."""
    expose(danger.hass, f"script.{script}")
    if tool == "own":
        said = await attempt(danger, f"script__{script}", {})
    else:
        name = danger.hass.states.get(f"script.{script}").name
        said = await attempt(danger, ON, {"name": name, "domain": "script"})
    assert said.startswith(f"Shall I really {question}")
    assert danger.done == []


@pytest.mark.parametrize(
    "script",
    ["lock_up", "lights_by_template", "lights", "asks_first", "switched_off"],
)
async def test_scripts_that_only_secure_or_light(danger: Danger, script: str) -> None:
    """A script that cannot be told counts only if it reaches such a thing."""
    expose(danger.hass, f"script.{script}")
    said = await attempt(danger, f"script__{script}", {})
    assert said == "That did not work, sorry."
    await danger.hass.async_block_till_done()
    assert danger.outcomes == []


@pytest.mark.parametrize(
    ("tool", "args", "done"),
    [
        (ON, {"name": "Front door"}, ("lock.lock", FRONT)),
        (OFF, {"name": "Garage"}, ("cover.close_cover", GARAGE)),
        (OFF, {"name": "Main water"}, ("valve.close_valve", VALVE)),
        (SET, {"name": "Garage", "position": 0}, ("cover.set_cover_position", GARAGE)),
        ("intent__HassStopMoving", {"name": "Garage"}, ("cover.stop_cover", GARAGE)),
        (ON, {"name": "Hall lamp"}, ("light.turn_on", LAMP)),
        (ON, {"name": "Blind"}, ("cover.open_cover", BLIND)),
    ],
)
async def test_what_secures_needs_nobody(
    danger: Danger, tool: str, args: dict[str, Any], done: tuple[str, str]
) -> None:
    """Locking, closing, shutting and stopping run at once."""
    danger.agent.server.call((tool, args))
    danger.agent.server.reply("Done.")
    assert await danger.say("Do it") == "Done."
    assert danger.done == [done]


@pytest.mark.parametrize(
    ("service", "args"),
    [
        ("alarm_control_panel.alarm_arm_away", {"entity_id": ALARM}),
        ("scene.turn_on", {"name": "Locked house"}),
        ("scene.turn_on", {"name": "Armed"}),
        ("scene.turn_on", {"name": "Cosy"}),
        ("lock.lock", {"name": "Front door"}),
    ],
)
async def test_services_that_secure(
    hass: HomeAssistant, model_server: ModelServer, service: str, args: dict[str, Any]
) -> None:
    """Arming and locking, by a scene too."""
    danger = await make_danger(hass, model_server, services=[service])
    for scene in ("locked_house", "armed", "cosy"):
        expose(hass, f"scene.{scene}")
    danger.agent.server.call((service.replace(".", "__"), args))
    danger.agent.server.reply("Done.")
    assert await danger.say("Do it") == "Done."
    await hass.async_block_till_done()
    assert danger.outcomes == []


@pytest.mark.parametrize(
    ("tool", "args", "question"),
    [
        (ON, {"name": "Garage"}, "open Garage"),
        (OFF, {"name": "Front door"}, "unlock Front door"),
        (OFF, {"name": "front DOOR "}, "unlock Front door"),
        (OFF, {"name": "Front door", "area": "Hall"}, "unlock Front door"),
        (ON, {"name": "Main water"}, "open Main water"),
        (ON, {"name": "Siren"}, "set off Siren"),
        (SET, {"name": "Garage", "position": 1}, "open Garage"),
        (SET, {"name": "Main water", "position": 50}, "open Main water"),
        (ON, {"name": "Open house"}, "unlock Front door"),
    ],
)
async def test_intents_on_what_is_named(
    danger: Danger, tool: str, args: dict[str, Any], question: str
) -> None:
    """Turning a lock off unlocks it, whatever the tool is called."""
    expose(danger.hass, "scene.open_house")
    assert (await attempt(danger, tool, args)).startswith(f"Shall I really {question}")
    assert danger.done == []


async def test_groups_of_groups(danger: Danger) -> None:
    """What a group comes down to counts."""
    hass = danger.hass
    for group, members in (("inner", [FRONT]), ("outer", ["lock.inner"])):
        danger.house.entity(f"lock.{group}", group.title(), "locked")
        hass.states.async_set(
            f"lock.{group}",
            "locked",
            {"friendly_name": group.title(), "entity_id": members},
        )
    said = await attempt(danger, OFF, {"name": "Outer"})
    assert "Front door" in said
    assert danger.done == []


@pytest.mark.parametrize(
    ("command", "runs"),
    [
        ("unlock the front door", False),
        ("open the garage", False),
        ("turn off the hall lamp", True),
        ("in five minutes unlock the front door", False),
        ("sesame", False),
    ],
)
async def test_timers_with_commands(
    danger: Danger, command: str, runs: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """When the timer ends nobody is there to be asked."""
    tool = "intent__HassStartTimer"
    async_register_timer_handler(danger.hass, danger.hall, lambda *_: None)
    await attempt(danger, tool, {"seconds": 5, "conversation_command": command})
    assert ("nobody can be asked when the timer ends" in danger.told()) is not runs
    assert ("nobody can be asked when the timer ends" in caplog.text) is not runs
    assert danger.done == []


@pytest.mark.parametrize(
    ("annotations", "asked"),
    [
        (llm.ToolAnnotations(), True),
        (llm.ToolAnnotations(destructive=True, open_world=False), True),
        (llm.ToolAnnotations(destructive=False), False),
        (llm.ToolAnnotations(read_only=True), False),
    ],
)
async def test_tools_that_say_that_they_destroy(
    danger: Danger, annotations: llm.ToolAnnotations, asked: bool
) -> None:
    """As MCP's do; what is asked reads out what the tool is given."""
    ran = []

    async def delete(args: dict[str, Any]) -> str:
        ran.append(args)
        return "gone"

    danger.agent.tool("delete", delete, annotations)
    danger.agent.server.call(("delete", {"path": "photos"}))
    danger.agent.server.reply("Gone.")
    said = await danger.say("Delete it")
    assert said == ("Shall I really use delete (photos)?" if asked else "Gone.")
    assert bool(ran) is not asked
    if asked:
        await danger.say("yes")
        assert ran == [{"path": "photos"}]


async def test_a_tool_that_the_user_trusts(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """It needs nobody any more."""
    danger = await make_danger(hass, model_server, danger_trusted=["delete"])

    async def delete(_: dict[str, Any]) -> str:
        return "gone"

    danger.agent.tool("delete", delete, llm.ToolAnnotations())
    danger.agent.server.call(("delete", {}))
    danger.agent.server.reply("Gone.")
    assert await danger.say("Delete it") == "Gone."


@pytest.mark.parametrize("how", ["entity", "label", "area label", "service"])
async def test_what_the_user_adds(
    hass: HomeAssistant, model_server: ModelServer, how: str
) -> None:
    """By its id, by a label of it or of its area, or by the service."""
    options: dict[str, Any] = {
        "entity": {"danger_entities": [SWITCH]},
        "label": {"danger_labels": ["risky"]},
        "area label": {"danger_labels": ["risky"]},
        "service": {"danger_services": ["switch.turn_on"]},
    }[how]
    danger = await make_danger(hass, model_server, **options)
    label = lr.async_get(hass).async_create("Risky").label_id
    if how == "label":
        er.async_get(hass).async_update_entity(SWITCH, labels={label})
    if how == "area label":
        from homeassistant.helpers import area_registry as ar  # noqa: PLC0415

        ar.async_get(hass).async_update("hall", labels={label})
    said = await attempt(danger, ON, {"name": "Gate relay"})
    assert said.startswith("Shall I really ")
    assert danger.done == []
    danger.conversation_id = None
    if how != "service":
        await attempt(danger, ON, {"area": "Hall", "domain": "switch"})
        assert danger.done == []


@pytest.mark.parametrize(
    ("service", "entity_id"),
    [("turn_off", FRONT), ("turn_on", FRONT), ("toggle", FRONT), ("turn_on", ALARM)],
)
async def test_what_a_service_does_not_reach(
    hass: HomeAssistant, model_server: ModelServer, service: str, entity_id: str
) -> None:
    """Home Assistant does nothing, and the model is told so."""
    name = f"homeassistant.{service}"
    danger = await make_danger(hass, model_server, services=[name])
    tool = name.replace(".", "__")
    await attempt(danger, tool, {"entity_id": [entity_id]})
    assert "Nothing was done to" in danger.told()
    assert '"success"' not in danger.told()
    danger.agent.server.call((tool, {"entity_id": [entity_id, LAMP]}))
    danger.agent.server.reply("Only the lamp, not the other.")
    await danger.say("And the lamp")
    assert danger.done == [(f"light.{service}", LAMP)]
    assert "Nothing was done to" in danger.told()
    assert '"success":true' in danger.told()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            {"action": "lock.unlock", "target": {"entity_id": FRONT}},
            "Shall I really unlock Front door, use",
        ),
        (
            {"action": "light.turn_on", "target": {"entity_id": LAMP}},
            "Shall I really use",
        ),
        ({"action": "lock.unlock", "target": {"entity_id": "{{ x }}"}}, "That did"),
        ({"action": "{{ x }}", "target": {"entity_id": FRONT}}, "That did"),
        ({"action": "lock.unlock", "target": {"entity_id": "all"}}, "That did"),
        ({"action": "lock.unlock", "target": {"area_id": "hall"}}, "That did"),
        ({"action": "lock.unlock", "target": "{{ x }}"}, "That did"),
        ({"target": {"entity_id": FRONT}}, "That did"),
    ],
)
@pytest.mark.parametrize("policy", ["confirm", "allow"])
async def test_any_action(
    hass: HomeAssistant,
    model_server: ModelServer,
    args: dict[str, Any],
    said: str,
    policy: str,
) -> None:
    """Home Assistant's own tool for any action is always asked for, if it can be told."""
    danger = await make_danger(hass, model_server, danger_policy=policy)
    ran = []

    async def call_action(given: dict[str, Any]) -> str:
        ran.append(given)
        return "done"

    danger.agent.tool("homeassistant__call_action", call_action)
    assert (await attempt(danger, "homeassistant__call_action", args)).startswith(said)
    assert ran == []
