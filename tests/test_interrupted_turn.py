"""A turn is cut short: what it did is told, what it did not is not done."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from homeassistant.components import conversation
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from .home import Agent, open_session, spoken


class Door:
    """A door whose tools take until the test lets them end."""

    def __init__(self) -> None:
        """Start with nothing done."""
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.events: list[str] = []

    async def act(self, args: dict[str, Any]) -> None:
        """Do what the call says."""
        self.begun.set()
        self.events.append(f"{args['what']} began")
        await self.gate.wait()
        self.events.append(f"{args['what']} ended")


@pytest.fixture
async def door(agent: Agent) -> AsyncIterator[Door]:
    """Give a door that the agent has tools for; all calls on it are in order."""
    door = Door()
    agent.tool("door", door.act)
    yield door
    door.gate.set()
    await agent.hass.async_block_till_done()


async def interrupted(agent: Agent, door: Door, conversation_id: str) -> None:
    """Say a sentence that closes and unlocks the door; interrupt as it is closing."""
    agent.server.call(("door", {"what": "close"}), ("door", {"what": "unlock"}))
    turn = agent.hass.async_create_task(agent.say("Close and unlock", conversation_id))
    await door.begun.wait()
    turn.cancel()
    await asyncio.wait([turn])
    assert turn.cancelled()


async def test_the_next_turn_hears_of_it(agent: Agent, door: Door) -> None:
    """The model reads what became of it, once, whatever Home Assistant keeps."""
    with open_session(agent.hass) as session:
        await interrupted(agent, door, session.conversation_id)
        door.gate.set()
        await agent.hass.async_block_till_done()
        assert door.events == ["close began", "close ended"], (
            "the write that had begun, and no other"
        )
        agent.server.reply("It is closed, not unlocked.")
        await agent.say("And now?", session.conversation_id)
        messages = agent.server.requests[-1].messages
        told = messages[-1]["content"]
        assert "CancelledError" not in str(messages)
        said = [m["content"] for m in messages if m["role"] == "user"]
        assert all("[Home Assistant:" in sentence for sentence in said), (
            "a turn that stays keeps its note"
        )
        assert 'done: door({"what": "close"})' in told
        assert 'never started: door({"what": "unlock"})' in told
        agent.server.reply("You are welcome.")
        await agent.say("Thanks", session.conversation_id)
        assert "interrupted" not in agent.server.requests[-1].messages[-1]["content"]


async def test_what_has_its_result_in_the_log_is_not_told_again(
    agent: Agent, door: Door
) -> None:
    """A turn that stays has the results of its first response."""
    done: list[str] = []

    async def ring(args: dict[str, Any]) -> str:
        done.append("rung")
        return "rung"

    agent.tool("bell", ring)
    with open_session(agent.hass) as session:
        agent.server.call(("bell", {}))
        await interrupted(agent, door, session.conversation_id)
        door.gate.set()
        await agent.hass.async_block_till_done()
        agent.server.reply("It is closed.")
        await agent.say("And now?", session.conversation_id)
    assert done == ["rung"]
    messages = agent.server.requests[-1].messages
    results = [m["content"] for m in messages if m["role"] == "tool"]
    in_log = [result for result in results if "rung" in result]
    in_note = messages[-1]["content"].count("bell(")
    assert len(in_log) + in_note == 1


async def test_what_home_assistant_refuses_is_said_in_the_persons_language(
    agent: Agent, door: Door
) -> None:
    """One turn at a time, and one person in a conversation."""
    if not hasattr(conversation, "ConversationBusyError"):
        pytest.skip("Home Assistant 2026.10 refuses neither")
    anna, ben = (Context(user_id=MockUser().add_to_hass(agent.hass).id) for _ in "ab")
    agent.server.reply("Hello.")
    begun = (await agent.say("Hello", context=anna)).conversation_id
    agent.server.call(("door", {"what": "close"}))
    agent.server.reply("Closed.")
    first = agent.hass.async_create_task(agent.say("Close", begun, context=anna))
    await door.begun.wait()
    busy = await agent.say("Open", begun, context=anna, language="de")
    assert "noch mit dem vorigen Satz" in spoken(busy)
    door.gate.set()
    assert spoken(await first) == "Closed."
    other = await agent.say("And now?", begun, context=ben)
    assert "somebody else's" in spoken(other)
    assert len(agent.server.requests) == 3


async def test_unloading_waits_for_the_write_and_starts_nothing(
    hass: HomeAssistant, agent: Agent, door: Door
) -> None:
    """The entry owns the write."""
    agent.server.call(("door", {"what": "close"}), ("door", {"what": "unlock"}))
    turn = hass.async_create_task(agent.say("Close and unlock"))
    await door.begun.wait()
    unload = hass.async_create_task(
        hass.config_entries.async_unload(agent.entry.entry_id)
    )
    for _ in range(50):
        await asyncio.sleep(0)
    assert not unload.done()
    door.gate.set()
    assert await unload
    assert agent.entry.state is ConfigEntryState.NOT_LOADED
    assert door.events == ["close began", "close ended"]
    turn.cancel()
    await asyncio.wait([turn])


async def test_two_satellites_share_one_door(agent: Agent, door: Door) -> None:
    """What the second says waits for what the first said."""
    agent.server.call(("door", {"what": "close"}))
    first = agent.hass.async_create_task(agent.say("Close"))
    await door.begun.wait()
    agent.server.call(("door", {"what": "open"}))
    second = agent.hass.async_create_task(agent.say("Open"))
    while len(agent.server.requests) < 2:
        await asyncio.sleep(0)
    agent.server.reply("Done.")
    agent.server.reply("Done.")
    door.gate.set()
    assert [spoken(await turn) for turn in (first, second)] == ["Done.", "Done."]
    assert door.events == ["close began", "close ended", "open began", "open ended"]
