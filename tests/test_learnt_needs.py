"""What a server has taught about its models is remembered, and forgotten in time."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from custom_components.chatterbox.learnt_needs import (
    DATA_LEARNT_NEEDS,
    STORAGE_KEY,
    LearntNeeds,
)
from custom_components.chatterbox.providers.needs import KEPT_FOR
from scripts.demo_model import ModelServer

from .home import Agent, setup_agent, spoken

REFUSAL = "reasoning_effort: To use function tools, set reasoning_effort to 'none'."


async def teach(agent: Agent) -> None:
    """Have the server refuse a request in part, as GPT-5.6 does."""
    agent.tool("light_on", None)  # type: ignore[arg-type]
    agent.server.fail(400, {"error": {"message": REFUSAL}})
    await hears(agent)


async def hears(agent: Agent) -> list[str | None]:
    """Return the efforts with which the server was asked for one sentence."""
    before = len(agent.server.requests)
    agent.server.reply("Hello.")
    assert spoken(await agent.say("Hello?")) == "Hello."
    asked = agent.server.requests[before:]
    return [sent.json.get("reasoning_effort") for sent in asked]


async def test_it_outlives_a_change_of_the_agents(
    hass: HomeAssistant, agent: Agent
) -> None:
    """A refusal costs a request once, not each time that a form is saved."""
    await teach(agent)
    assert await hass.config_entries.async_reload(agent.entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await hears(agent) == ["none"]


async def test_it_outlives_a_restart(
    hass: HomeAssistant, agent: Agent, hass_storage: dict[str, Any]
) -> None:
    """What is written at the end is read at the next start."""
    await teach(agent)
    await hass.async_stop(force=True)
    await hass.async_block_till_done()
    (models,) = hass_storage[STORAGE_KEY]["data"]["servers"].values()
    assert models["demo"]["changes"] == {"forced_effort": "none"}


@pytest.mark.parametrize(
    ("changes", "sent", "lines"),
    [
        pytest.param({"forced_effort": "none"}, ["none"], 0, id="restart"),
        pytest.param({"efforts": ["minimal", "high"]}, ["minimal"], 0, id="list"),
        pytest.param({"efforts": ["huge"]}, [None], 1, id="unknown effort"),
        pytest.param({"temperature": "no"}, [None], 1, id="wrong type"),
        pytest.param({"colour": True}, [None], 1, id="unknown field"),
        pytest.param([], [None], 1, id="wrong shape"),
    ],
)
async def test_a_file_is_read_or_is_nothing_learnt(
    hass: HomeAssistant,
    model_server: ModelServer,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    freezer: FrozenDateTimeFactory,
    changes: Any,
    sent: list[str | None],
    lines: int,
) -> None:
    """One line in the log says that it is odd."""
    model = {"demo": {"changes": changes, "at": freezer.time_to_freeze.timestamp()}}
    hass_storage[STORAGE_KEY] = {
        "version": 1,
        "key": STORAGE_KEY,
        "data": {"servers": {f"openai {model_server.url}": model}},
    }
    agent = await setup_agent(hass, model_server, thinking="off")
    agent.tool("light_on", None)  # type: ignore[arg-type]
    assert await hears(agent) == sent
    assert caplog.text.count("is not read") == lines


async def test_it_is_tried_again_after_a_month(
    agent: Agent, freezer: FrozenDateTimeFactory
) -> None:
    """Servers are brought up to date."""
    await teach(agent)
    freezer.tick(timedelta(seconds=KEPT_FOR - 1))
    assert await hears(agent) == ["none"]
    freezer.tick(timedelta(seconds=2))
    assert await hears(agent) == [None]


async def test_another_protocol_is_another_matter(
    hass: HomeAssistant, agent: Agent
) -> None:
    """What was refused in one is not held against the other, and is forgotten."""
    await teach(agent)
    needs = hass.data[DATA_LEARNT_NEEDS]
    assert needs.of(agent.entry).as_dict()
    hass.config_entries.async_update_entry(
        agent.entry, data={**agent.entry.data, "provider": "responses"}
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not needs.of(agent.entry).as_dict()


async def test_it_goes_with_the_entry(
    hass: HomeAssistant, agent: Agent, hass_storage: dict[str, Any]
) -> None:
    """Nothing is left of a server that is removed."""
    await teach(agent)
    entry = agent.entry
    await hass.config_entries.async_remove(entry.entry_id)
    assert STORAGE_KEY not in hass_storage
    assert not hass.data[DATA_LEARNT_NEEDS].of(entry).as_dict()
    again = LearntNeeds(hass)
    await again.async_load()
    assert not again.of(entry).as_dict()


async def test_first_tokens_outlive_a_restart(
    hass: HomeAssistant, model_server: ModelServer, hass_storage: dict[str, Any]
) -> None:
    """When a stand-in is asked early is not learnt anew."""
    agent = await setup_agent(hass, model_server, priming="off")
    await hears(agent)
    await hass.async_stop(force=True)
    await hass.async_block_till_done()
    stored = hass_storage[STORAGE_KEY]
    (models,) = stored["data"]["servers"].values()
    (seconds,) = models["demo"]["first_tokens"]
    assert seconds >= 0
    models["demo"]["first_tokens"] = [0.5] * 18 + [2.0] * 2
    needs = LearntNeeds(hass)
    await needs.async_load()
    times = needs.of(agent.entry).first_tokens("demo")
    assert times.slow == 2.0
    times.add(0.25)
    assert times.as_list()[-1] == 0.25
