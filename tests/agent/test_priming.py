"""Having the server read the prompt before anybody has said anything."""

import asyncio
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components import conversation
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.chatterbox.agent import priming
from custom_components.chatterbox.agent.options import Priming
from custom_components.chatterbox.agent.priming import WARM_FOR, should_prime
from custom_components.chatterbox.agent.prompt_changes import IDLE_AFTER
from scripts.demo_model import ModelServer, Raw, Stall, Status
from scripts.demo_model.server import Reply
from tests.home import Agent, setup_agent, spoken
from tests.house import House, make_house


@pytest.fixture
async def house(hass: HomeAssistant) -> House:
    """Give a house with a lamp."""
    house = await make_house(hass)
    house.entity("light.lamp", "Lamp")
    return house


@pytest.fixture
async def agent(hass: HomeAssistant, model_server: ModelServer, house: House) -> Agent:
    """Give an agent whose server is at home."""
    return await setup_agent(hass, model_server, llm_hass_api=["assist"])


async def prepare(agent: Agent, reply: Reply | None = None) -> None:
    """Do what the pipeline does as speech-to-text starts; wait for this reply."""
    await conversation.async_prepare_agent(agent.hass, agent.entity_id, "en")
    if reply:
        await reply.sent.wait()
        # The client reads the end of it.
        await agent.hass.async_block_till_done(wait_background_tasks=True)


async def test_the_server_reads_what_the_turn_will_send(
    agent: Agent, model_server: ModelServer
) -> None:
    await prepare(agent, model_server.on_prime())
    model_server.reply("Hello.")
    await agent.say("hello")
    (prime,), (request,) = model_server.primes, model_server.requests
    marker = b'{"role":"user"'
    shared = request.body[: request.body.index(marker)]
    assert prime.json["messages"][0] == request.messages[0]
    assert prime.json["tools"] == request.json["tools"]
    assert prime.json["max_tokens"] == 1
    assert prime.body[: prime.body.index(marker)].endswith(
        shared[shared.index(b'"messages"') :]
    )


async def test_not_again_while_it_is_warm(
    hass: HomeAssistant,
    agent: Agent,
    model_server: ModelServer,
    house: House,
    freezer: FrozenDateTimeFactory,
) -> None:
    await prepare(agent, model_server.on_prime())
    await prepare(agent)
    model_server.reply("Hello.")
    await agent.say("hello")
    await prepare(agent)
    assert len(model_server.primes) == 1
    house.entity("light.spot", "Spot")
    await prepare(agent, model_server.on_prime())
    assert len(model_server.primes) == 2
    freezer.tick(WARM_FOR + 1)
    await prepare(agent, model_server.on_prime())
    assert len(model_server.primes) == 3


async def test_a_turn_leaves_it_warm(agent: Agent, model_server: ModelServer) -> None:
    model_server.reply("Hello.")
    await agent.say("hello")
    await prepare(agent)
    assert not model_server.primes


async def test_the_turns_request_cancels_it_at_once(
    agent: Agent, model_server: ModelServer
) -> None:
    prime = model_server.on_prime(Stall())
    await prepare(agent)
    await prime.started.wait()
    answer = model_server.script(prime.gone, "Hello.")
    assert spoken(await agent.say("hello")) == "Hello."
    assert answer.sent.is_set()
    assert not prime.sent.is_set()


async def test_never_two_under_way(agent: Agent, model_server: ModelServer) -> None:
    prime = model_server.on_prime(Stall())
    await prepare(agent)
    await prime.started.wait()
    await prepare(agent)
    await prepare(agent)
    model_server.reply("Hello.")
    await agent.say("hello")
    assert len(model_server.primes) == 1


async def test_never_beside_a_turn(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer, house: House
) -> None:
    go_on = asyncio.Event()
    model_server.script(go_on, "Hello.")
    turn = hass.async_create_task(agent.say("hello"))
    await model_server.wait_for_requests(1)
    house.entity("light.spot", "Spot")
    await prepare(agent)
    go_on.set()
    await turn
    assert not model_server.primes


@pytest.mark.parametrize("status", [401, 503])
async def test_it_is_no_turn_and_its_failure_nobodys(
    agent: Agent,
    model_server: ModelServer,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    caplog.clear()
    await prepare(agent, model_server.on_prime(Status(status)))
    assert "Loop complete" not in caplog.text
    assert "LLM call" not in caplog.text
    assert not [r for r in caplog.records if r.levelname in ("WARNING", "ERROR")]
    # It is tried again, for the server has not read anything.
    await prepare(agent, model_server.on_prime())
    assert len(model_server.primes) == 2


async def test_unloading_cancels_it(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer
) -> None:
    prime = model_server.on_prime(Stall())
    await prepare(agent)
    await prime.started.wait()
    assert await hass.config_entries.async_unload(agent.entry.entry_id)
    await prime.gone.wait()
    assert agent.entry.state is ConfigEntryState.NOT_LOADED


async def test_off_it_opens_a_connection_and_no_more(
    hass: HomeAssistant, model_server: ModelServer, house: House
) -> None:
    agent = await setup_agent(
        hass, model_server, llm_hass_api=["assist"], priming="off"
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    looked = len(model_server.other_requests)
    await prepare(agent)
    assert not model_server.primes
    assert len(model_server.other_requests) == looked + 1
    assert model_server.open_connections == 1
    model_server.reply("Hello.")
    await agent.say("hello")
    # The request took the connection that was open.
    assert model_server.open_connections == 1


async def test_a_server_that_is_down_does_not_disturb_the_speaker(
    agent: Agent, model_server: ModelServer
) -> None:
    await model_server.close()
    await prepare(agent)


async def idle(hass: HomeAssistant, seconds: float = IDLE_AFTER) -> None:
    """Let this time pass."""
    later = dt_util.utcnow() + timedelta(seconds=seconds + 0.6)
    async_fire_time_changed(hass, later)
    await hass.async_block_till_done()


async def test_it_is_primed_when_idle_after_set_up_and_after_each_change(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer, house: House
) -> None:
    assert not model_server.primes
    first = model_server.on_prime()
    await idle(hass)
    await first.sent.wait()
    await hass.async_block_till_done(wait_background_tasks=True)
    # A state is no change of the prompt; a new entity is.
    hass.states.async_set("light.lamp", "on", {"friendly_name": "Lamp"})
    await idle(hass)
    assert len(model_server.primes) == 1
    second = model_server.on_prime()
    house.entity("light.spot", "Spot")
    await idle(hass)
    await second.sent.wait()
    assert len(model_server.primes) == 2


async def test_a_burst_of_changes_counts_once(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer, house: House
) -> None:
    for number in range(5):
        house.entity(f"light.spot_{number}", "Spot")
        await idle(hass, 3)
    assert not model_server.primes


async def test_unloading_ends_the_watch(
    hass: HomeAssistant, agent: Agent, model_server: ModelServer, house: House
) -> None:
    assert await hass.config_entries.async_unload(agent.entry.entry_id)
    house.entity("light.spot", "Spot")
    await idle(hass)
    assert not model_server.primes


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8080/v1", True),
        ("http://localhost:11434/v1", True),
        ("http://192.168.1.20:11434/v1", True),
        ("http://[fd00::1]/v1", True),
        ("http://ollama:11434/v1", True),
        ("http://box.local/v1", True),
        ("https://gpu.home.arpa/v1", True),
        ("https://api.openai.com/v1", False),
        ("http://8.8.8.8/v1", False),
        ("https://localhost.example.com/v1", False),
    ],
)
def test_auto_primes_a_server_of_the_home(url: str, local: bool) -> None:
    assert should_prime(Priming.AUTO, url) is local
    assert should_prime(Priming.ON, url)
    assert not should_prime(Priming.OFF, url)


async def test_a_priming_ends_whatever_the_server_sends(
    agent: Agent, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pings keep no stream alive for ever."""
    monkeypatch.setattr(priming, "LONGEST", 0)
    reply = model_server.on_prime(*[Raw(b": ping\n\n"), asyncio.Event()])
    await prepare(agent)
    await reply.gone.wait()
    monkeypatch.undo()
    await prepare(agent, model_server.on_prime())
    assert len(model_server.primes) == 2
