"""The OpenAI client understands answers in the forms that servers give them."""

import asyncio
from contextlib import aclosing
import json
from typing import Any

import pytest

from custom_components.chatterbox.providers.base import (
    FinishReason,
    ToolCall,
    Usage,
    UserMessage,
)
from custom_components.chatterbox.providers.openai.client import OpenAIProvider
from scripts.demo_model import (
    CallPiece,
    Chunk,
    Drop,
    Finish,
    ModelServer,
    Raw,
    Stall,
    Step,
    Text,
    Thinking,
    whole_call,
)

from ..asking import ask, calls, reason, request, said, thought, usage


@pytest.mark.parametrize(
    ("steps", "answer"),
    [
        pytest.param([Thinking("hm"), "Yes"], ("Yes", "hm"), id="reasoning_content"),
        pytest.param(
            [Thinking("hm", "reasoning"), "Yes"], ("Yes", "hm"), id="reasoning"
        ),
        pytest.param(
            [
                Chunk(
                    {
                        "choices": [
                            {"delta": {"reasoning": "a", "reasoning_content": "a"}}
                        ]
                    }
                ),
                "Yes",
            ],
            ("Yes", "a"),
            id="both",
        ),
        pytest.param(
            ["<th", "ink>hm</thi", "nk>\n", "\nYes"], ("Yes", "hm"), id="think-tags"
        ),
        pytest.param(
            [
                Chunk(
                    {
                        "choices": [
                            {
                                "delta": {
                                    "content": [
                                        {
                                            "type": "thinking",
                                            "thinking": [
                                                {"type": "text", "text": "hm"}
                                            ],
                                        },
                                        {"type": "text", "text": "Yes"},
                                    ]
                                }
                            }
                        ]
                    }
                )
            ],
            ("Yes", "hm"),
            id="parts",
        ),
        pytest.param(
            [Chunk({"choices": [{"delta": {"content": None, "refusal": "No."}}]})],
            ("No.", ""),
            id="refusal",
        ),
        pytest.param(
            [Chunk({"choices": [{"index": 1, "delta": {"content": "other"}}]}), "Yes"],
            ("Yes", ""),
            id="another-choice",
        ),
        pytest.param(
            [Chunk({"choices": [{"delta": None}]}), Chunk({"choices": None}), "Yes"],
            ("Yes", ""),
            id="empty-chunks",
        ),
        pytest.param(
            [Raw(b": OPENROUTER PROCESSING\n\n"), Raw(b"event: ping\n\n"), "Yes"],
            ("Yes", ""),
            id="comments",
        ),
        pytest.param([""], ("", ""), id="nothing"),
    ],
)
async def test_thinking_is_never_speech(
    provider: OpenAIProvider,
    model_server: ModelServer,
    steps: list[Any],
    answer: tuple[str, str],
) -> None:
    model_server.script(*steps)
    events = await ask(provider)
    assert (said(events), thought(events)) == answer
    assert reason(events) is FinishReason.STOP


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("stop", FinishReason.STOP),
        ("STOP", FinishReason.STOP),
        ("length", FinishReason.LENGTH),
        ("content_filter", FinishReason.CONTENT_FILTER),
        ("tool_calls", FinishReason.TOOL_CALLS),
        ("function_call", FinishReason.TOOL_CALLS),
        ("something_new", FinishReason.UNKNOWN),
        (None, FinishReason.UNKNOWN),
    ],
)
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "at-once"])
async def test_finish_reasons(
    provider: OpenAIProvider,
    model_server: ModelServer,
    told: str | None,
    expected: FinishReason,
    stream: bool,
) -> None:
    if told is None and not stream:
        expected = FinishReason.STOP  # The script's own default.
    model_server.script("a", Finish(told), stream=stream)
    assert reason(await ask(provider)) is expected


async def test_a_stop_after_calls_is_for_their_results(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    model_server.script(*whole_call("a"), Finish("stop"))
    assert reason(await ask(provider)) is FinishReason.TOOL_CALLS


async def test_a_call_cut_off_at_the_limit_is_an_error(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    model_server.script(CallPiece(0, "1", "a", '{"x": '), Finish("length"))
    events = await ask(provider)
    assert reason(events) is FinishReason.LENGTH
    (call,) = (e for e in events if isinstance(e, ToolCall))
    assert "cut off" in str(call.error)


@pytest.mark.parametrize(
    ("chunk", "expected"),
    [
        pytest.param(
            {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}},
            Usage(9, 2),
            id="plain",
        ),
        pytest.param(
            {
                "choices": [],
                "usage": {
                    "prompt_tokens": 9,
                    "completion_tokens": 2,
                    "prompt_tokens_details": {"cached_tokens": 8},
                },
            },
            Usage(9, 2, 8),
            id="cached",
        ),
        pytest.param(
            {
                "choices": [],
                "usage": {
                    "prompt_tokens": 9,
                    "completion_tokens": 2,
                    "prompt_tokens_details": None,
                    "prompt_cache_hit_tokens": 7,
                },
            },
            Usage(9, 2, 7),
            id="deepseek",
        ),
        pytest.param(
            {
                "choices": [],
                "usage": {"prompt_tokens": 9, "completion_tokens": 2},
                "timings": {"cache_n": 6, "prompt_n": 3, "predicted_n": 2},
            },
            Usage(9, 2, 6),
            id="llama.cpp",
        ),
        pytest.param(
            {
                "choices": [],
                "timings": {"cache_n": 6, "prompt_n": 3, "predicted_n": 2},
            },
            Usage(9, 2, 6),
            id="llama.cpp-timings-alone",
        ),
        pytest.param(
            {
                "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
                "x_groq": {"usage": {"prompt_tokens": 9, "completion_tokens": 2}},
            },
            Usage(9, 2),
            id="groq",
        ),
        pytest.param({"choices": [], "usage": None}, None, id="none"),
    ],
)
async def test_usage(
    provider: OpenAIProvider,
    model_server: ModelServer,
    chunk: dict[str, Any],
    expected: Usage | None,
) -> None:
    model_server.script("a", Finish("stop"), Chunk(chunk))
    assert usage(await ask(provider)) == expected


async def test_the_last_usage_counts(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    many = [
        Chunk({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": n}})
        for n in range(3)
    ]
    model_server.script("a", *many)
    events = await ask(provider)
    assert [e for e in events if isinstance(e, Usage)] == [Usage(9, 2)]


@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream"])
async def test_an_answer_without_streaming(
    provider: OpenAIProvider, model_server: ModelServer, content_type: str
) -> None:
    message = {
        "role": "assistant",
        "content": "<think>hm</think>Yes",
        "tool_calls": [
            {"id": "1", "function": {"name": "a", "arguments": '{"x": 1}'}},
            {"id": "2", "function": {"name": "b", "arguments": {"y": 2}}},
        ],
    }
    body = {
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2},
    }
    model_server.fail(200, json.dumps(body), {"Content-Type": content_type})
    events = await ask(provider)
    assert (said(events), thought(events)) == ("Yes", "hm")
    assert calls(events) == [("a", {"x": 1}), ("b", {"y": 2})]
    assert usage(events) == Usage(9, 2)
    assert reason(events) is FinishReason.TOOL_CALLS


async def test_a_stream_under_another_content_type(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    event = {"choices": [{"delta": {"content": "Yes"}, "finish_reason": "stop"}]}
    text = f"\n\ndata: {json.dumps(event)}\r\n\r\ndata: [DONE]\r\n\r\n"
    model_server.fail(200, text, {"Content-Type": "application/json"})
    assert said(await ask(provider)) == "Yes"


@pytest.mark.parametrize("width", [1, 2, 7])
async def test_a_stream_in_small_pieces(
    provider: OpenAIProvider, model_server: ModelServer, width: int
) -> None:
    chunks = [
        {"choices": [{"delta": {"content": "Grüße 🌞"}}]},
        {"choices": [{"delta": {}, "finish_reason": "stop"}]},
    ]
    stream = "".join(
        f"data: {json.dumps(chunk, ensure_ascii=False)}\r\n\r\n" for chunk in chunks
    ).encode()
    pieces = [Raw(stream[at : at + width]) for at in range(0, len(stream), width)]
    model_server.script(*pieces, Finish("stop"))
    assert said(await ask(provider)) == "Grüße 🌞"


async def test_half_characters_are_mended_both_ways(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    halves = b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n'
    model_server.script(Raw(halves % b"\\ud83c"), Raw(halves % b"\\udf1e"))
    assert said(await ask(provider)) == "🌞"
    model_server.script(Raw(halves % b"a\\ud83c"))
    assert said(await ask(provider)) == "a�"
    model_server.reply("ok")
    await ask(provider, request(UserMessage("half a sun: \ud83c")))
    assert model_server.requests[-1].messages[0]["content"] == "half a sun: �"


@pytest.mark.parametrize("ending", ["stalls", "breaks", "never says done"])
async def test_what_comes_after_the_finish_reason_is_not_waited_for(
    provider: OpenAIProvider,
    model_server: ModelServer,
    ending: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "custom_components.chatterbox.providers.events.TRAILER_TIMEOUT", 0.01
    )
    last: dict[str, list[Step]] = {
        "stalls": [Stall()],
        "breaks": [Drop()],
        "never says done": [],
    }
    model_server.script(Text("Yes"), Finish("stop"), *last[ending], done_marker=False)
    events = await ask(provider)
    assert said(events) == "Yes"
    assert reason(events) is FinishReason.STOP


async def test_more_after_a_finish_reason_is_waited_for(
    provider: OpenAIProvider,
    model_server: ModelServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "custom_components.chatterbox.providers.events.TRAILER_TIMEOUT", 0.5
    )
    more = Chunk({"choices": [{"delta": {"content": "b"}, "finish_reason": "stop"}]})
    later = asyncio.Event()
    model_server.script("a", Finish("stop"), more, later, more, done_marker=False)
    async with aclosing(provider.stream(request())) as events:
        first = [await anext(events), await anext(events)]
        monkeypatch.setattr(
            "custom_components.chatterbox.providers.events.TRAILER_TIMEOUT", 0
        )
        later.set()
        rest = [event async for event in events]
    assert said([*first, *rest]) == "abb"
    assert reason(rest) is FinishReason.STOP
