"""Whole turns of agents whose model does not answer, over loopback servers."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.chatterbox.agent.turn_log import async_get_turns
from custom_components.chatterbox.const import DOMAIN
from scripts.demo_model import ModelServer
from scripts.demo_model.script import Drop, Text, Thinking, whole_call

from .home import Agent, setup_agent, spoken
from .house import House, make_house

AT_ONCE = 0.05
"""Seconds of patience with a model that will never answer."""
STAND_IN = "01STANDIN0000000000000000A"


@dataclass
class Pair:
    """An agent, and the server of its stand-in."""

    agent: Agent
    first: ModelServer
    second: ModelServer

    async def say(self, text: str = "Hello?", **kwargs: Any) -> str:
        """Say a sentence and return the answer."""
        return spoken(await self.agent.say(text, **kwargs))

    def last_turn(self) -> dict[str, Any]:
        """Return the last turn as the page shows it."""
        (subentry_id,) = self.agent.entry.subentries
        turns = async_get_turns(self.agent.hass).last(subentry_id)
        return turns[-1].as_dict()


@pytest.fixture
async def second(socket_enabled: None) -> AsyncIterator[ModelServer]:
    """Give the server of the stand-in."""
    server = await ModelServer().start()
    yield server
    await server.close()


async def add_stand_in(hass: HomeAssistant, server: ModelServer) -> MockConfigEntry:
    """Add an entry with an agent whose model stands in."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="In the cupboard",
        data={"provider": "openai", "url": server.url, "api_key": "other-key"},
        subentries_data=[
            {
                **ConfigSubentryData(
                    subentry_type="conversation",
                    title="Spare",
                    unique_id=None,
                    data={"model": "spare", "temperature": 0.5, "prompt": "Be rude."},
                ),
                "subentry_id": STAND_IN,
            }
        ],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


@pytest.fixture
async def pair(
    hass: HomeAssistant, model_server: ModelServer, second: ModelServer
) -> Pair:
    """Give an agent with a stand-in."""
    agent = await setup_agent(
        hass,
        model_server,
        prompt="Be kind.",
        stand_ins=[STAND_IN],
        temperature=1.5,
        priming="off",
    )
    await add_stand_in(hass, second)
    pair = Pair(agent, model_server, second)
    model_server.reply("Hello.")
    assert await pair.say() == "Hello."
    assert second.requests == []
    return pair


async def change(pair: Pair, **options: Any) -> None:
    """Change the agent's options."""
    entry, hass = pair.agent.entry, pair.agent.hass
    (subentry,) = entry.subentries.values()
    data = {**subentry.data, **options}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
    await hass.async_block_till_done()


@pytest.mark.parametrize("fault", ["down", "429", "401", "slow", "cut", "thinking"])
async def test_the_stand_in_answers(
    pair: Pair, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Agent, tools and conversation stay; the model's own settings are its own."""
    caplog.set_level(logging.INFO)
    pair.agent.tool("ping", None)  # type: ignore[arg-type]
    match fault:
        case "down":
            await pair.first.close()
        case "429" | "401":
            pair.first.fail(int(fault))
        case "slow":
            await change(pair, first_token_timeout=AT_ONCE)
            # A server that reads the prompt first is waited for.
            pair.first.reply("I have read it.")
            assert await pair.say() == "I have read it."
            pair.first.script(asyncio.Event())
        case "cut":
            pair.first.script(Drop())
        case "thinking":
            pair.first.script(Thinking("Well"), Drop())
    pair.second.reply("At your service.")
    assert await pair.say("Are you there?") == "At your service."
    (request,) = pair.second.requests
    assert request.json["model"] == "spare"
    assert request.json["temperature"] == 0.5
    assert request.tool_names == ["ping", "reply"]
    assert "Be kind." in request.messages[0]["content"]
    assert "Be rude." not in str(request.json)
    assert request.headers["Authorization"] == "Bearer other-key"
    turn = pair.last_turn()
    assert turn["answered_by"] == "stand_in"
    assert turn["outcome"] == "done"
    asked = [
        (span["server"], span["model"], span.get("failed"))
        for span in turn["spans"]
        if span["kind"] == "model"
    ]
    assert asked == [
        ("Model server", "demo", True),
        ("In the cupboard", "spare", None),
    ]
    told = "spare of In the cupboard stood in for demo of Model server"
    assert told in caplog.text


async def test_the_same_conversation(pair: Pair) -> None:
    """The stand-in reads what was said to the first, and the other way round."""
    pair.first.reply("The code word is heron.")
    first = await pair.agent.say("Tell me a code word")
    pair.first.fail(503)
    pair.second.reply("It is heron.")
    result = await pair.agent.say("Which one?", first.conversation_id)
    assert spoken(result) == "It is heron."
    assert "The code word is heron." in str(pair.second.requests[0].messages)
    pair.first.reply("Still heron.")
    await pair.agent.say("And now?", first.conversation_id)
    assert "It is heron." in str(pair.first.requests[-1].messages)
    assert pair.last_turn()["answered_by"] == "model"


async def test_dies_in_mid_answer(pair: Pair) -> None:
    """What was heard is not told again by another."""
    pair.first.script(Text("It is sunny and "), Drop())
    said = await pair.say("How is the weather?")
    assert "It is sunny" in said or "cut" in said or "broke" in said.casefold()
    assert pair.second.requests == []
    assert pair.last_turn()["outcome"] == "failed"


@pytest.mark.parametrize("where", ["within", "after"])
async def test_dies_after_a_write(pair: Pair, where: str) -> None:
    """The write has run once, and the stand-in answers from its result."""
    done: list[Any] = []

    async def light_on(args: dict[str, Any]) -> str:
        done.append(args)
        return "the light is on"

    pair.agent.tool("light_on", light_on)
    call = whole_call("light_on", {"name": "Lamp"}, id="call_write")
    if where == "within":
        # A call is whole once the next has begun.
        pair.first.script(*call, *whole_call("light_on", {}, index=1, id="b"), Drop())
    else:
        pair.first.script(*call)
        pair.first.fail(500)
    pair.second.reply("It is on.")
    assert await pair.say("Lamp on") == "It is on."
    assert done == [{"name": "Lamp"}]
    (request,) = pair.second.requests
    assert "the light is on" in request.messages[-1]["content"]
    assert request.messages[-1]["role"] == "tool"
    assert pair.last_turn()["answered_by"] == "stand_in"


async def test_all_are_away(pair: Pair) -> None:
    """The fault that is told is the agent's own."""
    pair.first.fail(401)
    await pair.second.close()
    result = await pair.agent.say("Hello?")
    assert result.response.response_type is intent.IntentResponseType.ERROR
    assert "key" in spoken(result)
    assert pair.last_turn()["fault"] == "invalid_auth"


async def test_a_stand_in_that_is_gone_or_not_loaded(
    hass: HomeAssistant, pair: Pair
) -> None:
    """It is left out, and comes back by itself."""
    (entry,) = [
        e for e in hass.config_entries.async_entries(DOMAIN) if e.title[0] == "I"
    ]
    assert await hass.config_entries.async_unload(entry.entry_id)
    pair.first.fail(503)
    assert "problem" in await pair.say() or pair.last_turn()["fault"] == "server_error"
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    pair.first.fail(503)
    pair.second.reply("Here.")
    assert await pair.say() == "Here."
    assert await hass.config_entries.async_remove(entry.entry_id)
    pair.first.fail(503)
    await pair.say()
    assert pair.last_turn()["fault"] == "server_error"


async def test_what_repairs_says(hass: HomeAssistant, pair: Pair) -> None:
    """Who stands in while the server is down; nothing once it is back."""
    port = pair.first.port
    await pair.first.close()
    pair.second.reply("Here.")
    await pair.say()
    (issue,) = [
        i
        for (domain, _), i in ir.async_get(hass).issues.items()
        if domain == DOMAIN and i.translation_key == "server_down_stand_ins"
    ]
    assert issue.translation_placeholders is not None
    assert (
        issue.translation_placeholders["stand_ins"]
        == "Chatterbox: spare (In the cupboard)"
    )
    await pair.first.start(port)
    pair.first.reply("I am back.")
    assert await pair.say() == "I am back."
    assert pair.last_turn()["answered_by"] == "model"
    assert not [k for k in ir.async_get(hass).issues if "server_down" in k[1]]


async def test_hedged(hass: HomeAssistant, pair: Pair) -> None:
    """The stand-in is asked beside a slow first, wins, and the first's request ends."""
    await change(pair, hedge=True)
    standing = pair.agent.entry.runtime_data.health.standing("demo")
    for _ in range(20):
        standing.first_tokens.add(AT_ONCE)
    slow = pair.first.script(Thinking("Hm"), asyncio.Event())
    never = pair.first.script(asyncio.Event())
    pair.second.reply("Second.")
    # The first one thinks: it has begun, and nobody else is asked for it.
    task = hass.async_create_task(pair.say("Hello?"))
    await slow.started.wait()
    assert not never.started.is_set()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    result, deltas = await pair.agent.say_streamed("Hello?")
    assert spoken(result) == "Second."
    assert not [delta for delta in deltas if delta.get("thinking_content")]
    await asyncio.wait_for(never.gone.wait(), 5)
    turn = pair.last_turn()
    assert turn["answered_by"] == "stand_in"
    reasons = [s["finish_reason"] for s in turn["spans"] if s["kind"] == "model"]
    assert reasons == ["overtaken", "stop"]


async def test_the_life_of_a_breaker(
    hass: HomeAssistant,
    pair: Pair,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Three failures, skipped, tried again cheaply, back: one line down and one back."""
    caplog.set_level(logging.INFO)

    async def minute() -> None:
        freezer.tick(60)
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)

    async def answer(by: str) -> None:
        pair.second.reply("Second.")
        assert await pair.say() == f"{by}."
        assert pair.last_turn()["answered_by"] == (
            "model" if by == "First" else "stand_in"
        )

    for _ in range(3):
        pair.first.fail(429)
        await answer("Second")
    asked = len(pair.first.requests)
    await answer("Second")
    assert len(pair.first.requests) == asked, "it is skipped"
    # Its server is asked for no more than its models, and it is tried once.
    await minute()
    assert pair.first.other_requests[-1].path == "/v1/models"
    pair.first.fail(429)
    await answer("Second")
    assert len(pair.first.requests) == asked + 1
    await minute()
    await answer("Second")
    assert len(pair.first.requests) == asked + 1, "the pause is twice as long"
    await minute()
    pair.first.reply("First.")
    await answer("First")
    told = [r.getMessage() for r in caplog.records if "health" in r.name]
    assert [line for line in told if "asked last" in line] == [
        "Model server: demo has failed 3 times in a row and is asked last until it"
        " answers"
    ]
    assert [line for line in told if "again" in line] == [
        "Model server: demo answers again"
    ]


async def test_a_server_that_is_down_is_news_once(
    hass: HomeAssistant, pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    """One line down, one back, however often it is tried."""
    caplog.set_level(logging.INFO)
    port = pair.first.port
    await pair.first.close()
    for _ in range(4):
        pair.second.reply("Second.")
        assert await pair.say() == "Second."
    health = pair.agent.entry.runtime_data.health
    assert health.standing("demo").skipped
    await pair.first.start(port)
    await health.async_check()
    health.standing("demo").try_again()
    pair.first.reply("First.")
    assert await pair.say() == "First."
    told = [
        record.getMessage().partition(":")[0]
        for record in caplog.records
        if "health" in record.name and record.levelno >= logging.INFO
    ]
    assert told == ["Model server does not answer", "Model server answers again"]


@pytest.fixture
async def house(hass: HomeAssistant) -> House:
    """Give a house with a light, a lock and a hidden light."""
    house = await make_house(hass, "lock")
    kitchen = house.area("Kitchen")
    house.entity("light.kitchen", "Kitchen Light", "off", area=kitchen)
    house.entity("light.cellar", "Cellar Light", "off", area=kitchen, exposed=False)
    house.entity("lock.door", "Front Door", "locked", area=kitchen)
    for service in ("lock", "unlock"):
        hass.services.async_register("lock", service, house.handle)
    return house


@pytest.fixture
async def offline(
    hass: HomeAssistant, model_server: ModelServer, house: House
) -> Agent:
    """Give an agent that controls the house, with the internet down."""
    agent = await setup_agent(hass, model_server, llm_hass_api=["assist"])
    await model_server.close()
    return agent


async def test_a_light_without_the_internet(
    offline: Agent, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """It is switched, and nobody is told that the model is away."""
    caplog.set_level(logging.INFO)
    result, _ = await offline.say_streamed("turn on the kitchen light")
    assert [call.data["entity_id"] for call in house.calls] == [["light.kitchen"]]
    assert house.hass.states.get("light.kitchen").state == "on"  # type: ignore[union-attr]
    assert spoken(result) == "Done: Kitchen Light."
    assert result.response.response_type is not intent.IntentResponseType.ERROR
    (subentry_id,) = offline.entry.subentries
    turn = async_get_turns(offline.hass).last(subentry_id)[-1].as_dict()
    assert (turn["answered_by"], turn["outcome"]) == ("intents", "done")
    assert [s["tool"] for s in turn["spans"] if s["kind"] == "tool"] == [
        "intent__HassTurnOn"
    ]
    assert "recognize" in [span["kind"] for span in turn["spans"]]
    assert "own intents stood in for demo of Model server" in caplog.text


@pytest.mark.parametrize(
    "sentence",
    [
        pytest.param("what do you think of Bach", id="no intent"),
        pytest.param("turn on the cellar light", id="not exposed"),
        pytest.param("turn on the kitchen lihgt please will you", id="not strictly"),
        pytest.param("turn on the kitchen light if it is dark", id="a condition"),
    ],
)
async def test_what_is_not_understood(
    offline: Agent, house: House, sentence: str
) -> None:
    """Then it is said that the model is away, and nothing is done."""
    result = await offline.say(sentence)
    assert house.calls == []
    assert "can't reach" in spoken(result)
    assert result.response.response_type is intent.IntentResponseType.ERROR


async def test_the_door_is_asked_for_as_ever(offline: Agent, house: House) -> None:
    """Nothing is unlocked before the person's own yes, which needs no model either."""
    satellite = house.satellite("Hall")
    result = await offline.say("unlock the front door", device_id=satellite)
    assert house.calls == []
    assert spoken(result) == "Shall I really unlock Front Door?"
    assert result.continue_conversation
    confirmed = await offline.say("yes", result.conversation_id, device_id=satellite)
    assert [call.service for call in house.calls] == ["unlock"]
    assert spoken(confirmed) == "Done."


async def test_a_yes_that_comes_too_late(offline: Agent, house: House) -> None:
    """A no ends the wait, whoever answers."""
    satellite = house.satellite("Hall")
    result = await offline.say("unlock the front door", device_id=satellite)
    for word in ("no", "yes"):
        await offline.say(word, result.conversation_id, device_id=satellite)
    assert house.calls == []


async def test_the_policy_holds(
    hass: HomeAssistant, model_server: ModelServer, house: House
) -> None:
    """What is never done is not done by an intent."""
    agent = await setup_agent(
        hass, model_server, llm_hass_api=["assist"], danger_policy="never"
    )
    await model_server.close()
    result = await agent.say("unlock the front door")
    assert house.calls == []
    assert "Front Door" in spoken(result)
    assert result.response.response_type is intent.IntentResponseType.ERROR


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"llm_hass_api": ["assist"], "last_resort": False}, id="off"),
        pytest.param({"llm_hass_api": ["test_api"]}, id="may not control"),
    ],
)
async def test_who_may_not(
    hass: HomeAssistant, model_server: ModelServer, house: House, options: Any
) -> None:
    """An agent that controls nothing, or whose owner does not want it."""
    agent = await setup_agent(hass, model_server, **options)
    await model_server.close()
    assert "can't reach" in spoken(await agent.say("turn on the kitchen light"))
    assert house.calls == []


async def test_never_once_a_call_has_begun(
    hass: HomeAssistant, model_server: ModelServer, house: House
) -> None:
    """The model has acted on the sentence already."""
    agent = await setup_agent(hass, model_server, llm_hass_api=["assist"])
    model_server.call(("intent__HassTurnOn", {"name": "Kitchen Light"}))
    model_server.fail(503)
    await agent.say("turn on the kitchen light")
    assert len(house.calls) == 1


async def test_a_slow_model_and_a_sentence_that_needs_none(
    hass: HomeAssistant, model_server: ModelServer, house: House
) -> None:
    """After a while nobody waits for it; a sentence that needs it is waited for."""
    agent = await setup_agent(
        hass,
        model_server,
        llm_hass_api=["assist"],
        first_token_timeout=AT_ONCE,
        priming="off",
    )
    model_server.reply("Warm now.")
    await agent.say("Hello?")
    slow = model_server.script(asyncio.Event())
    assert (
        spoken(await agent.say("turn on the kitchen light")) == "Done: Kitchen Light."
    )
    await asyncio.wait_for(slow.gone.wait(), 5)
    go = asyncio.Event()
    waited = model_server.script(go, Text("Bach."))
    task = hass.async_create_task(agent.say("who wrote the Art of Fugue"))
    await waited.started.wait()
    await asyncio.sleep(3 * AT_ONCE)
    go.set()
    assert spoken(await task) == "Bach."


async def test_all_known_to_be_down(offline: Agent, house: House) -> None:
    """After three failures an intent does not wait for another."""
    for _ in range(3):
        await offline.say("hm")
    standing = offline.entry.runtime_data.health.standing("demo")
    assert standing.skipped
    assert spoken(await offline.say("turn on the kitchen light")).startswith("Done")
    (subentry_id,) = offline.entry.subentries
    turn = async_get_turns(offline.hass).last(subentry_id)[-1].as_dict()
    assert [s for s in turn["spans"] if s["kind"] == "model"] == []
