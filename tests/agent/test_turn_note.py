"""The note beside what a person said."""

import asyncio
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components import conversation
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import chat_session
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockUser,
    async_fire_time_changed,
)

from custom_components.chatterbox.agent.turn_note import async_get_notes
from scripts.demo_model import ModelServer
from tests.home import Agent, setup_agent
from tests.house import House, make_house


@pytest.fixture
async def house(hass: HomeAssistant) -> House:
    """Give a garage with a door."""
    house = await make_house(hass)
    garage = house.area("Garage", "Ground")
    house.entity("cover.door", "Garage Door", "open", area=garage)
    return house


@pytest.fixture
async def agent(hass: HomeAssistant, model_server: ModelServer, house: House) -> Agent:
    """Give an agent with Assist and the test's own tools."""
    return await setup_agent(hass, model_server, llm_hass_api=["assist", "test_api"])


def users(server: ModelServer, number: int = -1) -> list[str]:
    """Return what a request says that the person said."""
    messages = server.requests[number].messages
    return [m["content"] for m in messages if m["role"] == "user"]


async def test_time_place_speaker_and_state(
    hass: HomeAssistant,
    agent: Agent,
    model_server: ModelServer,
    house: House,
    freezer: FrozenDateTimeFactory,
) -> None:
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to("2026-11-23 13:05:59+00:00")
    user = MockUser(name="Anna", is_owner=True).add_to_hass(hass)
    device_id = house.satellite("Box", "garage")
    model_server.reply("It is open.")
    result = await agent.say(
        "Is the garage door open?", device_id=device_id, context=Context(user.id)
    )
    assert users(model_server) == [
        "[Home Assistant: Monday 2026-11-23, 14:05 CET. In area Garage, floor Ground. "
        "Speaker: Anna.\n"
        "Garage Door (cover, Garage): open]"
        "\n\nIs the garage door open?"
    ]
    # People see what was said.
    said = agent.log(result.conversation_id or "")[0]
    assert said.content == "Is the garage door open?"


async def test_it_is_the_same_in_all_calls_of_a_turn_and_in_later_turns(
    hass: HomeAssistant,
    agent: Agent,
    model_server: ModelServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    async def wait(args: dict[str, object]) -> str:
        freezer.tick(timedelta(seconds=40))
        hass.states.async_set("cover.door", "closed", {"friendly_name": "Garage Door"})
        return "done"

    agent.tool("wait", wait)
    model_server.call(("wait", {}))
    model_server.reply("Yes.")
    first = await agent.say("is the garage door open")
    freezer.tick(timedelta(minutes=3))
    model_server.reply("No.")
    await agent.say("is the garage door open now", first.conversation_id)
    (one,), (two,), (three, four) = (users(model_server, n) for n in range(3))
    assert one == two == three
    assert "Garage Door (cover, Garage): open" in one
    assert "Garage Door (cover, Garage): closed" in four


async def test_an_extra_prompt_rides_in_it_for_the_whole_conversation(
    agent: Agent, model_server: ModelServer
) -> None:
    model_server.reply("Yes?")
    first = await agent.say("hello", extra_system_prompt="The bell rang.")
    model_server.reply("OK.")
    await agent.say("open it", first.conversation_id)
    assert "The bell rang." not in model_server.requests[0].messages[0]["content"]
    assert users(model_server, 0)[0].split("\n\n")[0].endswith("\nThe bell rang.]")
    assert users(model_server, 1)[1].split("\n\n")[0].endswith("\nThe bell rang.]")
    assert model_server.requests[1].messages[0] == model_server.requests[0].messages[0]


async def test_what_an_interrupted_turn_did_rides_in_the_next_one(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer
) -> None:
    model_server.reply("Hello.")
    first = await agent.say("hello")
    began, may_end = asyncio.Event(), asyncio.Event()

    async def slow(args: dict[str, object]) -> str:
        began.set()
        await may_end.wait()
        return "done"

    agent.tool("unlock", slow)
    model_server.call(("unlock", {}))
    turn = hass.async_create_task(agent.say("unlock it", first.conversation_id))
    await began.wait()
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    may_end.set()
    await hass.async_block_till_done()
    model_server.reply("OK.")
    await agent.say("what happened", first.conversation_id)
    last = users(model_server)[-1]
    assert last.startswith("[Home Assistant:")
    assert last.endswith("]\n\nwhat happened")
    assert "unlock" in last


async def test_without_a_home_it_tells_the_time_alone(
    hass: HomeAssistant, model_server: ModelServer, house: House
) -> None:
    agent = await setup_agent(hass, model_server)
    model_server.reply("Hello.")
    await agent.say("is the garage door open")
    assert "Garage Door (" not in users(model_server)[0]
    assert "timers" not in users(model_server)[0]


async def test_it_is_dropped_with_the_session(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer
) -> None:
    model_server.reply("Hello.")
    conversation_id = (await agent.say("hello")).conversation_id or ""
    notes = async_get_notes(hass)
    assert len(notes.of(conversation_id)) == 1
    later = dt_util.utcnow() + chat_session.CONVERSATION_TIMEOUT + timedelta(seconds=9)
    async_fire_time_changed(hass, later)
    await hass.async_block_till_done()
    assert not notes.of(conversation_id)


async def test_a_cancelled_first_turn_leaves_none_unless_the_log_keeps_it(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer
) -> None:
    """Home Assistant dropped such a turn up to 2026.10, and keeps it since."""
    model_server.script(asyncio.Event(), "never")
    turn = hass.async_create_task(agent.say("hello"))
    await model_server.wait_for_requests(1)
    notes = async_get_notes(hass)
    assert len(notes._by_conversation) == 1
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    kept = set(hass.data[conversation.chat_log.DATA_CHAT_LOGS])
    assert set(notes._by_conversation) == kept


async def test_a_system_user_is_nobody(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer
) -> None:
    user = MockUser(name="Supervisor", system_generated=True).add_to_hass(hass)
    model_server.reply("Hello.")
    await agent.say("hello", context=Context(user.id))
    assert "Speaker" not in users(model_server)[0]


async def test_a_state_that_the_user_may_not_read_is_not_in_it(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer, house: House
) -> None:
    """All that is exposed is not for everyone."""
    house.entity("cover.gate", "Gate", "closed")
    MockUser(is_owner=True).add_to_hass(hass)
    user = MockUser(name="Guest").add_to_hass(hass)
    user.mock_policy({"entities": {"entity_ids": {"cover.gate": {"read": True}}}})
    model_server.reply("No idea.")
    await agent.say("Are garage door and gate open?", context=Context(user.id))
    (said,) = users(model_server)
    assert "Gate (cover): closed" in said
    assert "Garage Door" not in said
