"""Turns whose sentence foreshadows a read."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Context, HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.chatterbox.agent.foresight.learnt import LearntReads
from custom_components.chatterbox.providers.base import ModelRequest, UserMessage
from custom_components.chatterbox.providers.untrusted_text import UntrustedText
from scripts.demo_model import ModelServer

from ...home import Agent, setup_agent, spoken
from ...house import House
from ...weather_home import GARDEN, WeatherHome
from .conftest import (
    EVENTS,
    ITEMS,
    READ,
    SERVICES,
    Reader,
    figures,
    foreseen_json,
    note,
    questions,
)

ASK = "What's the weather?"


async def test_the_weather_four_times_on_two_satellites(
    hass: HomeAssistant, agent: Agent, home: WeatherHome
) -> None:
    """Two questions of the model each the first two times, one from the third on."""
    house = House(hass)
    kitchen = house.satellite("Kitchen satellite", house.area("Kitchen"))
    study = house.satellite("Study satellite", house.area("Study"))
    asked = [
        await questions(agent, ASK, device_id=device_id)
        for device_id in (kitchen, study, kitchen, study)
    ]
    assert asked == [2, 2, 1, 1]
    assert home.requests == [GARDEN]
    assert figures(agent, "foreseen", "foreseen_used", "foreseen_wasted") == [1, 1, 0]
    told = foreseen_json(note(agent))
    assert told[GARDEN]["forecast"][0]["temperature"] == 1.0
    assert "get_forecasts" not in note(agent)


@pytest.mark.parametrize(
    ("sentence", "call", "telling", "answer", "extra"),
    [
        pytest.param(
            "What's on my calendar?",
            EVENTS,
            "Dentist",
            "The dentist.",
            {"duration": {"hours": 24}},
            id="calendar",
        ),
        pytest.param(
            "Was steht auf der Liste?",
            ITEMS,
            "Milk",
            "Milk, nothing else.",
            {},
            id="list",
        ),
        pytest.param(
            "买东西的清单上有什么", ITEMS, "Milk", "Milk.", {}, id="without spaces"
        ),
    ],
)
async def test_calendar_and_list_too(
    agent: Agent,
    reader: Reader,
    sentence: str,
    call: tuple[str, dict[str, Any]],
    telling: str,
    answer: str,
    extra: dict[str, Any],
) -> None:
    """In any language, and though nothing is kept any more: it is fetched at once."""
    reader.call, reader.telling, reader.answer = call, telling, answer
    reader.extra = extra
    asked = []
    for _ in range(4):
        asked.append(await questions(agent, sentence))
        await agent.hass.services.async_call(
            "chatterbox", "invalidate_cache", {"tool": call[0]}
        )
    assert asked == [2, 2, 1, 1]


async def test_times_move_on(
    agent: Agent, reader: Reader, freezer: FrozenDateTimeFactory
) -> None:
    """The day after is learnt as the day after the one on which it is asked."""
    await agent.hass.config.async_set_time_zone("UTC")
    reader.call, reader.telling, reader.answer = EVENTS, "Dentist", "The dentist."
    asked = []
    for day in (10, 11, 12):
        freezer.move_to(f"2026-12-{day} 09:00:00")
        reader.extra = {
            "start_date_time": f"2026-12-{day + 1} 00:00:00",
            "end_date_time": f"2026-12-{day + 2} 00:00:00",
        }
        asked.append(await questions(agent, "What happens tomorrow?"))
    assert asked == [2, 2, 1]


async def test_in_later_turns_one_line_is_left(agent: Agent) -> None:
    """And the age is told of what was not read just now."""
    for _ in range(2):
        await agent.say(ASK)
    result = await agent.say(ASK)
    assert READ in note(agent)
    await agent.say("Thank you", result.conversation_id)
    first, second = (
        m["content"] for m in agent.server.requests[-1].messages if m["role"] == "user"
    )
    assert READ not in first
    assert "left out" in first
    assert first.count("\n\n") == second.count("\n\n") == 1


async def test_a_wrong_guess_costs_tokens_only(
    agent: Agent, reader: Reader, model_server: ModelServer
) -> None:
    """The model answers or calls what it would; the guess is unlearnt."""
    for _ in range(2):
        await agent.say(ASK)
    model_server.reply("It is noon.")
    assert spoken(await agent.say("What's the time?")) == "It is noon."
    assert figures(agent, "foreseen", "foreseen_used", "foreseen_wasted") == [1, 0, 1]
    reader.call, reader.telling, reader.answer = EVENTS, "Dentist", "The dentist."
    reader.extra = {"duration": {"hours": 24}}
    assert await questions(agent, "What's the plan?") == 2
    assert await questions(agent, "What's the plan?") == 2
    assert await questions(agent, "What's the plan?") == 1
    model_server.reply("It is one.")
    await agent.say("What's the time?")
    assert figures(agent, "foreseen") == [0]


async def test_nothing_that_is_no_longer_exposed(
    hass: HomeAssistant, agent: Agent, home: WeatherHome
) -> None:
    """Nor fetched: it is as if it had never been learnt."""
    for _ in range(3):
        await agent.say(ASK)
    async_expose_entity(hass, "conversation", GARDEN, False)
    before = len(home.requests)
    await agent.say(ASK)
    assert READ not in note(agent)
    assert len(home.requests) == before


async def test_nothing_that_has_changed(agent: Agent, home: WeatherHome) -> None:
    """What was written to is fetched anew."""
    for _ in range(3):
        await agent.say(ASK)
    home.entities[GARDEN].become("rainy")
    await agent.say(ASK)
    assert foreseen_json(note(agent))[GARDEN]["forecast"][0]["temperature"] == 2.0


async def test_what_cannot_be_had_is_not_shown(agent: Agent, home: WeatherHome) -> None:
    """Neither a failure nor an old result."""
    for _ in range(2):
        await agent.say(ASK)
    home.down = True
    home.entities[GARDEN].become("rainy")
    assert await questions(agent, ASK) == 2
    assert READ not in note(agent)


async def test_each_person_has_their_own(
    hass: HomeAssistant, agent: Agent, hass_admin_user: MockUser
) -> None:
    """What one asks for foretells nothing of another, nor of whoever speaks."""
    known = Context(user_id=hass_admin_user.id)
    assert [await questions(agent, ASK, context=known) for _ in range(3)] == [2, 2, 1]
    assert [await questions(agent, ASK) for _ in range(3)] == [2, 2, 1]
    await hass.auth.async_remove_user(hass_admin_user)
    await hass.async_block_till_done()
    other = Context(user_id=(await hass.auth.async_create_user("New")).id)
    assert await questions(agent, ASK, context=other) == 2


async def test_what_may_not_be_seen_is_not_foreseen(
    hass: HomeAssistant, agent: Agent, learnt: LearntReads, home: WeatherHome
) -> None:
    """Though somebody has taught the table so."""
    for _ in range(3):
        await agent.say(ASK)
    user = MockUser(name="Guest", id="guest").add_to_hass(hass)
    user.mock_policy({"entities": {"entity_ids": {"light.none": True}}})
    (subentry_id,) = agent.entry.subentries
    stored = learnt.of(subentry_id, None).as_dict()
    people = learnt._tables[subentry_id]
    people["guest"] = type(people[""]).from_dict(stored)
    await agent.say(ASK, context=Context(user_id="guest"))
    assert READ not in note(agent)


async def test_nothing_beside_what_may_be_dangerous(
    hass: HomeAssistant, agent: Agent
) -> None:
    """A sentence with a word of a lock's name may be about it."""
    for _ in range(3):
        await agent.say(ASK)
    House(hass).entity("lock.w", "Weather station door", "locked")
    await agent.say(ASK)
    assert READ not in note(agent)
    async_expose_entity(hass, "conversation", "lock.w", False)
    await agent.say(ASK)
    assert READ in note(agent)


async def test_what_is_private_is_neither_learnt_nor_foreseen(
    hass: HomeAssistant, agent: Agent, hass_storage: dict[str, Any]
) -> None:
    """Marked so later, it is not looked up any more."""
    for _ in range(3):
        await agent.say(ASK)
    _change(
        hass,
        agent,
        cached_tools=[{"tool": "weather.get_forecasts", "ttl": 300, "private": True}],
    )
    await hass.async_block_till_done()
    assert [await questions(agent, ASK) for _ in range(2)] == [2, 2]


def _change(hass: HomeAssistant, agent: Agent, **options: Any) -> ConfigSubentry:
    (subentry,) = agent.entry.subentries.values()
    hass.config_entries.async_update_subentry(
        agent.entry, subentry, data={**subentry.data, **options}
    )
    return subentry


async def test_it_can_be_turned_off(hass: HomeAssistant, agent: Agent) -> None:
    """And what was learnt is gone with it."""
    for _ in range(3):
        await agent.say(ASK)
    _change(hass, agent, foresight=False)
    await hass.async_block_till_done()
    assert [await questions(agent, ASK) for _ in range(3)] == [2, 2, 2]
    _change(hass, agent, foresight=True)
    await hass.async_block_till_done()
    assert [await questions(agent, ASK) for _ in range(3)] == [2, 2, 1]


async def test_it_is_forgotten_on_request(hass: HomeAssistant, agent: Agent) -> None:
    """With the cache of results."""
    for _ in range(3):
        await agent.say(ASK)
    await hass.services.async_call("chatterbox", "clear_cache", blocking=True)
    assert [await questions(agent, ASK) for _ in range(3)] == [2, 2, 1]


async def test_it_outlives_a_restart_and_goes_with_the_agent(
    hass: HomeAssistant,
    agent: Agent,
    learnt: LearntReads,
    hass_storage: dict[str, Any],
) -> None:
    """Counts are written, and no sentence."""
    for _ in range(2):
        await agent.say(ASK)
    await hass.async_stop(force=True)
    await hass.async_block_till_done()
    stored = hass_storage["chatterbox.foresight"]["data"]
    (subentry_id,) = agent.entry.subentries
    assert set(stored["agents"][subentry_id][""]["words"]) == {
        "what",
        "s",
        "the",
        "weather",
    }
    again = LearntReads(hass)
    await again.async_load()
    assert again.of(subentry_id, None) == learnt.of(subentry_id, None)
    again.keep_only(())
    assert len(again.of(subentry_id, None)) == 0


async def test_an_odd_file_is_nothing_learnt(
    hass: HomeAssistant, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """And one line in the log."""
    hass_storage["chatterbox.foresight"] = {
        "version": 1,
        "key": "chatterbox.foresight",
        "data": {"agents": {"a": {"": {"aged": 1, "calls": [], "words": {"x": 3}}}}},
    }
    learnt = LearntReads(hass)
    await learnt.async_load()
    assert len(learnt.of("a", None)) == 0
    assert caplog.text.count("cannot be read") == 1


async def test_without_foresight_nothing_is_kept(
    hass: HomeAssistant, home: WeatherHome, reader: Reader, model_server: ModelServer
) -> None:
    """Where the agent's results may not be kept, neither are its words."""
    agent = await setup_agent(hass, model_server, services=list(SERVICES))
    hass.config_entries.async_update_entry(agent.entry, options={"keep_results": False})
    await hass.async_block_till_done()
    assert [await questions(agent, ASK) for _ in range(3)] == [2, 2, 2]


async def test_what_is_foreseen_is_text_from_outside(
    agent: Agent, reader: Reader
) -> None:
    """A tool that it names is not called from a model's text, as with a result."""
    for _ in range(3):
        await agent.say(ASK)
    request = ModelRequest("m", (UserMessage(note(agent)),))
    assert UntrustedText(request).names(GARDEN.replace(".", "__"))
    assert not UntrustedText(request).names("todo__get_items")


async def test_after_what_is_foreseen_nothing_dangerous_runs_unasked(
    hass: HomeAssistant, home: WeatherHome, reader: Reader, model_server: ModelServer
) -> None:
    """Even where the owner allows it: whoever wrote the calendar may have asked for it."""
    assert await async_setup_component(hass, "lock", {})
    house = House(hass)
    hass.services.async_register("lock", "unlock", house.handle)
    house.entity("lock.front", "Front door", "locked")
    agent = await setup_agent(
        hass,
        model_server,
        services=[*SERVICES, "lock.unlock"],
        danger_policy="allow",
    )
    reader.call, reader.telling, reader.answer = EVENTS, "Dentist", "The dentist."
    reader.extra = {"duration": {"hours": 24}}
    for _ in range(2):
        await agent.say("What's on my calendar?")
    unlock = ("lock__unlock", {"entity_id": "lock.front"})
    model_server.call(unlock)
    await agent.say("Open up")
    assert len(house.calls) == 1
    model_server.call(unlock)
    await agent.say("What's on my calendar?")
    assert READ in note(agent)
    assert len(house.calls) == 1
