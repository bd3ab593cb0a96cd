"""A question asked twice, through whole turns of an agent."""

import asyncio
from datetime import timedelta
import json
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import entity_registry as er, llm
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.chatterbox.diagnostics import async_get_config_entry_diagnostics
from custom_components.chatterbox.services import (
    SERVICE_CLEAR_CACHE,
    SERVICE_GET_CACHE,
    SERVICE_GET_TURNS,
    SERVICE_INVALIDATE_CACHE,
)
from custom_components.chatterbox.tools.cache.home import DATA_TOOL_CACHE
from scripts.demo_model import ModelServer

from .home import Agent, setup_agent, spoken
from .weather_home import CABIN, FORECASTS, GARDEN, WeatherHome, make_weather_home

READS = llm.ToolAnnotations(read_only=True)


@pytest.fixture
async def home(hass: HomeAssistant) -> WeatherHome:
    """Give a home with weather."""
    return await make_weather_home(hass)


@pytest.fixture
async def agent(
    hass: HomeAssistant, home: WeatherHome, model_server: ModelServer
) -> Agent:
    """Give an agent that may ask for forecasts."""
    return await setup_agent(hass, model_server, services=[FORECASTS], foresight=False)


async def ask(agent: Agent, tool: str = "weather__get_forecasts", **args: Any) -> Any:
    """Let the model ask a tool once, and return what the model was told."""
    if tool == "weather__get_forecasts":
        args = {"type": "daily", "entity_id": GARDEN, **args}
    agent.server.call((tool, args))
    agent.server.reply("Done.")
    assert spoken(await agent.say("What is it like?")) == "Done."
    messages = agent.server.requests[-1].messages
    return json.loads(messages[-1]["content"])


async def test_asked_twice_is_one_request(
    hass: HomeAssistant,
    home: WeatherHome,
    agent: Agent,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The second turn is told the same, without the service, and the log says why."""
    caplog.set_level("DEBUG", "custom_components.chatterbox.tools")
    first = await ask(agent)
    second = await ask(agent, entity_id=None, name="garden")
    assert first == second
    assert first[GARDEN]["forecast"][0]["temperature"] == 1.0
    assert home.requests == [GARDEN]
    lines = [
        re.sub(r"\d+\.\d", "#", record.getMessage())
        for record in caplog.records
        if "tools.cache" in record.name
    ]
    key = 'weather.get_forecasts {"entity_id":["weather.garden"],"type":"daily"}'
    assert lines[0] == f"Miss {key}"
    assert lines[1].startswith(f"Store {key}: ")
    assert lines[1].endswith("for 300 s (weather models run every hour at most)")
    assert lines[2] == f"Hit {key}, # s old"


async def test_asked_by_two_agents_is_one_request(
    hass: HomeAssistant, home: WeatherHome, agent: Agent
) -> None:
    """The cache is the home's, and asking at once is asking once."""
    for _ in range(2):
        agent.server.call(
            ("weather__get_forecasts", {"type": "daily", "name": "Garden"})
        )
    for _ in range(2):
        agent.server.reply("Done.")
    await asyncio.gather(agent.say("And now?"), agent.say("And now?"))
    assert home.requests == [GARDEN]


async def test_a_reload_keeps_what_it_may(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    home: WeatherHome,
    agent: Agent,
) -> None:
    """Over a restart of the integration the answer is still there, and as old."""
    await ask(agent)
    assert await hass.config_entries.async_reload(agent.entry.entry_id)
    await hass.async_block_till_done()
    await ask(agent)
    assert home.requests == [GARDEN]
    hass.config_entries.async_update_entry(agent.entry, options={"keep_results": False})
    await hass.async_block_till_done()
    await ask(agent)
    assert home.requests == [GARDEN, GARDEN]


async def test_a_change_of_the_entity_is_another_request(
    home: WeatherHome, agent: Agent
) -> None:
    """What Home Assistant knows to have changed is asked for again."""
    await ask(agent)
    home.entities[GARDEN].become("rainy")
    assert (await ask(agent))[GARDEN]["forecast"][0]["temperature"] == 2.0
    await ask(agent, entity_id=CABIN)
    assert home.requests == [GARDEN, GARDEN, CABIN]


async def test_when_the_service_is_down_an_old_answer_says_so(
    hass: HomeAssistant, home: WeatherHome, agent: Agent
) -> None:
    """Even when its entity has gone with it; and the person hears something true."""
    await ask(agent)
    home.down = True
    home.entities[GARDEN].become("rainy")
    told = await ask(agent)
    assert told[GARDEN]["forecast"][0]["temperature"] == 1.0
    assert "the weather service does not answer" in told["stale"]["reason"]
    home.entities[GARDEN].go_away()
    told = await ask(agent)
    assert "unavailable" in told["stale"]["reason"]
    assert "error" in await ask(agent, entity_id=CABIN)


async def test_reads_of_an_api_are_shared_and_not_kept(
    hass: HomeAssistant, agent: Agent
) -> None:
    """Unless the user chose so, what an unknown tool tells is asked each time."""
    asked = 0

    async def search(args: dict[str, Any]) -> int:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.01)
        return asked

    agent.tool("search", search, READS)
    agent.server.call(("search", {"query": "x"}), ("search", {"query": "x"}))
    agent.server.reply("Done.")
    await agent.say("Look it up.")
    assert asked == 1
    await ask(agent, "search", query="x")
    assert asked == 2


async def test_the_users_choice_keeps_a_tool_of_an_api(
    hass: HomeAssistant, home: WeatherHome, model_server: ModelServer
) -> None:
    """By its name, for as long as they say; a time is never kept."""
    agent = await setup_agent(
        hass,
        model_server,
        cached_tools=[
            {"tool": "search", "ttl": 60},
            {"tool": "llm__GetDateTime", "ttl": 60},
        ],
    )
    asked: list[str] = []

    def note(name: str) -> Any:
        async def action(args: dict[str, Any]) -> int:
            asked.append(name)
            return len(asked)

        return action

    for name in ("search", "llm__GetDateTime"):
        agent.tool(name, note(name), READS)
        for _ in range(2):
            await ask(agent, name)
    assert asked == ["search", "llm__GetDateTime", "llm__GetDateTime"]


async def test_renaming_an_entity_asks_again(
    hass: HomeAssistant, home: WeatherHome, agent: Agent
) -> None:
    """The registry that an answer was made under counts."""
    await ask(agent)
    er.async_get(hass).async_update_entity(GARDEN, name="Yard")
    await ask(agent)
    assert len(home.requests) == 2


# In sight and in hand.


async def test_diagnostics_count(
    hass: HomeAssistant, home: WeatherHome, agent: Agent
) -> None:
    """What the cache was worth is there to see, and nothing that was said."""
    await ask(agent)
    await ask(agent)
    found = await async_get_config_entry_diagnostics(hass, agent.entry)
    counts = found["tool_cache"]
    assert counts["hits"] == counts["misses"] == counts["entries"] == 1
    assert all(isinstance(count, int | float) for count in counts.values())


async def test_clear_cache(
    hass: HomeAssistant,
    home: WeatherHome,
    agent: Agent,
    freezer: FrozenDateTimeFactory,
    hass_admin_user: MockUser,
) -> None:
    """The action drops everything and says to an admin what it was."""
    await ask(agent)
    await ask(agent, entity_id=CABIN)
    freezer.tick(timedelta(seconds=1))
    response = await hass.services.async_call(
        "chatterbox",
        SERVICE_CLEAR_CACHE,
        blocking=True,
        return_response=True,
        context=Context(user_id=hass_admin_user.id),
    )
    assert isinstance(response, dict)
    assert response["removed"] == 2
    results: Any = response["results"]
    assert results[0]["tool"] == FORECASTS
    assert results[0]["arguments"] == {"entity_id": [GARDEN], "type": "daily"}
    assert results[0]["age"] >= 0
    assert len(hass.data[DATA_TOOL_CACHE]) == 0


@pytest.mark.parametrize(
    ("data", "removed"),
    [
        pytest.param({"tool": FORECASTS}, [GARDEN, CABIN], id="all of an action"),
        pytest.param({"tool": "weather__get_forecasts"}, [GARDEN, CABIN], id="by tool"),
        pytest.param(
            {"tool": FORECASTS, "arguments": {"type": "daily", "entity_id": CABIN}},
            [CABIN],
            id="one call",
        ),
        pytest.param(
            {"tool": FORECASTS, "arguments": {"entity_id": [CABIN], "type": "daily"}},
            [CABIN],
            id="one call, as the log has it",
        ),
        pytest.param({"tool": FORECASTS, "arguments": {}}, [], id="no such call"),
        pytest.param({"tool": "homeassistant.restart"}, [], id="nothing of it"),
    ],
)
async def test_invalidate_cache(
    hass: HomeAssistant,
    home: WeatherHome,
    agent: Agent,
    hass_admin_user: MockUser,
    data: dict[str, Any],
    removed: list[str],
) -> None:
    """The action drops what it names and says to an admin what it was."""
    await ask(agent)
    await ask(agent, entity_id=CABIN)
    response = await hass.services.async_call(
        "chatterbox",
        SERVICE_INVALIDATE_CACHE,
        data,
        blocking=True,
        return_response=True,
        context=Context(user_id=hass_admin_user.id),
    )
    assert isinstance(response, dict)
    assert response["removed"] == len(removed)
    results: Any = response["results"]
    assert [one["arguments"]["entity_id"][0] for one in results] == removed
    assert len(hass.data[DATA_TOOL_CACHE]) == 2 - len(removed)


@pytest.mark.parametrize(
    ("action", "data"),
    [(SERVICE_CLEAR_CACHE, {}), (SERVICE_INVALIDATE_CACHE, {"tool": FORECASTS})],
)
async def test_only_an_admin_is_told_what_others_asked(
    hass: HomeAssistant, agent: Agent, action: str, data: dict[str, Any]
) -> None:
    """An automation, or an agent whom nobody in particular speaks to, gets the count."""
    await ask(agent)
    response = await hass.services.async_call(
        "chatterbox", action, data, blocking=True, return_response=True
    )
    assert response == {"removed": 1}


async def test_get_cache(
    hass: HomeAssistant,
    home: WeatherHome,
    agent: Agent,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The action shows what is kept, how old, for how long yet and how often used."""
    for entity_id in (GARDEN, GARDEN, GARDEN, CABIN):
        await ask(agent, entity_id=entity_id)

    async def shown(**data: str) -> Any:
        response = await hass.services.async_call(
            "chatterbox", SERVICE_GET_CACHE, data, blocking=True, return_response=True
        )
        assert isinstance(response, dict)
        return response["results"]

    garden, cabin = sorted(await shown(), key=lambda one: -one["hits"])
    assert (garden["tool"], garden["hits"], cabin["hits"]) == (FORECASTS, 2, 0)
    assert cabin["arguments"] == {"entity_id": [CABIN], "type": "daily"}
    assert 0 <= garden["age"] < garden["left"]
    total = garden["age"] + garden["left"]
    assert total == pytest.approx(round(total), abs=0.2)
    assert len(await shown(tool="weather__get_forecasts")) == 2
    assert await shown(tool="homeassistant.restart") == []


@pytest.mark.parametrize("action", [SERVICE_GET_CACHE, SERVICE_INVALIDATE_CACHE])
async def test_unknown_tool_is_an_error_that_names_the_closest(
    hass: HomeAssistant, home: WeatherHome, agent: Agent, action: str
) -> None:
    """Nobody thinks that something was dropped that was misspelt."""
    with pytest.raises(ServiceValidationError, match=FORECASTS):
        await hass.services.async_call(
            "chatterbox",
            action,
            {"tool": "wether.get_forecast"},
            blocking=True,
            return_response=True,
        )


@pytest.mark.parametrize(
    "action", [SERVICE_GET_CACHE, SERVICE_CLEAR_CACHE, SERVICE_INVALIDATE_CACHE]
)
async def test_the_actions_are_for_admins(
    hass: HomeAssistant, agent: Agent, action: str
) -> None:
    """Nobody else may drop or see what others asked."""
    user = MockUser(is_owner=False).add_to_hass(hass)
    data = {"tool": "x"} if action == SERVICE_INVALIDATE_CACHE else {}
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            "chatterbox",
            action,
            data,
            blocking=True,
            return_response=True,
            context=Context(user_id=user.id),
        )


async def test_without_an_entry_there_is_no_cache(
    hass: HomeAssistant, agent: Agent
) -> None:
    """The action is there and says so."""
    assert await hass.config_entries.async_unload(agent.entry.entry_id)
    with pytest.raises(Exception, match="no cache"):
        await hass.services.async_call("chatterbox", SERVICE_CLEAR_CACHE, blocking=True)


# The forms.


async def test_the_switch_has_a_form(hass: HomeAssistant, agent: Agent) -> None:
    """It is on until somebody turns it off."""
    flow = await hass.config_entries.options.async_init(agent.entry.entry_id)
    schema: Any = flow["data_schema"]
    assert schema({}) == {"keep_results": True, "keep_sentences": False}
    done = await hass.config_entries.options.async_configure(
        flow["flow_id"], {"keep_results": False}
    )
    assert done["type"] == "create_entry"
    assert agent.entry.options == {"keep_results": False, "keep_sentences": False}
    await hass.async_block_till_done()


async def test_actions_are_described(
    hass: HomeAssistant, agent: Agent, hass_ws_client: WebSocketGenerator
) -> None:
    """With their fields, as the developer tools show them."""
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "get_services"})
    services = (await client.receive_json())["result"]["chatterbox"]
    assert set(services) == {
        SERVICE_GET_CACHE,
        SERVICE_CLEAR_CACHE,
        SERVICE_INVALIDATE_CACHE,
        SERVICE_GET_TURNS,
    }
    assert set(services[SERVICE_INVALIDATE_CACHE]["fields"]) == {"tool", "arguments"}
    assert services[SERVICE_CLEAR_CACHE]["response"] == {"optional": True}
