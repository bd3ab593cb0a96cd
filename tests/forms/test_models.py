"""What an agent's form shows of a server's models."""

from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.chatterbox.const import DOMAIN
from scripts.demo_model import ModelServer

from ..home import Agent, setup_agent
from ..providers.replay import ReplayServer
from ..test_config_flow import options, start as start_flow, submit as submit_form
from .test_agent_flow import change, start, submit

SHOWN = {
    "qwen3:8b": {
        "capabilities": ["completion", "tools"],
        "model_info": {"qwen3.context_length": 40_960},
    },
    "gemma:2b": {
        "capabilities": ["completion"],
        "model_info": {"gemma.context_length": 8192},
    },
}


@pytest.fixture
async def ollama(
    hass: HomeAssistant, socket_enabled: None
) -> AsyncIterator[tuple[Agent, ReplayServer]]:
    """Give an agent of an Ollama that has two models."""
    server = await ReplayServer().start()
    tags = [{"name": "qwen3:8b", "size": 5_200_000_000}, {"name": "gemma:2b"}]
    server.pages = {
        "/api/tags": {"models": tags},
        "/api/show": lambda asked: web.json_response(SHOWN[asked.json["model"]]),
    }
    speaks = {"provider": "ollama", "url": server.origin}
    yield await setup_agent(hass, ModelServer(), speaks=speaks), server
    await server.close()


def section(form: Any, name: str) -> dict[str, Any]:
    """Return the fields of a section."""
    schema = form["data_schema"].schema[name].schema.schema
    return {str(marker): field for marker, field in schema.items()}


async def test_sizes_and_what_cannot_call_tools(
    hass: HomeAssistant, ollama: tuple[Agent, ReplayServer]
) -> None:
    form = await start(hass, ollama[0])
    assert options(form, "model") == [
        {"value": "qwen3:8b", "label": "qwen3:8b · 5.2 GB"},
        {"value": "gemma:2b", "label": "gemma:2b · ⚠️"},
    ]


async def test_the_context_is_asked_for_up_to_what_the_models_take(
    hass: HomeAssistant, ollama: tuple[Agent, ReplayServer]
) -> None:
    """And it is sent: Ollama's own would cut a home's prompt."""
    agent, server = ollama
    form = await change(hass, agent)
    (box, *_) = section(form, "advanced")["context_tokens"].validators
    assert box.config["max"] == 40_960
    await submit(hass, form, model="qwen3:8b", advanced={"context_tokens": 20_000})
    server.pages["/api/chat"] = {"message": {"content": "Hi."}, "done": True}
    await agent.say("Hello?")
    (asked,) = (sent for sent in server.other if sent.path == "/api/chat")
    assert asked.json["options"]["num_ctx"] == 20_000
    assert asked.json["keep_alive"] == "30m"


async def test_a_context_that_is_too_small_is_told_until_it_is_not(
    hass: HomeAssistant, ollama: tuple[Agent, ReplayServer]
) -> None:
    """Ollama would cut the prompt in silence."""
    agent, server = ollama
    server.pages["/api/chat"] = {"message": {"content": "Hi."}, "done": True}
    told = []
    for tokens in (4_096, 20_000):
        form = await change(hass, agent)
        context = {"context_tokens": tokens}
        prompt = "Be kind to everybody. " * 400
        await submit(hass, form, model="qwen3:8b", prompt=prompt, advanced=context)
        await hass.async_block_till_done(wait_background_tasks=True)
        await agent.say("Hello?")
        told.append(
            [
                (
                    issue.translation_key,
                    (issue.translation_placeholders or {})["tokens"],
                )
                for issue in ir.async_get(hass).issues.values()
                if issue.domain == DOMAIN
            ]
        )
    assert told == [[("context_small", "4096")], []]


async def test_other_servers_are_not_asked_for_a_context(
    hass: HomeAssistant, agent: Agent
) -> None:
    assert "context_tokens" not in section(await start(hass, agent), "advanced")


@pytest.mark.parametrize("extra", [["a"], "text", 3])
async def test_extra_fields_have_to_be_an_object(
    hass: HomeAssistant, agent: Agent, extra: Any
) -> None:
    form = await change(hass, agent)
    given = {"model": "demo", "advanced": {"extra_body": extra}}
    again = await submit(hass, form, **given)
    assert again["errors"] == {"base": "extra_body_no_object"}
    await submit(hass, form, model="demo", advanced={"extra_body": {"seed": 7}})
    agent.server.reply("Hi.")
    await agent.say("Hello?")
    assert agent.server.requests[-1].json["seed"] == 7


@pytest.mark.parametrize("service", ["ollama", "other"])
async def test_an_ollama_is_spoken_to_as_one(
    hass: HomeAssistant, ollama: tuple[Agent, ReplayServer], service: str
) -> None:
    """Picked, at whatever address; and without being picked, where only it answers."""
    _, server = ollama
    if service == "ollama":
        # It lists its models for OpenAI's protocol too.
        server.pages["/v1/models"] = {"data": [{"id": "qwen3:8b"}]}
    form = await submit_form(hass, await start_flow(hass), service=service)
    form = await submit_form(hass, form, url=server.origin, api_key="another")
    made = await submit_form(hass, form, model="qwen3:8b")
    assert made["data"]["provider"] == "ollama"
    assert made["data"]["url"] == server.origin
