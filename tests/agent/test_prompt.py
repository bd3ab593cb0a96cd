"""What the model is told before anybody speaks."""

import asyncio
from datetime import timedelta
import itertools
import json
import os
import sys

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.intent.timers import async_register_timer_handler
from homeassistant.core import Context, HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from scripts.demo_model import ModelServer
from tests.home import Agent, setup_agent, spoken
from tests.house import House, make_house


@pytest.fixture
async def house(hass: HomeAssistant) -> House:
    """Give two areas on two floors, a lamp in each."""
    house = await make_house(hass)
    for name, floor in (("Kitchen", "Ground"), ("Study", "Upper")):
        area = house.area(name, floor)
        house.entity(f"light.{area}", f"{name} Lamp", area=area)
    return house


@pytest.fixture
async def agent(hass: HomeAssistant, model_server: ModelServer, house: House) -> Agent:
    """Give an agent with Assist."""
    model_server.brain = lambda request: ["Hello."]
    return await setup_agent(hass, model_server, llm_hass_api=["assist"])


def prefix(server: ModelServer, number: int = -1) -> bytes:
    """Return the bytes of a request before the first that the person said."""
    body = server.requests[number].body
    end = body.index(b'{"role":"user"')
    assert b'"tools":[{' in body[:end]
    return body[:end]


async def test_no_byte_changes_between_two_satellites_and_two_minutes(
    hass: HomeAssistant,
    agent: Agent,
    model_server: ModelServer,
    house: House,
    freezer: FrozenDateTimeFactory,
) -> None:
    kitchen = house.satellite("Kitchen box", "kitchen")
    study = house.satellite("Study box", "study")
    user = MockUser(name="Anna").add_to_hass(hass)
    await agent.say("hello", device_id=kitchen)
    freezer.tick(timedelta(minutes=1))
    hass.states.async_set("light.study", "on", {"friendly_name": "Study Lamp"})
    await agent.say(
        "is the study lamp on",
        device_id=study,
        context=Context(user.id),
        language="de",
        extra_system_prompt="Be brief.",
    )
    assert prefix(model_server, 0) == prefix(model_server, 1)
    for number, area in enumerate(("Kitchen", "Study")):
        said = model_server.requests[number].messages[-1]["content"]
        assert f"In area {area}, floor" in said


async def test_a_satellite_with_timers_changes_it_for_all_alike(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer, house: House
) -> None:
    with_timers = house.satellite("Kitchen box", "kitchen")
    without = house.satellite("Study box", "study")
    forget = async_register_timer_handler(hass, with_timers, lambda *_: None)
    for device_id in (with_timers, without, None):
        await agent.say("hello", device_id=device_id)
    assert prefix(model_server, 0) == prefix(model_server, 1) == prefix(model_server, 2)
    assert "intent__HassStartTimer" in model_server.requests[0].tool_names
    forget()
    await agent.say("hello", device_id=without)
    assert "intent__HassStartTimer" not in model_server.requests[-1].tool_names


async def test_a_satellite_without_timers_says_so(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer, house: House
) -> None:
    started: list[object] = []
    with_timers = house.satellite("Kitchen box", "kitchen")
    without = house.satellite("Study box", "study")
    async_register_timer_handler(hass, with_timers, lambda *_: started.append(1))
    timer = ("intent__HassStartTimer", {"minutes": 5})
    model_server.call(timer, ("reply", {"say": "It runs."}))
    model_server.reply("I cannot do that here.")
    result = await agent.say("set a timer", device_id=without)
    assert spoken(result) == "I cannot do that here."
    assert not started
    results = [m for m in model_server.requests[1].messages if m["role"] == "tool"]
    assert "cannot run timers" in json.loads(results[0]["content"])["error"]
    model_server.call(timer, ("reply", {"say": "It runs."}))
    assert spoken(await agent.say("timer", device_id=with_timers)) == "It runs."
    assert started


async def test_no_byte_changes_with_the_hash_seed() -> None:
    # With these two, core's set of the words for louder and softer differs in order.
    one, two = await asyncio.gather(digest_with_seed("1"), digest_with_seed("2"))
    assert one == two
    assert len(one) == 64


PRINT_DIGEST = """
import asyncio, tests.newer_home_assistant
from tests.agent.print_prefix import print_digest
asyncio.run(print_digest())
"""


async def digest_with_seed(seed: str) -> str:
    """Return the prefix's digest in a process with this hash seed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", PRINT_DIGEST),
        env={**os.environ, "PYTHONHASHSEED": seed},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode().strip()


async def test_a_new_entity_leaves_what_stands_before_it(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer, house: House
) -> None:
    await agent.say("hello")
    house.entity("light.study_2", "Study Floor Lamp", area="study")
    await agent.say("hello")
    before, after = (
        request.messages[0]["content"].split("\n") for request in model_server.requests
    )
    assert [line for line in after if line != "Study Floor Lamp: light"] == before


async def test_there_is_no_clock_area_or_state_in_it(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer, house: House
) -> None:
    await agent.say("hello", device_id=house.satellite("Box", "kitchen"))
    system = model_server.requests[0].messages[0]["content"]
    assert "Kitchen Lamp: light" in system
    assert "Current time" not in system
    assert "You are in area" not in system
    assert "llm__GetDateTime" not in model_server.requests[0].tool_names


async def test_the_users_template_is_rendered_as_asked(
    hass: HomeAssistant,
    model_server: ModelServer,
    house: House,
    freezer: FrozenDateTimeFactory,
) -> None:
    freezer.move_to("2026-11-23 13:05:59+00:00")
    user = MockUser(name="Anna").add_to_hass(hass)
    agent = await setup_agent(
        hass,
        model_server,
        prompt="You serve {{ user_name }} in {{ ha_name }} at {{ utcnow().hour }}.",
    )
    model_server.reply("Hello.")
    await agent.say("hello", context=Context(user.id))
    system = model_server.requests[0].messages[0]["content"]
    assert system.startswith("You serve Anna in test home at 13.\n")


async def test_the_prompts_of_other_apis_are_kept(
    hass: HomeAssistant, model_server: ModelServer, house: House
) -> None:
    agent = await setup_agent(hass, model_server, llm_hass_api=["assist", "test_api"])
    model_server.reply("Hello.")
    await agent.say("hello")
    system = model_server.requests[0].messages[0]["content"]
    assert "These are the test's tools." in system


@pytest.mark.parametrize(
    ("llm_hass_api", "told"),
    [
        pytest.param(["assist"], True, id="assist"),
        pytest.param([], False, id="nothing"),
        pytest.param(["test_api"], False, id="other-api"),
    ],
)
async def test_the_home_is_told_to_those_who_act_in_it(
    hass: HomeAssistant,
    model_server: ModelServer,
    house: House,
    llm_hass_api: list[str],
    told: bool,
) -> None:
    agent = await setup_agent(hass, model_server, llm_hass_api=llm_hass_api)
    model_server.reply("Hello.")
    await agent.say("hello")
    assert ("Kitchen Lamp" in model_server.requests[0].body.decode()) is told


async def test_nothing_exposed_is_said(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    await make_house(hass)
    agent = await setup_agent(hass, model_server, llm_hass_api=["assist"])
    model_server.reply("Hello.")
    await agent.say("hello")
    assert "No device is exposed" in model_server.requests[0].messages[0]["content"]


async def test_no_byte_changes_with_services_and_no_api(
    hass: HomeAssistant,
    model_server: ModelServer,
    house: House,
    freezer: FrozenDateTimeFactory,
) -> None:
    # Here Home Assistant would put the clock into the system prompt.
    agent = await setup_agent(
        hass, model_server, llm_hass_api=[], services=["light.turn_on"]
    )
    model_server.brain = lambda request: ["Hello."]
    await agent.say("hello", device_id=house.satellite("Box", "kitchen"))
    freezer.tick(timedelta(minutes=1))
    await agent.say("hello")
    assert prefix(model_server, 0) == prefix(model_server, 1)
    assert model_server.requests[0].tool_names == ["light__turn_on", "reply"]
    assert "Kitchen Lamp: light" in model_server.requests[0].messages[0]["content"]


async def test_earlier_turns_are_sent_byte_for_byte(
    hass: HomeAssistant,
    agent: Agent,
    model_server: ModelServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    lamp = ("intent__HassTurnOn", {"name": "Kitchen Lamp"})
    model_server.call(lamp, ("reply", {"say": "It is on."}))
    first = await agent.say("kitchen lamp on")
    model_server.call(("homeassistant__GetLiveContext", {"name": "Kitchen Lamp"}))
    model_server.reply("Yes.")
    freezer.tick(timedelta(minutes=1))
    await agent.say("is the kitchen lamp on", first.conversation_id)
    freezer.tick(timedelta(minutes=1))
    await agent.say("thanks", first.conversation_id)
    bodies = [request.body for request in model_server.requests]
    assert len(bodies) == 4
    for before, after in itertools.pairwise(bodies):
        assert before.endswith(b"]}")
        assert after.startswith(before.removesuffix(b"]}"))
