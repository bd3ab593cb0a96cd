"""Tests for adding agents to a model server and changing them."""

from typing import Any

from homeassistant.components import assist_pipeline
from homeassistant.config_entries import SOURCE_USER, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import device_registry as dr, entity_registry as er, llm
from homeassistant.setup import async_setup_component
import pytest

from custom_components.chatterbox.tools.cache.policy import CacheChoice, CacheOptions

from ..home import TEST_API, Agent, ToolsAPI
from ..test_config_flow import field, options, suggested

AGENT = {"name": "Second", "model": "demo"}


async def start(hass: HomeAssistant, agent: Agent) -> SubentryFlowResult:
    """Open the form for a new agent."""
    return await hass.config_entries.subentries.async_init(
        (agent.entry.entry_id, "conversation"), context={"source": SOURCE_USER}
    )


async def change(hass: HomeAssistant, agent: Agent) -> SubentryFlowResult:
    """Open the form of the agent that there is."""
    (subentry_id,) = agent.entry.subentries
    return await agent.entry.start_subentry_reconfigure_flow(hass, subentry_id)


async def submit(
    hass: HomeAssistant, form: SubentryFlowResult, **user_input: Any
) -> SubentryFlowResult:
    """Send a form."""
    result = await hass.config_entries.subentries.async_configure(
        form["flow_id"], user_input
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    return result


def advanced(form: SubentryFlowResult, name: str) -> Any:
    """Return what a field of the advanced section is filled with."""
    assert form["data_schema"] is not None
    section = form["data_schema"].schema["advanced"]
    assert section.options == {"collapsed": True}
    marker = {str(key): key for key in section.schema.schema}[name]
    return (marker.description or {}).get("suggested_value")


async def test_second_agent(hass: HomeAssistant, agent: Agent) -> None:
    """An agent is added beside the first, with all that its form offers."""
    agent.server.models = ["demo", "other"]
    form = await start(hass, agent)
    assert (form["step_id"], form["errors"]) == ("agent", {})
    assert [m["value"] for m in options(form, "model")] == ["demo", "other"]
    assert suggested(form, "prompt") == llm.DEFAULT_INSTRUCTIONS_PROMPT
    result = await submit(
        hass,
        form,
        **AGENT,
        llm_hass_api=[TEST_API],
        advanced={
            "temperature": 0.4,
            "max_tokens": 500.0,
            "max_iterations": 3,
            "plain_speech": True,
            "timeout": 90,
        },
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    second = list(agent.entry.subentries.values())[1]
    assert second.title == "Second"
    assert dict(second.data) == {
        "danger_policy": "confirm",
        "model": "demo",
        "llm_hass_api": [TEST_API],
        "temperature": 0.4,
        "max_tokens": 500,
        "max_iterations": 3,
        "plain_speech": True,
        "timeout": 90,
    }
    assert isinstance(second.data["max_tokens"], int)
    assert hass.states.get("conversation.second")
    assert hass.states.get(agent.entity_id)


@pytest.mark.parametrize(
    "bad",
    [
        {"temperature": 2.5},
        {"max_tokens": 0},
        {"max_iterations": 0},
        {"max_iterations": 51},
        {"timeout": 0},
        {"timeout": 601},
    ],
    ids=str,
)
async def test_value_out_of_bounds(
    hass: HomeAssistant, agent: Agent, bad: dict[str, float]
) -> None:
    """No agent is made that cannot work."""
    form = await start(hass, agent)
    with pytest.raises(InvalidData):
        await submit(hass, form, **AGENT, advanced=bad)


async def test_how_long_results_are_kept(hass: HomeAssistant, agent: Agent) -> None:
    """Tools are picked, with seconds, and what is private."""
    for domain, service in (("weather", "get_forecasts"), ("almanac", "look_up")):
        hass.services.async_register(domain, service, lambda _call: None)
    rows = [
        {"tool": "weather.get_forecasts", "ttl": 60, "private": True},
        {"tool": "almanac.look_up", "ttl": 30.5},
    ]
    form = await start(hass, agent)
    await submit(hass, form, **AGENT, results={"cached_tools": rows})
    second = list(agent.entry.subentries.values())[1]
    assert second.data["cached_tools"] == rows
    chosen = CacheOptions.from_entry(second.data, {"keep_results": False})
    assert chosen.choices["almanac.look_up"] == CacheChoice(ttl=30.5)
    assert chosen.private_tools == {"weather.get_forecasts"}
    assert chosen.private


@pytest.mark.parametrize(
    "bad",
    [
        {"tool": "almanac.look_up"},
        {"ttl": 5},
        {"tool": "almanac.look_up", "ttl": -1},
        {"tool": "almanac.look_up", "ttl": "long"},
        {"tool": "almanac.look_up", "ttl": 90_000},
        {"tool": "Wether forecast", "ttl": 5},
    ],
    ids=str,
)
async def test_results_kept_for_no_such_time(
    hass: HomeAssistant, agent: Agent, bad: dict[str, Any]
) -> None:
    """A row without a tool or a time, past a day, or of no such tool is refused."""
    hass.services.async_register("almanac", "look_up", lambda _call: None)
    form = await start(hass, agent)
    with pytest.raises(InvalidData):
        await submit(hass, form, **AGENT, results={"cached_tools": [bad]})


async def test_agent_without_a_model(hass: HomeAssistant, agent: Agent) -> None:
    """What was typed stays while the model is asked for."""
    form = await submit(
        hass, await start(hass, agent), name="Second", advanced={"timeout": 90}
    )
    assert form["errors"] == {"model": "model_required"}
    assert suggested(form, "name") == "Second"
    assert advanced(form, "timeout") == 90


async def test_change_an_agent(hass: HomeAssistant, agent: Agent) -> None:
    """The form shows what is set; what is cleared in it goes."""
    entry, subentry = agent.entry, next(iter(agent.entry.subentries.values()))
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, "temperature": 1.0, "timeout": 45}
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    form = await change(hass, agent)
    assert suggested(form, "name") == "Chatterbox"
    assert suggested(form, "llm_hass_api") == [TEST_API]
    assert advanced(form, "temperature") == 1.0
    assert advanced(form, "timeout") == 45
    assert advanced(form, "max_tokens") is None

    typed = {"name": "Jeeves", "model": "typed", "advanced": {"timeout": 60}}
    form = await submit(hass, form, **typed)
    assert form["errors"] == {"model": "model_not_listed"}
    assert suggested(form, "model") == "typed"
    result = await submit(hass, form, **typed)
    assert result["reason"] == "reconfigure_successful"
    (subentry,) = entry.subentries.values()
    assert subentry.title == "Jeeves"
    assert dict(subentry.data) == {
        "danger_policy": "confirm",
        "model": "typed",
        "timeout": 60,
        "max_iterations": 10,
        "plain_speech": True,
    }
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert (device.name, device.model) == ("Jeeves", "typed")


async def test_api_that_is_gone_is_kept(hass: HomeAssistant, agent: Agent) -> None:
    """An LLM API that is not loaded just now is not lost by opening the form."""
    subentry = next(iter(agent.entry.subentries.values()))
    hass.config_entries.async_update_subentry(
        agent.entry, subentry, data={"model": "demo", "llm_hass_api": ["mcp-gone"]}
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    form = await change(hass, agent)
    offered = [option["value"] for option in options(form, "llm_hass_api")]
    assert offered[0] == "assist"
    assert offered[-2:] == [TEST_API, "mcp-gone"]
    await submit(hass, form, **AGENT, llm_hass_api=["mcp-gone"])
    (subentry,) = agent.entry.subentries.values()
    assert subentry.data["llm_hass_api"] == ["mcp-gone"]


async def test_lists_of_an_agent_whose_integrations_are_gone(
    hass: HomeAssistant, agent: Agent
) -> None:
    """They stay, are marked, and the agent can be saved with them."""
    lists = {
        "cached_tools": [{"tool": "old.search", "ttl": 5}],
        "tool_deadlines": [{"tool": "old.script", "seconds": 5}],
        "integration_caps": [{"integration": "old_radio", "calls": 1}],
    }
    subentry = next(iter(agent.entry.subentries.values()))
    hass.config_entries.async_update_subentry(
        agent.entry, subentry, data={"model": "gone", "services": ["old.act"], **lists}
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    form = await change(hass, agent)
    assert form["data_schema"] is not None
    row = form["data_schema"].schema["results"].schema.schema["cached_tools"]
    offered = row.config["fields"]["tool"]["selector"]["select"]["options"]
    assert offered[-1] == {"value": "old.search", "label": "❓ old.search"}
    result = await submit(
        hass,
        form,
        name="Chatterbox",
        model="gone",
        services=["old.act"],
        results={"cached_tools": lists["cached_tools"]},
        actions={key: lists[key] for key in ("tool_deadlines", "integration_caps")},
    )
    assert result["reason"] == "reconfigure_successful"
    (subentry,) = agent.entry.subentries.values()
    assert {key: subentry.data[key] for key in lists} == lists
    assert subentry.data["services"] == ["old.act"]


async def test_server_that_is_down(hass: HomeAssistant, agent: Agent) -> None:
    """An agent can be added and changed while its server is away."""
    await agent.server.close()
    for form in (await start(hass, agent), await change(hass, agent)):
        assert form["type"] is FlowResultType.FORM
        assert form["errors"] == {"model": "models_not_listed"}
        result = await submit(hass, form, **AGENT)
        assert result["type"] in (FlowResultType.CREATE_ENTRY, FlowResultType.ABORT)
    assert [s.title for s in agent.entry.subentries.values()] == ["Second", "Second"]


async def test_entry_that_is_not_loaded(hass: HomeAssistant, agent: Agent) -> None:
    """A disabled server has no agents to add."""
    await hass.config_entries.async_unload(agent.entry.entry_id)
    for result in (await start(hass, agent), await change(hass, agent)):
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "entry_not_loaded"


async def test_agent_is_given_to_the_assistant(
    hass: HomeAssistant, agent: Agent
) -> None:
    """The offer stands in the form until it is taken, and again when it is undone."""
    assert await async_setup_component(hass, "assist_pipeline", {})
    form = await change(hass, agent)
    assert field(form, "use_in_pipeline").default() is False
    await submit(hass, form, name="Chatterbox", model="demo", use_in_pipeline=True)
    pipeline = assist_pipeline.pipeline.async_get_pipeline(hass)
    assert pipeline.conversation_engine == agent.entity_id
    (subentry,) = agent.entry.subentries.values()
    assert dict(subentry.data) == {"model": "demo", "danger_policy": "confirm"}

    form = await change(hass, agent)
    with pytest.raises(KeyError):
        field(form, "use_in_pipeline")
    await assist_pipeline.async_update_pipeline(
        hass, pipeline, conversation_engine="conversation.home_assistant"
    )
    assert field(await change(hass, agent), "use_in_pipeline")


async def test_disabled_agent_is_not_given_to_the_assistant(
    hass: HomeAssistant, agent: Agent, caplog: pytest.LogCaptureFixture
) -> None:
    """An assistant whose agent is missing hears nothing at all."""
    assert await async_setup_component(hass, "assist_pipeline", {})
    er.async_get(hass).async_update_entity(
        agent.entity_id, disabled_by=er.RegistryEntryDisabler.USER
    )
    form = await change(hass, agent)
    before = assist_pipeline.pipeline.async_get_pipeline(hass)
    await submit(hass, form, name="Chatterbox", model="demo", use_in_pipeline=True)
    assert assist_pipeline.pipeline.async_get_pipeline(hass) == before
    assert "no enabled entity" in caplog.text


async def test_an_api_that_reaches_everything_is_marked(
    hass: HomeAssistant, agent: Agent
) -> None:
    """Nobody takes it for one that knows exposure, and no new agent has it."""
    agent.api.requires_admin = True
    llm.async_register_api(hass, ToolsAPI(hass, "safe", "Safe"))
    form = await start(hass, agent)
    labels = {o["value"]: o["label"] for o in options(form, "llm_hass_api")}
    assert labels[TEST_API] == "⚠️ Test"
    assert labels["safe"] == "Safe"
    assert TEST_API not in (suggested(form, "llm_hass_api") or [])
