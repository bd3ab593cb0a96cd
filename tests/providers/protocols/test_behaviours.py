"""What every protocol does; the first line of each test is a row of docs/providers.md."""

from typing import Any

import pytest

from custom_components.chatterbox.providers.base import (
    AssistantMessage,
    Attachment,
    FinishReason,
    ProviderError,
    ProviderErrorKind as Kind,
    TextDelta,
    ToolCall,
    ToolResultMessage,
    ToolSpec,
    Usage,
    UserMessage,
)

from ..asking import (
    HISTORY,
    ask,
    calls,
    fault,
    reason,
    request,
    said,
    thought,
    usage,
)
from .conftest import Spoken, where
from .wire import NO_END, USAGE, Call, Think

EXAMPLE_TOOLS = tuple(
    ToolSpec(name, "", {"type": "object"}) for name in ("turn_on_light", "turn_on_fan")
)
LAMP = Call("id_1", "HassTurnOn", {"name": "Lamp ☀"})
FAN = Call("id_2", "HassTurnOn", {"name": "Fan", "speed": 2})


def results(*made: ToolCall) -> tuple[Any, ...]:
    """Return a turn's messages up to the results of these calls."""
    answered = (ToolResultMessage(call.id, call.name, '{"ok":true}') for call in made)
    return (UserMessage("Hi"), AssistantMessage("", made), *answered)


@pytest.mark.parametrize("size", [None, 1, 7], ids=["whole", "bytes", "sevens"])
async def test_text(spoken: Spoken, size: int | None) -> None:
    """Text is given as it comes, wherever its bytes are parted."""
    spoken.play(spoken.protocol.answer("It ", "is ☀", "."), size=size)
    events = await ask(spoken.provider)
    assert said(events) == "It is ☀."
    assert reason(events) is FinishReason.STOP


async def test_recorded_text(spoken: Spoken) -> None:
    """Recorded text."""
    spoken.play(spoken.protocol.example("text"))
    events = await ask(spoken.provider)
    assert said(events) == "Hello Ada!"
    assert reason(events) is FinishReason.STOP


@pytest.mark.parametrize("name", ["calls", "written"])
async def test_two_calls(spoken: Spoken, name: str) -> None:
    """Two calls of one answer, as the server or as the model writes them."""
    spoken.play(spoken.protocol.example(name))
    events = await ask(spoken.provider, request(tools=EXAMPLE_TOOLS))
    assert calls(events) == [
        ("turn_on_light", {"name": "kitchen"}),
        ("turn_on_fan", {"name": "bedroom"}),
    ]
    assert said(events).strip() == ""
    assert reason(events) is FinishReason.TOOL_CALLS
    asked = usage(events)
    assert asked is not None
    assert asked.input_tokens > 100
    assert asked.output_tokens > 10


async def test_calls(spoken: Spoken) -> None:
    """Parallel calls, in order, behind the text before them."""
    spoken.answer("I do it.", LAMP, FAN)
    events = await ask(spoken.provider)
    kinds = [type(event) for event in events]
    assert said(events) == "I do it."
    assert kinds.index(TextDelta) < kinds.index(ToolCall)
    made = [event for event in events if isinstance(event, ToolCall)]
    assert [(c.id, c.name, c.arguments) for c in made] == [
        (c.id, c.name, c.arguments) for c in (LAMP, FAN)
    ]
    assert reason(events) is FinishReason.TOOL_CALLS


async def test_call_without_arguments(spoken: Spoken) -> None:
    """A call without arguments."""
    spoken.answer(Call("id_1", "GetDateTime", text=""), LAMP)
    assert calls(await ask(spoken.provider)) == [
        ("GetDateTime", {}),
        ("HassTurnOn", LAMP.arguments),
    ]


async def test_doubled_ids(spoken: Spoken) -> None:
    """Calls with the same id, or with one of an earlier turn, get others."""
    spoken.answer(Call("call_1", "a", {"x": 1}), Call("call_1", "b", {"y": 2}))
    events = await ask(spoken.provider, request(*HISTORY))
    ids = [event.id for event in events if isinstance(event, ToolCall)]
    assert len({*ids, "call_1", "call_2"}) == 4


@where("pieces")
async def test_bad_arguments(spoken: Spoken) -> None:
    """Arguments that are not JSON are told to the model, and run nothing."""
    spoken.answer(Call("id_1", "HassTurnOn", text='{"name": "La'))
    (call,) = (e for e in await ask(spoken.provider) if isinstance(e, ToolCall))
    assert call.arguments == {}
    assert call.error
    assert "not valid JSON" in call.error


@where("pieces")
async def test_call_cut_at_the_limit(spoken: Spoken) -> None:
    """A call that the limit of tokens cut off does not run."""
    for text in ("", '{"name": "La'):
        spoken.answer(Call("id_1", "HassTurnOn", text=text), reason="length")
        events = await ask(spoken.provider)
        (call,) = (event for event in events if isinstance(event, ToolCall))
        assert call.error
        assert reason(events) is FinishReason.LENGTH


async def test_written_call(spoken: Spoken) -> None:
    """A call that the model writes into its text runs, and is not spoken."""
    text = '```json\n{"name": "HassTurnOn", "arguments": {"name": "Lamp"}}\n```'
    spoken.answer(*text)
    events = await ask(spoken.provider)
    assert calls(events) == [("HassTurnOn", {"name": "Lamp"})]
    assert said(events) == ""
    assert reason(events) is FinishReason.TOOL_CALLS


async def test_thinking(spoken: Spoken) -> None:
    """Thinking is told apart from what is spoken."""
    spoken.answer(Think("The lamp?"), "<thi", "nk>Yes.</think>", "It is on.")
    events = await ask(spoken.provider)
    assert said(events) == "It is on."
    assert thought(events) == "The lamp?Yes."


@where("signs_thinking")
async def test_signed_thinking(spoken: Spoken) -> None:
    """Signed or encrypted thinking goes back with its call, within the turn only."""
    spoken.answer(Think("Lamp", "sig-1"), LAMP, Think("Fan", "sig-2"), FAN)
    events = await ask(spoken.provider)
    made = [event for event in events if isinstance(event, ToolCall)]
    for more in ((), (AssistantMessage("Done."), UserMessage("Thanks"))):
        spoken.answer("Done.")
        await ask(spoken.provider, request(*results(*made), *more))
    in_turn, later = (asked.body.decode() for asked in spoken.server.asked[1:])
    places = [in_turn.index(text) for text in ("sig-1", "id_1", "sig-2", "id_2")]
    assert places == sorted(places)
    assert "sig-" not in later


async def test_usage(spoken: Spoken) -> None:
    """Tokens are counted, those from the prefix cache too where they are told."""
    spoken.answer("Hi", usage=USAGE)
    cached = USAGE.cached_tokens if spoken.protocol.counts_cached else 0
    assert usage(await ask(spoken.provider)) == Usage(120, 17, cached)


async def test_limit(spoken: Spoken) -> None:
    """An answer that is cut off at the limit says so."""
    spoken.answer("It is", reason="length")
    events = await ask(spoken.provider, request(max_tokens=20))
    assert (said(events), reason(events)) == ("It is", FinishReason.LENGTH)
    assert 20 in _leaves(spoken.server.asked[0].json)


@where("filters")
async def test_filter(spoken: Spoken) -> None:
    """A refusal by the server's filter says so."""
    spoken.answer("", reason="filter")
    assert reason(await ask(spoken.provider)) is FinishReason.CONTENT_FILTER


async def test_cut(spoken: Spoken) -> None:
    """An answer that breaks off keeps what was said, and runs no half call."""
    body = spoken.protocol.answer("It is", LAMP, reason=NO_END)
    if not spoken.protocol.pieces:
        body = body[:-9]
    spoken.play(body, end="cut")
    events, error = await fault(spoken.provider)
    assert said(events) == "It is"
    assert calls(events) == []
    assert error.kind is Kind.STREAM_BROKEN


async def test_stall(spoken: Spoken) -> None:
    """An answer that stalls is given up after the timeout."""
    spoken.play(spoken.protocol.answer("It is", reason=NO_END), end="stall")
    events, error = await fault(spoken.provider, request(timeout=0.1))
    assert said(events) == "It is"
    assert error.kind is Kind.TIMEOUT
    await spoken.server.gone.wait()


async def test_error_in_the_answer(spoken: Spoken) -> None:
    """An error in the midst of an answer is told."""
    spoken.play(spoken.protocol.answer("It is", reason=NO_END) + spoken.protocol.error)
    events, error = await fault(spoken.provider)
    assert said(events) == "It is"
    assert error.kind is Kind.SERVER_ERROR
    assert "out of memory" in str(error)


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (401, "invalid x-api-key", Kind.INVALID_AUTH),
        (403, "no access", Kind.INVALID_AUTH),
        (404, 'model "demo" not found, try pulling it first', Kind.MODEL_NOT_FOUND),
        (404, "page not found", Kind.NOT_A_MODEL_SERVER),
        (400, "demo does not support tools", Kind.NO_TOOLS),
        (400, "prompt is too long", Kind.REQUEST_REFUSED),
        (429, "slow down", Kind.RATE_LIMITED),
        (529, "Overloaded", Kind.RATE_LIMITED),
        (500, "oops", Kind.SERVER_ERROR),
    ],
)
async def test_status(spoken: Spoken, status: int, message: str, kind: Kind) -> None:
    """Every status is told for what it is."""
    spoken.refuse(status, message)
    events, error = await fault(spoken.provider)
    assert (events, error.kind) == ([], kind)
    assert "sk-test" not in str(error)


@pytest.mark.parametrize("status", [429, 529])
async def test_retry_after(spoken: Spoken, status: int) -> None:
    """A server that is busy for a moment is asked once more."""
    spoken.refuse(status, "slow down", headers={"Retry-After": "0"})
    spoken.answer("Here.")
    assert said(await ask(spoken.provider)) == "Here."


@where("refuses_temperature")
async def test_temperature(spoken: Spoken) -> None:
    """A temperature that is refused is left out, and it is remembered."""
    spoken.refuse(400, "Unsupported parameter: 'temperature' is not supported.")
    spoken.answer("Hi")
    spoken.answer("Hi")
    for _ in range(2):
        assert said(await ask(spoken.provider, request(temperature=0.5)))
    sent = ["temperature" in asked.json for asked in spoken.server.asked]
    assert sent == [True, False, False]


async def test_extra_body(spoken: Spoken) -> None:
    """What a person adds is in the body, beside what is there."""
    spoken.answer("Hi")
    extra = {"options": {"top_k": 5}, "stream_options": None, "seed": 7}
    await ask(spoken.provider, request(extra_body=extra, temperature=0.5))
    (asked,) = spoken.server.asked
    assert asked.json["seed"] == 7
    assert asked.json["options"]["top_k"] == 5
    assert "stream_options" not in asked.json
    assert 0.5 in _leaves(asked.json)


SCHEMA = {"type": "object", "properties": {"count": {"type": "integer"}}}


async def test_structure(spoken: Spoken) -> None:
    """A structure goes along as JSON Schema; a server that refuses it is asked without, and it is remembered."""
    spoken.refuse(400, "json_schema and format are not supported: response_format")
    for _ in range(2):
        spoken.answer('{"count": 3}')
        events = await ask(spoken.provider, request(answer_schema=SCHEMA))
        assert said(events) == '{"count": 3}'
    told = ["integer" in asked.body.decode() for asked in spoken.server.asked]
    assert told == [True, False, False]


async def test_picture(spoken: Spoken) -> None:
    """Pictures go with what is said."""
    if show := spoken.server.pages.get("/api/show"):
        sees = {**show, "capabilities": [*show["capabilities"], "vision"]}
        spoken.server.pages["/api/show"] = sees
    spoken.answer("A door.")
    picture = Attachment("image/png", "door.png", "UElDVFVSRQ==")
    await ask(spoken.provider, request(UserMessage("What is it?", (picture,))))
    (asked,) = spoken.server.asked
    assert "UElDVFVSRQ==" in asked.body.decode()
    assert "What is it?" in asked.body.decode()


@where("takes_pdf")
async def test_pdf(spoken: Spoken) -> None:
    """PDF files go with what is said."""
    spoken.answer("A letter.")
    letter = Attachment("application/pdf", "letter.pdf", "TEVUVEVS")
    await ask(spoken.provider, request(UserMessage("What is it?", (letter,))))
    (asked,) = spoken.server.asked
    assert "TEVUVEVS" in asked.body.decode()


async def test_same_bytes(spoken: Spoken) -> None:
    """The same request is the same bytes, and a later turn begins with them."""
    turns = (HISTORY[:2], HISTORY[:2], HISTORY)
    for history in turns:
        spoken.answer("Hi")
        await ask(spoken.provider, request(*history, cache_key="agent"))
    first, again, later = (asked.body for asked in spoken.server.asked)
    assert first == again
    # Anthropic's cache mark moves on to the end.
    shared = first.split(b"Lamp on, and the time?", 1)[0]
    assert later.startswith(shared)
    assert len(shared) > 100


async def test_history(spoken: Spoken) -> None:
    """A history with calls and results is sent whole, in order."""
    spoken.answer("Bye")
    await ask(spoken.provider, request(*HISTORY))
    body = spoken.server.asked[0].body.decode()
    told = ["Lamp on, and", "Lamp ☀", "16:21", "It is on, and", "Thanks"]
    if "instructions" not in spoken.server.asked[0].json:
        told = ["Be brief.", *told]
    places = [body.index(text) for text in told]
    assert places == sorted(places)
    assert "Be brief." in body


async def test_key(spoken: Spoken) -> None:
    """The key is in a header."""
    spoken.answer("Hi")
    await ask(spoken.provider)
    assert any("sk-test" in v for v in spoken.server.asked[0].headers.values())
    assert spoken.server.asked[0].path == spoken.protocol.ask_path


async def test_models(spoken: Spoken) -> None:
    """The models are listed, and a page that lists none is told."""
    assert await spoken.provider.list_models() == ["demo", "other"]
    spoken.server.pages[spoken.protocol.models_path] = {"hello": "world"}
    with pytest.raises(ProviderError) as caught:
        await spoken.provider.list_models()
    assert caught.value.kind is Kind.NOT_A_MODEL_SERVER


async def test_other_pages(spoken: Spoken) -> None:
    """Something that is no model server is told."""
    for body in (b"<html></html>", b'{"status": "ok"}\n', b"hello\n"):
        spoken.play(body, content_type="text/html")
        events, error = await fault(spoken.provider)
        assert (events, error.kind) == ([], Kind.NOT_A_MODEL_SERVER)


def _leaves(value: Any) -> list[Any]:
    """Return the plain values in JSON."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]
