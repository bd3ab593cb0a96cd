"""Whole turns of an agent over each wire protocol."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent
import pytest

from scripts.demo_model import ModelServer

from .home import Agent, setup_agent, spoken
from .providers.protocols.wire import PROTOCOLS, USAGE, Call, Protocol, Think
from .providers.replay import Answer, ReplayServer

STORY = "Once upon a time there was a house that did all that it was told, and more."
LAMP = Call("id_lamp", "light_on", {"name": "Lamp"})
FAN = Call("id_fan", "fan_on", {"name": "Fan"})
SAMPLES = 9
"""Places at which each answer is broken off."""


@dataclass
class Home:
    """An agent over one protocol, and what its tools have done."""

    agent: Agent
    protocol: Protocol
    server: ReplayServer
    done: list[Any] = field(default_factory=list)

    def answer(self, *parts: Any, **options: Any) -> None:
        """Have the model answer the next request."""
        self.play(self.protocol.answer(*parts, **options))

    def play(self, body: bytes, end: str = "whole") -> None:
        """Have the server answer the next request with these bytes."""
        self.server.answers.append(Answer(body, self.protocol.content_type, end=end))


@pytest.fixture(params=PROTOCOLS, ids=lambda protocol: protocol.kind)
async def home(
    request: pytest.FixtureRequest, hass: HomeAssistant, socket_enabled: None
) -> AsyncIterator[Home]:
    """Give an agent with two tools over each protocol."""
    protocol: Protocol = request.param
    server = await ReplayServer().start()
    server.pages = {protocol.models_path: protocol.models, **protocol.pages}
    agent = await setup_agent(
        hass,
        ModelServer(),
        speaks={"provider": protocol.kind, "url": server.origin + protocol.base},
        timeout=0.2,
        priming="off",
    )
    made = Home(agent, protocol, server)

    def doing(name: str) -> Any:
        async def do(arguments: dict[str, Any]) -> str:
            made.done.append((name, arguments["name"]))
            return f"{name} done"

        return do

    for name in ("light_on", "fan_on"):
        made.agent.tool(name, doing(name))
    yield made
    await server.close()


async def test_a_turn_with_two_tools(home: Home) -> None:
    """Both run once, their results go back, the thinking is not heard."""
    home.answer(Think("Two.", "sig"), LAMP, FAN, usage=USAGE)
    home.answer("Both ", "are on.", usage=USAGE)
    result = await home.agent.say("Lamp and fan on")
    assert spoken(result) == "Both are on."
    assert sorted(home.done) == [("fan_on", "Fan"), ("light_on", "Lamp")]
    body = home.server.asked[1].body.decode()
    places = [body.index(f"{name} done") for name in ("light_on", "fan_on")]
    assert places == sorted(places)
    home.answer("Gladly.")
    again = await home.agent.say("Thanks", result.conversation_id)
    assert spoken(again) == "Gladly."
    assert "Both are on." in home.server.asked[2].body.decode()


@pytest.mark.parametrize("end", ["cut", "stall"])
@pytest.mark.parametrize("number", range(SAMPLES))
async def test_a_turn_that_breaks(home: Home, end: str, number: int) -> None:
    """Wherever it breaks, something is said, nothing twice, and the next turn works."""
    body = home.protocol.answer(STORY, LAMP, FAN)
    place = len(body) * number // SAMPLES
    home.play(body[:place], end=end)
    # A call that was whole has a result, and no second request is made for it.
    result, deltas = await home.agent.say_streamed("Tell me, and lamp and fan on")
    heard = "".join(delta.get("content") or "" for delta in deltas)
    assert len(spoken(result)) > 10
    assert heard.count(STORY) <= 1
    if heard.strip():
        assert heard.strip().endswith(spoken(result).strip())
    else:
        # A fault that comes before all else is spoken from the result.
        assert result.response.response_type is intent.IntentResponseType.ERROR
    assert len(home.done) == len(set(home.done)) <= 2
    ran = len(home.done)
    home.server.answers.clear()
    home.answer("Here I am.")
    again = await home.agent.say("Hello?", result.conversation_id)
    assert spoken(again) == "Here I am."
    assert len(home.done) == ran
