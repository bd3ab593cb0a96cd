"""Tests for copies of results."""

from datetime import UTC, datetime
from enum import StrEnum
from threading import Lock
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent, llm
import pytest

from custom_components.chatterbox.tools.cache.snapshot import Snapshot


class Sky(StrEnum):
    """A value that is text and more."""

    CLEAR = "clear"


def copy_of(value: Any) -> Any:
    """Return a copy by way of a snapshot."""
    snapshot = Snapshot.of(value)
    assert snapshot
    return snapshot.copy()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"a": [1, 2.5, None, True, "ä€😀", {"b": []}]}, id="JSON"),
        pytest.param((1, {2}, b"3"), id="plain data"),
        pytest.param([Sky.CLEAR, datetime(2026, 1, 1, tzinfo=UTC)], id="objects"),
        pytest.param(2**100, id="a number too long for JSON"),
    ],
)
def test_a_copy_is_equal(value: Any) -> None:
    """Whatever it is."""
    assert copy_of(value) == value
    assert type(copy_of(value)) is type(value)


def test_nothing_is_shared() -> None:
    """Neither with what was put nor between two copies."""
    value = llm.ToolResult(data={"days": [{"rain": True}]}, error=True)
    snapshot = Snapshot.of(value)
    assert snapshot
    value.data["days"].clear()  # type: ignore[union-attr, call-arg]
    first = snapshot.copy()
    first.data["days"][0]["rain"] = False
    assert snapshot.copy() == llm.ToolResult(
        data={"days": [{"rain": True}]}, error=True
    )


def test_a_result_that_is_not_plain_is_held_as_json() -> None:
    """As the model is told it."""
    data: Any = {"sky": Sky.CLEAR, "at": datetime(2026, 1, 1, tzinfo=UTC)}
    assert copy_of(llm.ToolResult(data=data)).data == {
        "sky": "clear",
        "at": "2026-01-01T00:00:00+00:00",
    }


async def test_an_intents_response_does_not_copy_the_home(hass: HomeAssistant) -> None:
    """It hangs on to everything; its data is what counts."""
    response = intent.IntentResponse(
        "en",
        intent.Intent(
            hass,
            "test",
            "HassTurnOn",
            {},
            None,
            None,
            "en",  # type: ignore[arg-type]
        ),
    )
    response.async_set_speech("Done.")
    data = llm.IntentResponseDict(response)
    copy = copy_of(llm.ToolResult(data=data))
    assert copy.data == dict(data)
    assert type(copy.data) is dict


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(Lock(), id="a lock"),
        pytest.param(llm.ToolResult(data={"a": Lock()}), id="a lock in a result"),
    ],
)
def test_what_cannot_be_copied(value: Any) -> None:
    """There is no snapshot of it."""
    assert Snapshot.of(value) is None


def test_the_size_is_that_of_what_is_held() -> None:
    """So that the bound is one of memory."""
    small, large = Snapshot.of("x" * 10), Snapshot.of("x" * 10_000)
    assert small
    assert large
    assert 10 <= small.size < 100
    assert 10_000 <= large.size < 10_100
