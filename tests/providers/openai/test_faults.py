"""Every fault of a model server becomes one ProviderError that says what it is."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import aiohttp
import pytest

from custom_components.chatterbox.providers import events as reading
from custom_components.chatterbox.providers.base import (
    ModelRequest,
    ProviderError,
    ProviderErrorKind as Kind,
    TextDelta,
)
from custom_components.chatterbox.providers.openai.client import OpenAIProvider
from custom_components.chatterbox.providers.sse import EventParser
from scripts.demo_model import (
    CallPiece,
    Chunk,
    Drop,
    Finish,
    ModelServer,
    Raw,
    Stall,
    Step,
    whole_call,
)

from ..asking import TOOL, ask, both_faults, fault, request, said


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": {"message": "context length exceeded"}}, Kind.REQUEST_REFUSED),
        (400, {"error": {"message": "API key not valid."}}, Kind.INVALID_AUTH),
        (400, {"error": "Incorrect API key provided: ab***"}, Kind.INVALID_AUTH),
        (400, {"message": "Invalid model: x", "code": "1500"}, Kind.MODEL_NOT_FOUND),
        (400, {"error": {"code": "model_not_found"}}, Kind.MODEL_NOT_FOUND),
        (
            400,
            {"error": {"message": "x is not a valid model ID"}},
            Kind.MODEL_NOT_FOUND,
        ),
        (401, {"error": {"message": "bad key"}}, Kind.INVALID_AUTH),
        (403, "", Kind.INVALID_AUTH),
        (404, {"error": {"message": 'model "x" not found'}}, Kind.MODEL_NOT_FOUND),
        (404, {"message": "The model `x` does not exist."}, Kind.MODEL_NOT_FOUND),
        (
            404,
            {"error": {"message": "No endpoints found that support tool use."}},
            Kind.MODEL_NOT_FOUND,
        ),
        (
            400,
            {"error": "This model takes text: images are not supported."},
            Kind.REQUEST_REFUSED,
        ),
        (404, {"detail": "Not Found"}, Kind.NOT_A_MODEL_SERVER),
        (404, "404 page not found", Kind.NOT_A_MODEL_SERVER),
        (405, "", Kind.NOT_A_MODEL_SERVER),
        (301, "", Kind.NOT_A_MODEL_SERVER),
        (408, "", Kind.TIMEOUT),
        (413, "too large", Kind.REQUEST_REFUSED),
        (422, {"detail": [{"msg": "Input should be a string"}]}, Kind.REQUEST_REFUSED),
        (429, {"error": {"message": "quota"}}, Kind.RATE_LIMITED),
        (
            429,
            {"error": {"message": "You exceeded it", "code": "insufficient_quota"}},
            Kind.NO_CREDIT,
        ),
        (402, {"error": {"message": "Insufficient credits"}}, Kind.NO_CREDIT),
        (
            400,
            {"error": {"message": "Your credit balance is too low to access the API"}},
            Kind.NO_CREDIT,
        ),
        (500, "<html>oops</html>", Kind.SERVER_ERROR),
        (502, "", Kind.SERVER_ERROR),
        (503, {"error": {"message": "Loading model", "code": 503}}, Kind.SERVER_ERROR),
        (504, "", Kind.SERVER_ERROR),
        (204, "", Kind.NOT_A_MODEL_SERVER),
    ],
)
async def test_a_status(
    provider: OpenAIProvider,
    model_server: ModelServer,
    status: int,
    body: dict[str, Any] | str,
    kind: Kind,
) -> None:
    model_server.fail(status, body)
    events, error = await fault(provider)
    assert events == []
    assert error.kind is kind
    assert str(error).startswith(f"Status {status}: ")
    assert model_server.unscripted == []


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, "", Kind.INVALID_AUTH),
        (404, {"error": "Unexpected endpoint (GET /models)"}, Kind.NOT_A_MODEL_SERVER),
        (500, "", Kind.SERVER_ERROR),
        (200, {"error": "Unexpected endpoint"}, Kind.NOT_A_MODEL_SERVER),
        (200, {"data": "none"}, Kind.NOT_A_MODEL_SERVER),
        (200, "<html></html>", Kind.NOT_A_MODEL_SERVER),
        (302, "", Kind.NOT_A_MODEL_SERVER),
    ],
)
async def test_a_status_when_models_are_listed(
    provider: OpenAIProvider,
    model_server: ModelServer,
    status: int,
    body: dict[str, Any] | str,
    kind: Kind,
) -> None:
    model_server.fail_models(status, body)
    with pytest.raises(ProviderError) as caught:
        await provider.list_models()
    assert caught.value.kind is kind


async def test_the_message_holds_the_servers_own_and_not_the_key(
    session: aiohttp.ClientSession, model_server: ModelServer
) -> None:
    provider = OpenAIProvider(session, model_server.url, "sk-secret")
    model_server.fail(500, {"error": {"message": "out of memory " * 100}})
    _, error = await fault(provider)
    assert str(error).startswith("Status 500: out of memory")
    assert len(str(error)) == 220
    model_server.api_key = "another"
    for error in await both_faults(provider):
        assert error.kind is Kind.INVALID_AUTH
        assert "sk-secret" not in str(error)


async def test_a_redirect_says_where_to(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    model_server.fail(308, "", {"Location": "https://example.com/v1"})
    _, error = await fault(provider)
    assert str(error) == "Status 308: redirects to https://example.com/v1"


def in_an_hour() -> str:
    """Return an HTTP date."""
    return format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)


@pytest.mark.parametrize("wait", ["0", "0.01", "Wed, 21 Oct 2015 07:28:00 GMT"])
async def test_a_short_retry_after_is_honoured_once(
    provider: OpenAIProvider, model_server: ModelServer, wait: str
) -> None:
    model_server.fail(429, "", {"Retry-After": wait})
    model_server.reply("ok")
    assert said(await ask(provider)) == "ok"
    model_server.fail(429, "", {"Retry-After": wait})
    model_server.fail(429, "", {"Retry-After": wait})
    _, error = await fault(provider)
    assert error.kind is Kind.RATE_LIMITED
    assert model_server.pending == 0


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ({}, None, None),
        ({"Retry-After": "soon"}, None, None),
        ({"Retry-After": "5.1"}, 5.1, 5.1),
        ({"Retry-After": "3600"}, 3600, 3600),
        ({"Retry-After": in_an_hour()}, 3000, 3600),
    ],
)
async def test_a_long_retry_after_is_told(
    provider: OpenAIProvider,
    model_server: ModelServer,
    header: dict[str, str],
    low: float | None,
    high: float | None,
) -> None:
    model_server.fail(429, "", header)
    _, error = await fault(provider)
    assert error.kind is Kind.RATE_LIMITED
    if low is None or high is None:
        assert error.retry_after is None
    else:
        assert error.retry_after is not None
        assert low <= error.retry_after <= high
    assert len(model_server.requests) == 1


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        pytest.param([Drop()], Kind.STREAM_BROKEN, id="dropped"),
        pytest.param([Raw(b"data: {"), Drop()], Kind.STREAM_BROKEN, id="in-an-event"),
        pytest.param([Raw(b"data: {\n\n")], Kind.STREAM_BROKEN, id="not-json"),
        pytest.param([Raw(b"data: 7\n\n")], Kind.STREAM_BROKEN, id="no-object"),
        pytest.param(
            [Chunk({"error": {"message": "overloaded"}})], Kind.SERVER_ERROR, id="error"
        ),
        pytest.param([Chunk({"error": "oops"})], Kind.SERVER_ERROR, id="error-text"),
        pytest.param(
            [Chunk({"error": {"code": 429, "message": "slow"}})],
            Kind.RATE_LIMITED,
            id="error-429",
        ),
        pytest.param(
            [
                Chunk(
                    {
                        "error": {"code": 502, "message": "Provider disconnected"},
                        "choices": [{"delta": {}, "finish_reason": "error"}],
                    }
                )
            ],
            Kind.SERVER_ERROR,
            id="error-in-chunk",
        ),
        pytest.param([Finish("error")], Kind.SERVER_ERROR, id="finish-error"),
        pytest.param(
            [Finish("insufficient_system_resource")], Kind.SERVER_ERROR, id="resources"
        ),
    ],
)
async def test_a_fault_after_text(
    provider: OpenAIProvider,
    model_server: ModelServer,
    steps: list[Step],
    kind: Kind,
) -> None:
    model_server.script("It is", *steps)
    events, error = await fault(provider)
    assert events == [TextDelta("It is")]
    assert error.kind is kind


async def test_an_event_without_end(
    provider: OpenAIProvider,
    model_server: ModelServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "EventParser", lambda: EventParser(1000))
    gate = asyncio.Event()
    reply = model_server.script("It is", gate, Raw(b"data: " + b"x" * 2000), Stall())
    events = provider.stream(request())
    assert await anext(events) == TextDelta("It is")
    gate.set()
    with pytest.raises(ProviderError, match="longer than 1000 bytes") as caught:
        await anext(events)
    assert caught.value.kind is Kind.TOO_LONG
    await reply.gone.wait()


async def test_no_call_is_given_of_a_stream_that_breaks(
    provider: OpenAIProvider, model_server: ModelServer
) -> None:
    model_server.script(
        *whole_call("a", {"x": 1}), CallPiece(1, "2", "b", "{}"), Drop()
    )
    events, error = await fault(provider)
    # The first was complete as the second began; whether the second is, nobody knows.
    assert [getattr(event, "name", None) for event in events] == ["a"]
    assert error.kind is Kind.STREAM_BROKEN


@pytest.mark.parametrize(
    ("body", "content_type", "kind"),
    [
        pytest.param("", "text/event-stream", Kind.STREAM_BROKEN, id="empty-stream"),
        pytest.param(
            ": hello\n\n", "text/event-stream", Kind.STREAM_BROKEN, id="only-comments"
        ),
        pytest.param("hello", "text/plain", Kind.NOT_A_MODEL_SERVER, id="text"),
        pytest.param(
            "<html></html>", "text/html", Kind.NOT_A_MODEL_SERVER, id="web-page"
        ),
        pytest.param("{", "application/json", Kind.NOT_A_MODEL_SERVER, id="not-json"),
        pytest.param(
            '{"status": "ok"}',
            "application/json",
            Kind.NOT_A_MODEL_SERVER,
            id="other-json",
        ),
        pytest.param(
            '{"error": {"message": "no"}}',
            "application/json",
            Kind.SERVER_ERROR,
            id="error-200",
        ),
        pytest.param(
            '[{"error": {"code": 401, "message": "no"}}]',
            "application/json",
            Kind.INVALID_AUTH,
            id="error-in-list",
        ),
        pytest.param(
            "data: hello\n\n",
            "text/event-stream",
            Kind.NOT_A_MODEL_SERVER,
            id="other-stream",
        ),
        pytest.param(
            "data: [DONE]\n\n",
            "text/event-stream",
            Kind.NOT_A_MODEL_SERVER,
            id="done-at-once",
        ),
    ],
)
async def test_an_answer_that_is_none(
    provider: OpenAIProvider,
    model_server: ModelServer,
    body: str,
    content_type: str,
    kind: Kind,
) -> None:
    model_server.fail(200, body, {"Content-Type": content_type})
    events, error = await fault(provider)
    assert events == []
    assert error.kind is kind


@pytest.mark.parametrize(
    "steps", [[Stall()], ["It is", Stall()]], ids=["at once", "late"]
)
async def test_a_stall(
    provider: OpenAIProvider, model_server: ModelServer, steps: list[Step]
) -> None:
    reply = model_server.script(*steps)
    asked = ModelRequest("demo", request().messages, (TOOL,), timeout=0.05)
    events, error = await fault(provider, asked)
    assert events == [TextDelta("It is")] * (len(steps) - 1)
    assert error.kind is Kind.TIMEOUT
    await reply.gone.wait()
