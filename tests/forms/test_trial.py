"""Testing the model at the end of setting it up."""

import asyncio
from functools import partial
import json
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
import pytest

from scripts.demo_model import ModelServer, Reply, UsageChunk, whole_call

from ..test_config_flow import AGENT, connect, submit, suggested

PROBE = ("chatterbox_test", {})


@pytest.fixture(autouse=True)
async def home(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set up what Chatterbox depends on, without a frontend that has to keep up."""
    monkeypatch.setattr("custom_components.chatterbox.forms.first_agent.SHOWN_FOR", 0)
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})


async def tried(hass: HomeAssistant, server: ModelServer) -> ConfigFlowResult:
    """Return the step after the test."""
    form = await connect(hass, server.url)
    result = await submit(hass, form, **AGENT, test_model=True)
    if result["type"] is FlowResultType.SHOW_PROGRESS:
        assert result["progress_action"] == "test_model"
        await hass.async_block_till_done(wait_background_tasks=True)
        result = await hass.config_entries.flow.async_configure(form["flow_id"])
    return result


async def test_a_model_that_works(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """It says so in figures, does nothing, and makes the agent when told to."""
    for cached in (0, 900):
        model_server.call(PROBE, usage=UsageChunk(1000, 9, cached))
    result = await tried(hass, model_server)
    assert (result["type"], result["step_id"]) == (FlowResultType.MENU, "tested")
    told = result["description_placeholders"]
    assert told is not None
    assert (told["input_tokens"], told["cached_tokens"]) == ("1000", "900")
    assert float(told["first"]) >= 0 <= float(told["again"])
    first, again = model_server.requests
    assert first.body == again.body
    assert first.tool_names[-1] == PROBE[0]
    assert "HassTurnOn" in " ".join(first.tool_names)
    made = await submit(hass, result, next_step_id="finish")
    assert made["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = made["result"].subentries.values()
    assert "test_model" not in subentry.data


@pytest.mark.parametrize(
    ("script", "step", "reason", "cause"),
    [
        pytest.param(
            lambda s: [s.reply("Sure."), s.reply("Sure.")],
            "tested_without_tools",
            None,
            None,
            id="talks only",
        ),
        pytest.param(
            lambda s: s.fail(404, {"error": 'model "demo" not found'}),
            "tested_in_vain",
            "no longer there",
            'model "demo" not found',
            id="not pulled",
        ),
        pytest.param(
            lambda s: s.fail(400, {"error": "demo does not support tools"}),
            "tested_in_vain",
            "can't control",
            "demo does not support tools",
            id="no tools",
        ),
        pytest.param(
            lambda s: [s.script(), s.script()],
            "tested_in_vain",
            "no answer",
            "no word",
            id="mute",
        ),
    ],
)
async def test_a_model_that_does_not(
    hass: HomeAssistant,
    model_server: ModelServer,
    script: Any,
    step: str,
    reason: Any,
    cause: Any,
) -> None:
    """It says what is wrong in words, and the agent can be changed or made."""
    script(model_server)
    result = await tried(hass, model_server)
    assert (result["type"], result["step_id"]) == (FlowResultType.MENU, step)
    if reason:
        told = result["description_placeholders"]
        assert told is not None
        assert reason in told["reason"]
        assert cause in told["cause"]
    form = await submit(hass, result, next_step_id="agent")
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "agent")
    assert suggested(form, "name") == AGENT["name"]
    assert suggested(form, "test_model") is True
    made = await submit(hass, form, **AGENT)
    assert made["type"] is FlowResultType.CREATE_ENTRY


async def still_testing(
    hass: HomeAssistant, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> tuple[ConfigFlowResult, Reply, asyncio.Event]:
    """Return the step that is shown when the model takes longer than one may wish.

    It answers once the event is set.
    """
    answers = asyncio.Event()
    slow = server.script(answers, *whole_call(*PROBE))
    monkeypatch.setattr("custom_components.chatterbox.forms.first_agent.PATIENCE", 0)
    form = await connect(hass, server.url)
    go_on = partial(hass.config_entries.flow.async_configure, form["flow_id"])
    result = await go_on({**AGENT, "test_model": True})
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    await slow.started.wait()
    while result["type"] is FlowResultType.SHOW_PROGRESS:
        await asyncio.sleep(0)
        result = await go_on()
    assert (result["type"], result["step_id"]) == (FlowResultType.MENU, "still_testing")
    return result, slow, answers


async def test_one_can_go_on_without_a_slow_test(
    hass: HomeAssistant, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry is made, and the model is left."""
    result, slow, _ = await still_testing(hass, model_server, monkeypatch)
    made = await submit(hass, result, next_step_id="finish")
    assert made["type"] is FlowResultType.CREATE_ENTRY
    await slow.gone.wait()


async def test_one_can_wait_on_for_a_slow_test(
    hass: HomeAssistant, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What becomes of it is shown as if one had waited at once."""
    result, _, answers = await still_testing(hass, model_server, monkeypatch)
    model_server.call(PROBE)
    monkeypatch.setattr("custom_components.chatterbox.forms.first_agent.PATIENCE", 60)
    go_on = partial(hass.config_entries.flow.async_configure, result["flow_id"])
    waiting = await go_on({"next_step_id": "test_model"})
    assert waiting["type"] is FlowResultType.SHOW_PROGRESS
    answers.set()
    await hass.async_block_till_done(wait_background_tasks=True)
    result = await go_on()
    assert (result["type"], result["step_id"]) == (FlowResultType.MENU, "tested")


async def test_closing_the_form_ends_the_test(
    hass: HomeAssistant, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is there who wants to know."""
    result, slow, _ = await still_testing(hass, model_server, monkeypatch)
    hass.config_entries.flow.async_abort(result["flow_id"])
    await slow.gone.wait()


async def test_what_the_model_calls_is_not_run(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """A model that acts unasked moves nothing in the home."""
    ran = asyncio.Event()

    async def run(_: Any) -> None:
        ran.set()

    hass.services.async_register("light", "turn_on", run)
    for _ in range(2):
        model_server.call(
            ("HassTurnOn", {"domain": ["light"]}),
            ("light__turn_on", {"entity_id": "all"}),
            PROBE,
        )
    assert (await tried(hass, model_server))["step_id"] == "tested"
    await hass.async_block_till_done()
    assert not ran.is_set()
    assert "HassTurnOn" in json.dumps(model_server.requests[0].json)


async def test_the_sentence_is_of_home_assistants_language(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """A model that knows the person's language alone is not asked in another."""
    hass.config.language = "de"
    for _ in range(2):
        model_server.call(PROBE)
    await tried(hass, model_server)
    said = {
        json.loads(r.body)["messages"][-1]["content"] for r in model_server.requests
    }
    assert said == {"Das ist ein Test: Rufe das Werkzeug chatterbox_test einmal auf."}
