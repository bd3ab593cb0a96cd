"""Whatever a server sends, reading it ends in events or in a ProviderError."""

import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.chatterbox.providers.additions import Additions
from custom_components.chatterbox.providers.base import (
    Finished,
    ModelEvent,
    ProviderError,
    TextDelta,
    ThinkingDelta,
    ToolCall,
    Usage,
)
from custom_components.chatterbox.providers.openai.answer import ChatReader

from ..asking import request, said

ODD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda odd: st.lists(odd) | st.dictionaries(st.text(max_size=3), odd),
    max_leaves=3,
)


def likely(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Give objects with these fields, each of which may be missing or odd."""
    return st.fixed_dictionaries({}, optional={k: v | ODD for k, v in fields.items()})


PIECE = likely(
    index=st.integers(0, 2),
    id=st.sampled_from(["", "a", "b"]),
    function=likely(
        name=st.sampled_from(["", "HassTurnOn", "b"]),
        arguments=st.sampled_from(["", "{}", '{"x"', ": 1}", "null"]),
    ),
    extra_content=st.just({"google": {"thought_signature": "x"}}),
)
PART = likely(text=st.text(max_size=5), thinking=st.lists(likely(text=st.text())))
DELTA = likely(
    content=st.text(max_size=9) | st.lists(PART, max_size=2),
    reasoning=st.text(max_size=5),
    refusal=st.text(max_size=5),
    tool_calls=st.lists(PIECE, max_size=3),
)
CHOICE = likely(
    index=st.just(0),
    delta=DELTA,
    message=DELTA,
    finish_reason=st.sampled_from(["stop", "length", "tool_calls", "error", "null"]),
)
USAGE = likely(
    prompt_tokens=st.integers(),
    completion_tokens=st.integers(),
    prompt_tokens_details=likely(cached_tokens=st.integers()),
)
CHUNK = likely(
    choices=st.lists(CHOICE, max_size=2),
    usage=USAGE,
    x_groq=likely(usage=USAGE),
    timings=likely(cache_n=st.integers(), prompt_n=st.integers()),
)


@given(st.lists(CHUNK, max_size=5))
def test_any_chunks(chunks: list[Any]) -> None:
    reader = ChatReader(request(), Additions())
    events: list[ModelEvent] = []
    try:
        for chunk in chunks:
            events += reader.read(json.dumps(chunk))
        events += reader.end()
    except ProviderError:
        return
    assert isinstance(events[-1], Finished)
    ids = [event.id for event in events if isinstance(event, ToolCall)]
    assert len(set(ids)) == len(ids)
    for event in events:
        match event:
            case TextDelta(text) | ThinkingDelta(text):
                assert text
                text.encode()
            case ToolCall():
                assert event.name
                json.dumps(event.arguments).encode()
            case Usage():
                assert isinstance(event.input_tokens, int)


@given(st.text(max_size=20))
def test_any_text_in_place_of_a_chunk(text: str) -> None:
    reader = ChatReader(request(), Additions())
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if isinstance(value, dict):
        return
    with pytest.raises(ProviderError):
        list(reader.read(text))


def test_a_stop_with_every_piece_ends_nothing() -> None:
    reader = ChatReader(request(), Additions())
    chunk = {"choices": [{"delta": {"content": "a "}, "finish_reason": "stop"}]}
    text = json.dumps(chunk)
    events = list(reader.read(text))
    assert not reader.goes_on
    events += [*reader.read(text), *reader.read(text)]
    assert reader.goes_on
    assert said([*events, *reader.end()]) == "a a a "
