"""Asking a provider in tests."""

from typing import Any

import pytest

from custom_components.chatterbox.providers.base import (
    AssistantMessage,
    Finished,
    FinishReason,
    LLMProvider,
    ModelEvent,
    ModelRequest,
    ProviderError,
    SystemMessage,
    TextDelta,
    ThinkingDelta,
    ToolCall,
    ToolResultMessage,
    ToolSpec,
    Usage,
    UserMessage,
)

TOOL = ToolSpec("HassTurnOn", "Turns on", {"type": "object", "properties": {}})

HISTORY = (
    SystemMessage("Be brief."),
    UserMessage("Lamp on, and the time?"),
    AssistantMessage(
        tool_calls=(
            ToolCall("call_1", "HassTurnOn", {"name": "Lamp ☀"}),
            ToolCall("call_2", "GetDateTime", {}),
        )
    ),
    ToolResultMessage("call_1", "HassTurnOn", '{"ok": true}'),
    ToolResultMessage("call_2", "GetDateTime", '{"time": "16:21"}'),
    AssistantMessage("It is on, and 16:21."),
    UserMessage("Thanks"),
)


def request(*messages: Any, **options: Any) -> ModelRequest:
    """Return a request, by default of one sentence and one tool."""
    options = {"tools": (TOOL,), "timeout": 5.0, **options}
    return ModelRequest("demo", messages or (UserMessage("Hi"),), **options)


async def ask(provider: LLMProvider, asked: ModelRequest | None = None) -> list[Any]:
    """Return all events of an answer."""
    return [event async for event in provider.stream(asked or request())]


async def fault(
    provider: LLMProvider, asked: ModelRequest | None = None
) -> tuple[list[ModelEvent], ProviderError]:
    """Return the events that came before the error that must end the answer."""
    events: list[ModelEvent] = []
    try:
        async for event in provider.stream(asked or request()):
            events.append(event)  # noqa: PERF401
    except ProviderError as err:
        return events, err
    raise AssertionError(f"no error after {events}")


def said(events: list[Any]) -> str:
    """Return the text of an answer."""
    return "".join(e.text for e in events if isinstance(e, TextDelta))


def thought(events: list[Any]) -> str:
    """Return the thinking of an answer."""
    return "".join(e.text for e in events if isinstance(e, ThinkingDelta))


def calls(events: list[Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the calls of an answer."""
    return [(e.name, e.arguments) for e in events if isinstance(e, ToolCall)]


def usage(events: list[Any]) -> Usage | None:
    """Return the usage of an answer."""
    return next((e for e in events if isinstance(e, Usage)), None)


def reason(events: list[Any]) -> FinishReason:
    """Return why an answer ended; it must be told last, and once."""
    (finished,) = (e for e in events if isinstance(e, Finished))
    assert events[-1] is finished
    return FinishReason(finished.reason)


async def both_faults(provider: LLMProvider) -> tuple[ProviderError, ProviderError]:
    """Return the errors of an answer and of the list of models."""
    events, error = await fault(provider)
    assert events == []
    with pytest.raises(ProviderError) as listing:
        await provider.list_models()
    return error, listing.value
