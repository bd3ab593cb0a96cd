"""Answers of a shape that nobody promised: an error of the server, never of ours."""

from contextlib import suppress
import copy
import json
from typing import Any

import aiohttp
from hypothesis import given, settings, strategies as st
import pytest

from custom_components.chatterbox.providers.additions import Additions
from custom_components.chatterbox.providers.base import ProviderError
from custom_components.chatterbox.providers.openai.answer import ChatReader
from custom_components.chatterbox.providers.openai.client import OpenAIProvider
from scripts.demo_model import ModelServer

from .asking import fault, request

CHUNKS: list[Any] = [
    {
        "choices": [
            {
                "index": 0,
                "delta": {
                    "content": [{"text": "a"}, {"thinking": [{"text": "b"}]}],
                    "reasoning": "c",
                },
            }
        ]
    },
    {
        "choices": [
            {
                "index": 0,
                "message": {
                    "content": '{"name": "HassTurnOn", "arguments": {}, "id": "x"}',
                    "tool_calls": [
                        {
                            "index": 0,
                            "id": "call",
                            "extra_content": {"google": {}},
                            "function": {"name": "HassTurnOn", "arguments": "{}"},
                        }
                    ],
                },
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 1}},
        "x_groq": {"usage": {"prompt_tokens": 1}},
        "timings": {"prompt_n": 1, "cache_n": 2},
    },
    {"error": {"code": 429, "message": "no"}},
]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["text", "name", "code", "usage"]), inner)
    ),
    max_leaves=4,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path to every value inside a value."""
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    found = [path]
    for key, inner in pairs:
        found += _places(inner, (*path, key))
    return found


def _replaced(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """Return a copy of the value with something else at one place."""
    if not path:
        return odd
    copied = copy.copy(value)
    copied[path[0]] = _replaced(copied[path[0]], path[1:], odd)
    return copied


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_a_chunk_of_any_shape_is_read_or_is_the_servers_error(
    data: st.DataObject,
) -> None:
    """Whatever stands where something else belongs, nothing else is raised."""
    chunk = data.draw(st.sampled_from(CHUNKS))
    place = data.draw(st.sampled_from(_places(chunk)))
    odd = _replaced(chunk, place, data.draw(ODD))
    reader = ChatReader(request(), Additions())
    with suppress(ProviderError):
        list(reader.read(json.dumps(odd)))
        list(reader.end())


@pytest.mark.parametrize(
    "name",
    [["HassTurnOn"], {"first": "Ada"}, 1, None],
    ids=["list", "object", "number", "null"],
)
def test_json_that_is_asked_for_is_spoken(name: Any) -> None:
    """An object with a name that is no tool's is the answer itself."""
    text = json.dumps({"name": name})
    reader = ChatReader(request(), Additions())
    chunk = {"choices": [{"delta": {"content": text}, "finish_reason": "stop"}]}
    events = [*reader.read(json.dumps(chunk)), *reader.end()]
    assert "".join(getattr(event, "text", "") for event in events) == text


async def test_a_key_that_the_server_repeats_is_struck_out(
    session: aiohttp.ClientSession, model_server: ModelServer
) -> None:
    """The message is for the log, where no key belongs."""
    provider = OpenAIProvider(session, model_server.url, "sk-of-the-home")
    model_server.fail(401, {"error": {"message": "No access with sk-of-the-home!"}})
    _, error = await fault(provider)
    assert str(error) == "Status 401: No access with ***!"


async def test_a_request_that_the_server_repeats_is_left_out(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    """The message is for the log, where nothing belongs that people said."""
    complaints = [
        {"loc": ["body", "n"], "msg": "Field required", "input": {"said": "my secret"}},
        {"loc": ["body", "m"], "msg": "Too long", "input": "my secret"},
    ]
    model_server.fail(422, {"detail": complaints})
    _, error = await fault(provider)
    assert str(error) == "Status 422: Field required; Too long"
