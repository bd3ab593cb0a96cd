"""The turns of an agent are kept and told, without words."""

import asyncio
from collections.abc import Callable
import json
from typing import Any

from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL
from homeassistant.const import ATTR_ENTITY_ID, STATE_UNKNOWN, EntityCategory
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er, llm
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.json import json_bytes
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockUser,
    async_capture_events,
)
from pytest_homeassistant_custom_component.typing import (
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.chatterbox.agent.turn_log import KEPT_TURNS, async_get_turns
from custom_components.chatterbox.agent.turn_record import MAX_BYTES
from custom_components.chatterbox.const import DOMAIN
from custom_components.chatterbox.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from custom_components.chatterbox.turns import EVENT_TURN
from scripts.demo_model import ModelServer
from scripts.demo_model.script import UsageChunk

from .home import Agent, setup_agent

SECRET = "Where is Emil's present"
READS = llm.ToolAnnotations(read_only=True)


async def nothing(_: dict[str, Any]) -> None:
    """Do nothing."""


async def turn_of(agent: Agent) -> dict[str, Any]:
    """Return the newest turn, as scripts get it."""
    found = await agent.hass.services.async_call(
        DOMAIN,
        "get_turns",
        {"agent": agent.entity_id},
        blocking=True,
        return_response=True,
    )
    turn: dict[str, Any] = found[agent.entity_id][-1]
    return turn


async def look(agent: Agent) -> None:
    """Have a turn with one call of a tool."""
    agent.tool("look", nothing, READS)
    agent.server.call(("look", {"name": SECRET}), usage=UsageChunk(100, 7, 80))
    agent.server.reply("In the attic.", usage=UsageChunk(120, 5))
    await agent.say(SECRET)


async def test_a_turn_has_its_figures_and_spans(agent: Agent) -> None:
    """What scripts get of it."""
    await look(agent)
    turn = await turn_of(agent)
    assert turn["outcome"] == "done"
    assert turn["fault"] is None
    assert turn["agent"] == agent.entity_id
    assert (turn["model_calls"], turn["tool_calls"]) == (2, 1)
    assert (turn["input_tokens"], turn["output_tokens"]) == (220, 12)
    assert turn["cached_tokens"] == 80
    assert 0 < turn["ttft"] < turn["ttfs"] < turn["total"]
    kinds = [span["kind"] for span in turn["spans"]]
    assert kinds == [
        *("prepare", "request", "model", "tool", "request", "model", "finish", "finish")
    ]
    model, tool = turn["spans"][2:4]
    assert (model["model"], model["server"]) == ("demo", "Model server")
    assert model["finish_reason"] == "tool_calls"
    assert tool["tool"] == "look"
    assert tool["outcome"] == "done"
    assert SECRET not in json.dumps(turn)


async def test_a_turn_that_fails_says_why(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer
) -> None:
    """By the key of the sentence that was spoken."""
    events = async_capture_events(hass, EVENT_TURN)
    model_server.fail(503)
    await agent.say("Hello")
    turn = await turn_of(agent)
    assert (turn["outcome"], turn["fault"]) == ("failed", "server_error")
    assert turn["spans"][-1]["kind"] == "finish"
    assert any(span.get("failed") for span in turn["spans"])
    assert events[0].data["outcome"] == "failed"


async def test_a_turn_that_is_cancelled_is_kept(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer
) -> None:
    """It ends when it is cut short."""
    reply = model_server.script(asyncio.Event())
    task = hass.async_create_task(agent.say("Hello"))
    await reply.started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert async_get_turns(hass).running == {}
    assert (await turn_of(agent))["outcome"] == "cancelled"


async def test_only_the_last_turns_are_kept(hass: HomeAssistant, agent: Agent) -> None:
    """Fifty, over a reload too; none of an agent that is not there."""
    for _ in range(KEPT_TURNS + 1):
        agent.server.reply("Yes.")
        await agent.say("Yes?")
    await hass.config_entries.async_reload(agent.entry.entry_id)
    (subentry_id,) = agent.entry.subentries
    assert len(async_get_turns(hass).last(subentry_id)) == KEPT_TURNS
    with pytest.raises(ServiceValidationError, match="is no agent"):
        await hass.services.async_call(
            DOMAIN,
            "get_turns",
            {"agent": "conversation.home_assistant"},
            blocking=True,
            return_response=True,
        )


async def test_turns_are_forgotten_with_their_entry(
    hass: HomeAssistant, agent: Agent
) -> None:
    """Nothing stays in memory."""
    agent.server.reply("Yes.")
    await agent.say("Yes?")
    (subentry_id,) = agent.entry.subentries
    await hass.config_entries.async_remove(agent.entry.entry_id)
    assert async_get_turns(hass).last(subentry_id) == ()


async def test_a_record_is_bounded(hass: HomeAssistant, agent: Agent) -> None:
    """A turn of very many calls keeps its figures and leaves out spans."""
    agent.tool("look", nothing, READS)
    for _ in range(3):
        agent.server.call(*[("look", {"n": n}) for n in range(40)])
    agent.server.reply("Done.")
    await agent.say("Look everywhere")
    turn = await turn_of(agent)
    assert len(json_bytes(turn)) <= MAX_BYTES + 100
    assert turn["tool_calls"] > len(turn["spans"])
    assert turn["spans_left_out"] > 0


async def test_sentences_are_kept_only_where_that_is_chosen(
    hass: HomeAssistant,
    model_server: ModelServer,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> None:
    """And even then only admins see them."""
    agent = await setup_agent(hass, model_server)
    hass.config_entries.async_update_entry(
        agent.entry, options={"keep_sentences": True}
    )
    await hass.async_block_till_done()
    model_server.reply("In the attic.")
    await agent.say(SECRET)
    turn = await turn_of(agent)
    assert (turn["heard"], turn["answered"]) == (SECRET, "In the attic.")
    admin = await subscribed(await hass_ws_client(hass))
    assert admin[0]["heard"] == SECRET
    other = await subscribed(await hass_ws_client(hass, hass_read_only_access_token))
    assert other[0]["total"] == turn["total"]
    assert "heard" not in other[0]
    assert "answered" not in other[0]


async def subscribed(client: MockHAClientWebSocket, **more: Any) -> list[Any]:
    """Subscribe to turns, and return those that are there."""
    await client.send_json_auto_id({"type": "chatterbox/turns/subscribe", **more})
    assert (await client.receive_json())["success"]
    turns: list[Any] = (await client.receive_json())["event"]["turns"]
    return turns


async def test_a_subscriber_sees_a_turn_grow(
    hass: HomeAssistant, agent: Agent, hass_ws_client: WebSocketGenerator
) -> None:
    """It begins without an outcome, its spans come while it is on, then it ends."""
    client = await hass_ws_client(hass)
    assert await subscribed(client, agent=agent.entity_id) == []
    arrived, gate = asyncio.Event(), asyncio.Event()

    async def held(_: dict[str, Any]) -> None:
        arrived.set()
        await gate.wait()

    agent.tool("look", held, READS)
    agent.server.call(("look", {}))
    agent.server.reply("A cat.")
    talking = hass.async_create_task(agent.say("Look"))
    await arrived.wait()
    seen = []
    while not any(span["kind"] == "tool" for turn in seen for span in turn["spans"]):
        seen.append((await client.receive_json())["event"]["turn"])
    assert all("outcome" not in turn for turn in seen)
    (tool,) = (span for span in seen[-1]["spans"] if span["kind"] == "tool")
    assert "end" not in tool
    gate.set()
    await talking
    while "outcome" not in seen[-1]:
        seen.append((await client.receive_json())["event"]["turn"])
    assert {turn["id"] for turn in seen} == {seen[0]["id"]}
    assert seen[-1]["outcome"] == "done"


async def test_a_subscription_ends(
    hass: HomeAssistant, agent: Agent, hass_ws_client: WebSocketGenerator
) -> None:
    """Nobody is told any more, and nothing ticks."""
    client = await hass_ws_client(hass)
    await subscribed(client)
    await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": 1})
    assert (await client.receive_json())["success"]
    agent.server.reply("Yes.")
    await agent.say("Yes?")
    await client.send_json_auto_id({"type": "ping"})
    assert (await client.receive_json())["type"] == "pong"


async def test_what_calls_touch_is_for_admins(
    hass: HomeAssistant, agent: Agent, hass_admin_user: MockUser
) -> None:
    """Others get the figures of the same turn."""
    agent.tool("change", nothing)
    agent.server.call(("change", {}))
    agent.server.reply("Done.")
    await agent.say("Change it")

    async def asked(user_id: str | None) -> str:
        found = await hass.services.async_call(
            DOMAIN,
            "get_turns",
            {},
            blocking=True,
            return_response=True,
            context=Context(user_id=user_id),
        )
        return json.dumps(found)

    reader = MockUser(
        id="reader", groups=[], is_owner=False, name="Reader"
    ).add_to_hass(hass)
    reader.mock_policy({"entities": {"all": {"read": True}}})
    assert '"writes"' in await asked(None)
    assert '"writes"' in await asked(hass_admin_user.id)
    assert '"tool": "change"' in await asked("reader")
    assert '"writes"' not in await asked("reader")
    reader.mock_policy({})
    assert await asked("reader") == "{}"


async def test_an_event_tells_of_each_turn(hass: HomeAssistant, agent: Agent) -> None:
    """The figures, the agent and its device; no words."""
    events = async_capture_events(hass, EVENT_TURN)
    await look(agent)
    (event,) = events
    entity = er.async_get(hass).async_get(agent.entity_id)
    assert event.data[ATTR_ENTITY_ID] == agent.entity_id
    assert event.data["device_id"] == entity.device_id
    assert event.data["outcome"] == "done"
    assert event.data["model_calls"] == 2
    assert SECRET not in str(event.data)
    assert "look" not in str(event.data)


type Describe = Callable[[Any], dict[str, str]]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "model calls: 2; tools: 1"), ("de", "Modellaufrufe: 2; Werkzeuge: 1")],
)
async def test_the_logbook_has_a_line_for_each_turn(
    hass: HomeAssistant, model_server: ModelServer, language: str, words: str
) -> None:
    """In Home Assistant's language, under the agent's name."""
    hass.config.language = language
    agent = await setup_agent(hass, model_server)
    events = async_capture_events(hass, EVENT_TURN)
    await look(agent)
    model_server.fail(503)
    await agent.say("Hello")
    from custom_components.chatterbox import logbook  # noqa: PLC0415

    described: dict[str, Describe] = {}
    logbook.async_describe_events(
        hass, lambda _domain, event, describe: described.update({event: describe})
    )
    done, failed = (described[EVENT_TURN](event) for event in events)
    assert done["name"] == "Chatterbox"
    assert done["entity_id"] == agent.entity_id
    assert words in done["message"]
    assert "server_error" in failed["message"]


async def test_diagnostics_have_the_last_turns_without_names(
    hass: HomeAssistant, agent: Agent
) -> None:
    """Of the entry and of the agent's device."""
    agent.tool("change", nothing)
    agent.server.call(("change", {"name": SECRET}))
    agent.server.reply("Done.")
    await agent.say(SECRET)
    entity = er.async_get(hass).async_get(agent.entity_id)
    device = dr.async_get(hass).async_get(entity.device_id)
    of_entry = await async_get_config_entry_diagnostics(hass, agent.entry)
    of_device = await async_get_device_diagnostics(hass, agent.entry, device)
    for found in (of_entry, of_device):
        (turn,) = found["turns"]["Chatterbox"]
        assert turn["tool_calls"] == 1
        text = json.dumps(turn)
        assert SECRET not in text
        assert "writes" not in text
        assert "Model server" not in text


async def test_system_health_tells_of_servers_and_cache(
    hass: HomeAssistant, agent: Agent
) -> None:
    """No address is in it."""
    from custom_components.chatterbox.system_health import (  # noqa: PLC0415
        async_system_health,
    )

    before = await async_system_health(hass)
    assert before["last_turn"] is None
    assert before["prompt_cache"] == "0 / 1"
    agent.server.reply("Yes.")
    await agent.say("Yes?")
    after = await async_system_health(hass)
    assert after["servers"] == "1 / 1"
    assert after["models"] == "demo"
    assert after["prompt_cache"] == "1 / 1"
    assert after["cached_results"] == "0 (0 KiB)"
    assert after["last_turn"].endswith(" s")
    assert "127.0.0.1" not in str(after)


async def test_three_sensors_are_enabled(hass: HomeAssistant, agent: Agent) -> None:
    """All are for diagnosis, and belong to the agent's device."""
    registry = er.async_get(hass)
    entity = registry.async_get(agent.entity_id)
    sensors = [
        each
        for each in er.async_entries_for_device(
            registry, entity.device_id, include_disabled_entities=True
        )
        if each.entity_id != agent.entity_id
    ]
    assert {each.entity_category for each in sensors} == {EntityCategory.DIAGNOSTIC}
    assert {each.translation_key for each in sensors if not each.disabled_by} == {
        "last_turn",
        "server",
        "time_to_first_word",
    }
    assert len(sensors) == 10
    assert hass.states.get("sensor.chatterbox_last_answer").state == STATE_UNKNOWN


async def test_sensors_tell_of_the_last_turn(
    hass: HomeAssistant, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seconds, counts and tokens, with units that statistics understand."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)
    agent = await setup_agent(hass, model_server)
    await look(agent)
    turn = await turn_of(agent)

    def state(key: str) -> Any:
        found = hass.states.get(f"sensor.chatterbox_{key}")
        assert found, key
        return found

    assert float(state("last_answer").state) == pytest.approx(turn["total"], abs=0.01)
    assert float(state("time_to_first_word").state) == pytest.approx(turn["ttfs"])
    assert state("last_answer").attributes["unit_of_measurement"] == "s"
    assert state("last_answer").attributes["state_class"] == "measurement"
    assert state("model_calls").state == "2"
    assert state("model_calls").attributes["unit_of_measurement"] == "calls"
    assert float(state("tool_time").state) == pytest.approx(turn["tool_time"])
    assert state("input_tokens").state == "220"
    assert state("cached_tokens").state == "80"
    assert state("input_tokens").attributes["state_class"] == "total_increasing"
    assert state("cache_hit_rate").state == "0.0"
    agent.server.reply("Yes.", usage=UsageChunk(10, 1))
    await agent.say("Yes?")
    assert state("input_tokens").state == "230"
    assert state("model_calls").state == "1"


async def test_a_binary_sensor_tells_whether_the_server_answers(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer
) -> None:
    """As the last request found it."""
    entity_id = "binary_sensor.chatterbox_model_server"
    assert hass.states.get(entity_id).state == "on"
    await model_server.close()
    await agent.say("Hello")
    assert hass.states.get(entity_id).state == "off"
    await model_server.start(model_server.port)
    model_server.reply("Yes.")
    await agent.say("Hello")
    assert hass.states.get(entity_id).state == "on"


async def test_the_card_is_served_and_registered(
    hass: HomeAssistant, model_server: ModelServer, hass_client: Any
) -> None:
    """Every page loads it, at an address of its own for each version."""
    assert await async_setup_component(hass, "frontend", {})
    await setup_agent(hass, model_server)
    (address,) = hass.data[DATA_EXTRA_MODULE_URL].urls
    client = await hass_client()
    assert "?v=0." in address
    card = await client.get(address)
    text = await card.text()
    assert card.headers["Content-Type"].endswith("javascript")
    assert "chatterbox-timeline-card" in text
    assert len(text.encode()) < 40_000


async def test_the_trace_shows_the_note_and_the_timings(
    hass: HomeAssistant, agent: Agent
) -> None:
    """What the model was told about the moment, and how long all took."""
    from homeassistant.components.conversation.trace import (  # noqa: PLC0415
        async_get_traces,
    )

    agent.server.reply("Yes.")
    await agent.say("Yes?")
    details = [
        event["data"]
        for event in async_get_traces()[-1].as_dict()["events"]
        if event["event_type"] == "agent_detail"
    ]
    (note,) = (each["turn_note"] for each in details if "turn_note" in each)
    assert "Home Assistant" in note
    (timings,) = (each["timings"] for each in details if "timings" in each)
    assert timings["model_calls"] == 1
