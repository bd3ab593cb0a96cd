"""Random calls on a house with locks: nothing dangerous is done that nobody affirmed.

`CHATTERBOX_EXAMPLES=10000` tries as many.
"""

from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.helpers import config_validation as cv, llm
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.chatterbox.tools.api import ChatterboxAPI
from custom_components.chatterbox.tools.toolbox import Toolbox
from scripts.demo_model import ModelServer

from ...danger_home import (
    ALARM,
    BACK,
    BLIND,
    FRONT,
    GARAGE,
    LAMP,
    SCENES,
    SCRIPTS,
    SERVICES,
    SHED,
    SIREN,
    SWITCH,
    VALVE,
    Danger,
    make_danger,
)

ACTIONS = [
    f"{domain}.{service}"
    for domain, services in SERVICES.items()
    for service in services.split()
]
INTENTS = ("TurnOn", "TurnOff", "SetPosition", "StopMoving", "Toggle")
MORE = (
    *(f"homeassistant.{service}" for service in ("turn_on", "turn_off", "toggle")),
    *("script.turn_on", "script.toggle", "scene.turn_on"),
)
THINGS = (FRONT, BACK, SHED, GARAGE, BLIND, VALVE, ALARM, SIREN, LAMP, SWITCH)
NAMES = (
    *THINGS,
    *("Front door", "Back door", "Shed", "Garage", "Blind", "Main water"),
    *("House alarm", "Siren", "Hall lamp", "Gate relay", "Hall", "hall"),
    *("Ground floor", "ground_floor", "all", "ALL", "", "lock", "cover", "door"),
    *SCENES,
    *(f"scene.{name.lower().replace(' ', '_')}" for name in SCENES),
    # By its entity it would run unawaited and fail for want of what it is given.
    *(f"script.{name}" for name in SCRIPTS if name != "lights_by_template"),
)
DOMAINS = ("lock", "cover", "valve", "siren", "alarm_control_panel", "light", "scene")
names = st.sampled_from(NAMES)
some = st.one_of(names, st.lists(names, max_size=3), names.map(str.upper))
positions = st.one_of(st.integers(-1, 101), st.sampled_from(("50", 0.4, 0)))
domains = st.sampled_from(DOMAINS)
to_intents = st.tuples(
    st.sampled_from(INTENTS).map("intent__Hass{}".format),
    st.one_of(
        st.fixed_dictionaries({"name": names}),
        st.fixed_dictionaries({"name": names, "position": positions}),
        st.fixed_dictionaries({"area": st.just("Hall"), "position": positions}),
        st.fixed_dictionaries(
            {},
            optional={
                "name": names,
                "area": st.sampled_from(("Hall", "hall", "")),
                "floor": st.just("Ground floor"),
                "domain": st.one_of(domains, st.lists(domains, max_size=3)),
                "device_class": st.sampled_from(("garage", "door", "blind", "water")),
            },
        ),
    ),
)
targets = st.one_of(
    st.fixed_dictionaries({"entity_id": some}),
    st.fixed_dictionaries({"name": some}),
    st.fixed_dictionaries({"area": st.just("Hall")}),
    st.fixed_dictionaries({"area_id": some}),
    st.fixed_dictionaries(
        {"target": st.dictionaries(st.sampled_from(("entity_id", "area_id")), some)}
    ),
)
to_services = st.builds(
    lambda action, target, position: (
        action.replace(".", "__"),
        target | ({"position": position} if "set_cover_position" in action else {}),
    ),
    st.sampled_from((*ACTIONS, *MORE)),
    targets,
    positions,
)
to_scripts = st.tuples(
    st.sampled_from(sorted(SCRIPTS)).map("script__{}".format),
    st.fixed_dictionaries(
        {}, optional={"door": names, "lamp": names, "what": st.sampled_from(ACTIONS)}
    ),
)


HARMLESS = {
    "lock": {"lock"},
    "cover": {"close_cover", "stop_cover"},
    "valve": {"close_valve", "stop_valve"},
    "alarm_control_panel": {"alarm_arm_away"},
    "siren": set(),
}


def is_dangerous(call: ServiceCall) -> bool:
    """Return whether a service lets somebody in, lets water run or silences an alarm."""
    if call.domain not in HARMLESS or call.service in HARMLESS[call.domain]:
        return False
    things = set(cv.ensure_list(call.data.get("entity_id", ())))
    if call.domain == "cover" and GARAGE not in things:
        return False
    positions = (call.data.get("position"), call.data.get("tilt_position"))
    return not (call.service.startswith("set_") and 0 in positions)


@pytest.fixture
async def danger(hass: HomeAssistant, model_server: ModelServer) -> Danger:
    """Give the house, with all of its scripts and scenes exposed."""
    danger = await make_danger(hass, model_server)
    for entity_id in hass.states.async_entity_ids(("script", "scene")):
        async_expose_entity(hass, "conversation", entity_id, True)
    return danger


@pytest.fixture
async def toolbox(danger: Danger) -> Toolbox:
    """Give all the tools, with nobody to ask."""
    api = ChatterboxAPI(danger.hass, ("assist",), (*ACTIONS, *MORE))
    return await api.async_get_api_instance(
        llm.LLMContext(
            platform="chatterbox",
            context=Context(),
            language="en",
            assistant="conversation",
            device_id=danger.hall,
        )
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(call=st.one_of(to_intents, to_services, to_scripts))
async def test_nothing_dangerous_is_done(
    danger: Danger, toolbox: Toolbox, call: tuple[str, dict[str, Any]]
) -> None:
    """Whatever is called, on whatever; and each call has a result."""
    tool, args = call
    danger.house.calls.clear()
    result = await toolbox.async_call_tool(
        llm.ToolInput(tool_name=tool, tool_args=args)
    )
    await danger.hass.async_block_till_done()
    assert result.data
    for done in danger.house.calls:
        assert not is_dangerous(done), f"{tool} {args}"
        assert SHED not in cv.ensure_list(done.data.get("entity_id", ()))
