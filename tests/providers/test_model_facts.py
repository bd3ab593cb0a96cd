"""What models need: the table, and what their servers teach."""

from datetime import datetime
import json
import re
from typing import Any

import aiohttp
from aiohttp import web
import pytest

from custom_components.chatterbox.providers.base import (
    ModelRequest,
    ProviderErrorKind as Kind,
    Thinking,
    UserMessage,
)
from custom_components.chatterbox.providers.model_facts import FACTS, needs_of
from custom_components.chatterbox.providers.openai.client import OpenAIProvider
from custom_components.chatterbox.providers.registry import create_provider
from scripts.demo_model import ModelServer

from .asking import TOOL, ask, fault, said
from .replay import Answer, ReplayServer

NONE_ONLY = (
    "Function tools with reasoning_effort are not supported for {} in"
    " /v1/chat/completions. To use function tools, use /v1/responses or set"
    " reasoning_effort to 'none'."
)
NO_MINIMAL = (
    "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model."
    " Supported values are: 'none', 'low', 'medium', 'high', and 'xhigh'."
)


def asking(model: str, **options: Any) -> ModelRequest:
    """Return a request of this model, with a tool."""
    options = {"tools": (TOOL,), "timeout": 5.0, **options}
    return ModelRequest(model, (UserMessage("Hi"),), **options)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.models)
def test_every_fact_says_where_it_is_from(fact: Any) -> None:
    assert len(fact.source) > 10
    assert datetime.strptime(fact.seen, "%Y-%m").year >= 2026
    assert re.compile(fact.models)
    assert fact.needs


@pytest.mark.parametrize(
    ("model", "off", "low"),
    [
        ("gpt-4.1", None, None),
        ("gpt-5-mini", "minimal", "low"),
        ("gpt-5-chat-latest", None, None),
        ("gpt-5.1", "none", "low"),
        ("openai/gpt-5.4", "none", "low"),
        ("gpt-5.4-pro", "medium", "medium"),
        ("gpt-5.6-luna", "none", "low"),
        ("gpt-6-astra", "low", "low"),
        ("gpt-6-luna", "none", "low"),
        ("o3-mini", "low", "low"),
        ("models/gemini-2.5-flash", "none", "low"),
        ("gpt-oss:20b", "low", "low"),
        ("llama-3.3", None, None),
    ],
)
def test_efforts(model: str, off: str | None, low: str | None) -> None:
    needs = needs_of(model)
    assert (needs.effort(Thinking.OFF), needs.effort(Thinking.LOW)) == (off, low)
    assert needs.effort(Thinking.MODEL) is None


@pytest.mark.parametrize("thinking", [Thinking.OFF, Thinking.MODEL, Thinking.LOW])
@pytest.mark.parametrize("model", ["gpt-5.6-luna", "gpt-7"])
async def test_tools_that_want_no_effort(
    session: aiohttp.ClientSession, socket_enabled: None, model: str, thinking: Thinking
) -> None:
    """As GPT-5.6 does: 400 to tools unless the effort is none, sent or not sent."""
    server = await ReplayServer().start()
    taken: list[Any] = []

    def answer(asked: Any) -> Any:
        effort = asked.json.get("reasoning_effort")
        taken.append(effort)
        if "tools" in asked.json and effort != "none":
            return web.json_response(
                {"error": {"message": NONE_ONLY.format(model), "code": None}},
                status=400,
            )
        message = {"role": "assistant", "content": "Hello."}
        return {"choices": [{"message": message, "finish_reason": "stop"}]}

    server.pages["/v1/chat/completions"] = answer
    provider = create_provider("openai", session, server.origin + "/v1", None)
    for _ in range(2):
        assert said(await ask(provider, asking(model, thinking=thinking))) == "Hello."
    assert taken[-1] == "none"
    # The first sentence was refused at most once, the second not at all.
    assert len(taken) <= 3
    assert taken[-2:] in ([taken[0], "none"], ["none", "none"])
    await server.close()


async def test_an_effort_that_is_refused_is_replaced(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    """The values that the server names are those that it is sent from then on."""
    model_server.fail(400, NO_MINIMAL)
    model_server.reply("ok")
    await ask(provider, asking("gpt-5-next", thinking=Thinking.OFF))
    efforts = [sent.json.get("reasoning_effort") for sent in model_server.requests]
    assert efforts == ["minimal", "none"]


async def test_an_effort_that_no_server_knows_is_left_out(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    model_server.fail(400, "Unrecognized request argument supplied: reasoning_effort")
    model_server.reply("ok")
    await ask(provider, asking("gpt-5", thinking=Thinking.LOW))
    assert "reasoning_effort" not in model_server.requests[-1].json


async def test_the_error_wins_over_the_table(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    """A gateway may want the old name of the limit for a model that has a new one."""
    model_server.fail(400, "max_completion_tokens: Extra inputs are not permitted")
    model_server.reply("ok")
    model_server.reply("ok")
    for _ in range(2):
        await ask(provider, asking("gpt-5", max_tokens=50))
    sent = [
        (s.json.get("max_tokens"), s.json.get("max_completion_tokens"))
        for s in model_server.requests
    ]
    assert sent == [(None, 50), (50, None), (50, None)]


async def test_a_template_that_thinks_is_told_not_to(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    for thinking in (Thinking.OFF, Thinking.LOW, Thinking.MODEL):
        model_server.reply("ok")
        await ask(provider, asking("Qwen/Qwen3-8B", thinking=thinking))
    sent = [s.json.get("chat_template_kwargs") for s in model_server.requests]
    assert sent == [{"enable_thinking": False}, {"enable_thinking": True}, None]


@pytest.mark.parametrize(
    ("model", "thinking", "sent"),
    [
        ("claude-sonnet-4-5", Thinking.OFF, {}),
        (
            "claude-sonnet-4-5",
            Thinking.LOW,
            {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        ),
        (
            "claude-opus-4-8",
            Thinking.HIGH,
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}},
        ),
        ("claude-haiku-5-5", Thinking.OFF, {"thinking": {"type": "disabled"}}),
        ("claude-sonnet-5-5", Thinking.OFF, {"thinking": {"type": "between_tools"}}),
        ("claude-opus-5-5", Thinking.OFF, {"output_config": {"effort": "low"}}),
        ("claude-opus-5-5", Thinking.MODEL, {}),
    ],
)
async def test_claude_is_told_how_to_think(
    session: aiohttp.ClientSession,
    socket_enabled: None,
    model: str,
    thinking: Thinking,
    sent: dict[str, Any],
) -> None:
    server = await ReplayServer().start()
    server.answers.append(Answer(b"", status=500))
    provider = create_provider("anthropic", session, server.origin, None)
    await fault(provider, asking(model, thinking=thinking, temperature=0.3))
    body = server.asked[0].json
    told = {k: body[k] for k in ("thinking", "output_config") if k in body}
    assert told == sent
    thinks = "adaptive" in str(sent) or "enabled" in str(sent)
    newest = model.endswith(("-5-5", "-4-8"))
    assert ("temperature" in body) is not (thinks or newest)
    budget = sent.get("thinking", {}).get("budget_tokens", 0)
    assert body["max_tokens"] == 4096 + budget
    await server.close()


@pytest.mark.parametrize(
    ("refusal", "thinking", "sent"),
    [
        (
            '"thinking.type.disabled" is not supported for this model. Use'
            ' "thinking.type.adaptive" and "output_config.effort" to control thinking.',
            Thinking.OFF,
            {"output_config": {"effort": "low"}},
        ),
        (
            '"thinking.type.disabled" is not supported for this model. To turn thinking'
            ' off, send "thinking": {"type": "between_tools"}.',
            Thinking.OFF,
            {"thinking": {"type": "between_tools"}},
        ),
        (
            '"thinking.type.enabled" is not supported for this model. Use'
            ' "thinking.type.adaptive" and "output_config.effort" to control thinking.',
            Thinking.LOW,
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
        ),
    ],
    ids=["off", "between", "adaptive"],
)
async def test_claudes_refusals_teach(
    session: aiohttp.ClientSession,
    socket_enabled: None,
    refusal: str,
    thinking: Thinking,
    sent: dict[str, Any],
) -> None:
    """What Claude 5.5 answers to what Claude 5 took."""
    model = "claude-haiku-5" if thinking is Thinking.OFF else "claude-opus-4-5"
    server = await ReplayServer().start()
    error = json.dumps({"error": {"message": refusal}}).encode()
    server.answers.append(Answer(error, status=400))
    server.answers.append(Answer(b"", status=500))
    provider = create_provider("anthropic", session, server.origin, None)
    _, failed = await fault(provider, asking(model, thinking=thinking))
    assert failed.kind is Kind.SERVER_ERROR
    body = server.asked[1].json
    assert {k: body[k] for k in ("thinking", "output_config") if k in body} == sent
    await server.close()
