"""No answer is longer, and none takes more work, than an answer should."""

from typing import Any

import pytest

from custom_components.chatterbox.providers import call_forms, calls
from custom_components.chatterbox.providers.base import ProviderErrorKind as Kind
from custom_components.chatterbox.providers.call_values import read_value
from custom_components.chatterbox.providers.calls import CallMaker, read_arguments
from custom_components.chatterbox.providers.http import MAX_RESPONSE_BYTES
from custom_components.chatterbox.providers.json_end import JsonScanner
from custom_components.chatterbox.providers.openai import call_pieces
from custom_components.chatterbox.providers.openai.call_pieces import CallAssembler
from custom_components.chatterbox.providers.openai.client import OpenAIProvider
from custom_components.chatterbox.providers.sse import MAX_EVENT_BYTES
from custom_components.chatterbox.providers.written_calls import WrittenCallReader
from scripts.demo_model import ModelServer, Raw, Status, Step, Text

from .asking import fault

PIECES = 20_000
BLOCK = 2**16


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(
            [Text("Hi"), *[Raw(b":" + b"." * BLOCK + b"\n\n")] * 64], id="comments"
        ),
        pytest.param([Text("word " * 2000)] * 400, id="text"),
        pytest.param([Raw(b'{"a":"'), *[Raw(b"a" * BLOCK)] * 64], id="not streamed"),
        pytest.param([Raw(b"\n" * BLOCK)] * 64, id="line breaks"),
    ],
)
async def test_answer_is_read_to_a_limit(
    provider: OpenAIProvider, model_server: ModelServer, steps: list[Step]
) -> None:
    assert MAX_RESPONSE_BYTES < 64 * BLOCK
    model_server.script(*steps)
    _, error = await fault(provider)
    assert error.kind is Kind.TOO_LONG


async def test_event_is_read_to_a_limit(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    blocks = MAX_EVENT_BYTES // BLOCK + 1
    model_server.script(Raw(b"data: "), *[Raw(b"a" * BLOCK)] * blocks)
    _, error = await fault(provider)
    assert error.kind is Kind.TOO_LONG


async def test_body_of_an_error_is_read_to_a_limit(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    model_server.script(Status(500, "broken " * 2**18))
    _, error = await fault(provider)
    assert error.kind is Kind.SERVER_ERROR
    assert len(str(error)) <= 500


@pytest.mark.parametrize(
    "piece", ['"', "a", '\\"', "{}", '""', "null", " ", "}", "[", '{"a":1}']
)
@pytest.mark.parametrize("name", [None, "act"])
def test_endless_arguments_are_parsed_a_few_times(
    monkeypatch: pytest.MonkeyPatch, piece: str, name: str | None
) -> None:
    """However its pieces end, and whatever comes with them."""
    parsed: list[int] = []

    def counted(raw: Any) -> Any:
        parsed.append(1)
        return read_arguments(raw)

    monkeypatch.setattr(call_pieces, "read_arguments", counted)
    for start in ("", '{"a": "', '{"a": 1}'):
        parsed.clear()
        assembler = CallAssembler(CallMaker(set()))
        function: dict[str, Any] = {"arguments": start, "name": "act"}
        list(assembler.feed({"index": 0, "id": "c", "function": function}))
        function = {"arguments": piece, **({"name": name} if name else {})}
        for _ in range(50):
            list(assembler.feed({"index": 0, "function": function}))
        some = len(parsed)
        for _ in range(50):
            list(assembler.feed({"index": 0, "function": function}))
        # A call that is over begins anew; else it is not parsed again.
        assert len(parsed) - some <= 50
        assert all(len(call.text.text) < 1000 for call in assembler._calls)


def test_text_that_begins_as_a_call_is_parsed_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parsed: list[int] = []

    def counting(text: str, at: int) -> tuple[Any, int]:
        parsed.append(at)
        return read_value(text, at)

    monkeypatch.setattr(call_forms, "read_value", counting)
    reader = WrittenCallReader({"on"})
    spoken = 0
    for piece in ["{", *['"a": {}, '] * PIECES]:
        spoken += sum(len(part.text) for part in reader.feed(piece))  # type: ignore[union-attr]
    assert parsed == []
    # What is too long for a call is text.
    assert spoken > 8 * PIECES


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ('{"a": 1} more', 8),
        ('{"a": "}"} more', 10),
        ('{"a": "\\"}"} more', 12),
        ("[[1], {}] more", 9),
        ('"text" more', 6),
        ('{"a', None),
        ("more", None),
    ],
)
def test_end_of_a_value_is_found_in_any_pieces(text: str, end: int | None) -> None:
    assert JsonScanner().feed(text) == end
    scanner = JsonScanner()
    at = None
    for index, char in enumerate(text):
        if scanner.feed(char) is not None and at is None:
            at = index + 1
    assert at == end


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": [Infinity]}', "Infinity is not JSON"),
        ('{"a": {"b": 1e999}}', "not finite"),
        ({"a": [float("nan")]}, "not finite"),
        ({"a": -float("inf")}, "not finite"),
        ('{"a": 18446744073709551616}', "too large"),
        ('{"a": ' + "9" * 5000 + "}", "not valid JSON"),
        ('{"a": "\\ud800"}', "half of a character"),
        ('{"\\udc00": 1}', "half of a character"),
        ('{"a": ' + "[" * 40 + "]" * 40 + "}", "too deeply"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "not valid JSON"),
    ],
)
def test_arguments_that_cannot_be_sent_back_are_an_error(raw: Any, word: str) -> None:
    """What fails is this one call; the history stays one that every server takes."""
    call = CallMaker(set()).make("c", "act", raw)
    assert call.arguments == {}
    assert call.error is not None
    assert word in call.error


def test_every_depth_of_arguments_ends() -> None:
    nested: dict[str, Any] = {}
    for _ in range(10_000):
        nested = {"a": nested}
    assert read_arguments(nested) == "The arguments are nested too deeply."
    assert calls.MAX_DEPTH < 100
