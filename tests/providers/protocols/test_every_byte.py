"""Answers that break, stall or are garbled at any byte.

What was said before stays said, nothing is said or called twice or out of half a call,
and the next answer is whole. Every STRIDE-th byte of each example is tried, another
one in each run; `CHATTERBOX_EVERY_BYTE=1` tries them all.
"""

import os
import random

import pytest

from custom_components.chatterbox.providers.base import (
    ModelEvent,
    ProviderError,
    ToolSpec,
)

from ..asking import ask, calls, request, said
from .conftest import Spoken
from .wire import Call

EVERY = bool(os.environ.get("CHATTERBOX_EVERY_BYTE"))
STRIDE = 1 if EVERY else 307
NAMES = ("text", "calls", "written")
TOOLS = tuple(
    ToolSpec(name, "", {"type": "object"}) for name in ("turn_on_light", "turn_on_fan")
)
QUICK = request(timeout=0.02, tools=TOOLS)


async def heard(spoken: Spoken) -> tuple[list[ModelEvent], bool]:
    """Return the events of an answer, and whether it ended as one."""
    events: list[ModelEvent] = []
    try:
        async for event in spoken.provider.stream(QUICK):
            events.append(event)  # noqa: PERF401
    except ProviderError:
        return events, False
    return events, True


async def hears_the_next(spoken: Spoken, place: int) -> None:
    """Assert that the answer after the one that broke is whole; short, for it is often."""
    spoken.server.asked.clear()
    spoken.answer("Here.", Call("id_1", "turn_on_fan", {"name": "Fan"}))
    again = await ask(spoken.provider, request(tools=TOOLS))
    assert said(again) == "Here.", place
    assert calls(again) == [("turn_on_fan", {"name": "Fan"})], place


def places(body: bytes) -> range:
    """Return the places in an answer that are tried."""
    return range(random.randrange(STRIDE), len(body), STRIDE)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("end", ["cut", "stall"])
async def test_ends_anywhere(spoken: Spoken, name: str, end: str) -> None:
    """Cut or stalled after any byte, only what had come whole is given."""
    body = spoken.protocol.example(name)
    spoken.play(body)
    whole = await ask(spoken.provider, request(tools=TOOLS))
    for place in places(body):
        spoken.play(body[:place], end=end)
        events, ended = await heard(spoken)
        assert said(whole).startswith(said(events)), place
        assert calls(events) == calls(whole)[: len(calls(events))], place
        if ended:
            assert (said(events), calls(events)) == (said(whole), calls(whole)), place
        await hears_the_next(spoken, place)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("byte", [b"\x00", b"\xff", b"\n", b'"', b"}"], ids=repr)
async def test_garbled_anywhere(spoken: Spoken, name: str, byte: bytes) -> None:
    """With any byte replaced, it is an answer or the server's error, never ours."""
    body = spoken.protocol.example(name)
    spoken.play(body)
    whole = await ask(spoken.provider, request(tools=TOOLS))
    for place in places(body):
        spoken.play(body[:place] + byte + body[place + 1 :])
        events, _ = await heard(spoken)
        assert len(calls(events)) <= len(calls(whole)), place
        await hears_the_next(spoken, place)
