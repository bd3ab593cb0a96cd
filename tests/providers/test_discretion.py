"""No error brings a key, or what people said, into the log."""

import json
import logging
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from custom_components.chatterbox.providers.base import (
    AssistantMessage,
    ProviderError,
    ProviderErrorKind as Kind,
    ToolCall,
    ToolResultMessage,
    UserMessage,
)
from custom_components.chatterbox.providers.discretion import (
    discreet,
    repeats,
    struck,
)
from custom_components.chatterbox.providers.openai.client import OpenAIProvider
from scripts.demo_model import ModelServer, Raw

from .asking import fault, request

KEY = "sk-se/cr.et+7"
SAID = "Tell Emil that the spare key is under the pot"


def _unicode(text: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


def _percent(text: str) -> str:
    return "".join(f"%{ord(letter):02X}" for letter in text)


FORMS = [
    pytest.param(KEY, id="plain"),
    pytest.param(KEY.replace("/", "\\/"), id="JSON slash"),
    pytest.param(_unicode(KEY), id="JSON escapes"),
    pytest.param(_unicode(KEY).replace("\\", "\\\\"), id="JSON in JSON"),
    pytest.param(_unicode(KEY[:4]) + KEY[4:], id="half escaped"),
    pytest.param(quote(KEY, safe=""), id="percent"),
    pytest.param(_percent(KEY), id="all percent"),
    pytest.param(quote(_percent(KEY)), id="percent twice"),
    pytest.param(_percent(KEY).lower(), id="small percent"),
    pytest.param("".join(f"&#{ord(x)};" for x in KEY), id="HTML"),
    pytest.param("".join(f"\\x{ord(x):02x}" for x in KEY), id="repr"),
]


@pytest.mark.parametrize("form", FORMS)
def test_the_key_is_struck_in_every_form(form: str) -> None:
    """Who reads the log can undo any of them."""
    assert struck(f"bad key {form}!", KEY) == "bad key ***!"


def test_nothing_is_struck_without_a_key() -> None:
    """Most servers at home have none."""
    assert struck("all of it", "") == "all of it"


@pytest.mark.parametrize("form", FORMS)
async def test_no_error_holds_the_key(
    session: aiohttp.ClientSession, model_server: ModelServer, form: str
) -> None:
    """In a body, in a stream, in where it redirects to."""
    provider = OpenAIProvider(session, model_server.url, KEY)
    model_server.api_key = KEY
    place = f"http://user:{quote(KEY, safe='')}@other/v1?key={form}#x"
    text = json.dumps({"error": {"message": f"No such key: {form}"}})
    for step in ("status", "stream", "place"):
        if step == "status":
            model_server.fail(500, text)
        elif step == "stream":
            model_server.script(Raw(f"data: {text}\n\n".encode()))
        else:
            model_server.fail(302, "", headers={"Location": place})
        _, error = await fault(provider)
        assert "se/cr" not in struck(str(error), "nothing")
        assert form not in str(error)
        assert KEY not in str(error)
    assert str(error) == "Status 302: redirects to http://other/v1"


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": f"Cannot read: {SAID}"}},
        {"error": {"message": f'In {{"content": "{SAID}"}}', "code": 400}},
        {"detail": [{"loc": ["body"], "input": {"content": SAID}}]},
        f"<p>{SAID}</p>",
        json.dumps({"error": _unicode(SAID)}).replace("\\\\", "\\"),
        {"error": {"message": "Near: key is under the"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("in_stream", [False, True])
async def test_what_people_said_is_not_in_the_log(
    session: aiohttp.ClientSession,
    model_server: ModelServer,
    caplog: pytest.LogCaptureFixture,
    body: Any,
    in_stream: bool,
) -> None:
    """A message that repeats the request is told by its status."""
    provider = OpenAIProvider(session, model_server.url, KEY)
    model_server.api_key = KEY
    if in_stream:
        if not (isinstance(body, dict) and "error" in body):
            body = {"error": body}
        model_server.script(Raw(f"data: {json.dumps(body)}\n\n".encode()))
    else:
        model_server.fail(400, body)
    _, error = await fault(provider, request(UserMessage(SAID)))
    assert "under the" not in str(error)
    assert str(error).endswith("its message repeats the request")
    assert not [
        record
        for record in caplog.records
        if record.levelno > logging.DEBUG and "Emil" in record.getMessage()
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the model does not exist", False),
        ("maximum context length is 4096 tokens", False),
        ("Lamp on", True),
        ("got: turn it on now please", True),
        ("unknown list Groceries of Emil", True),
        ("the name is Boiler in the cellar", True),
        ("\\u0047roceries of Emil", True),
    ],
)
def test_repeats(text: str, expected: bool) -> None:
    """By whole lines, or four words in a row, of whatever was sent."""
    asked = request(
        UserMessage("[note of Monday]\nLamp on"),
        AssistantMessage(
            tool_calls=(ToolCall("1", "x", {"item": "Groceries of Emil"}),)
        ),
        ToolResultMessage("1", "x", '{"said": "Boiler in the cellar"}'),
        UserMessage("So turn it on now please, and go"),
    )
    assert repeats(text, asked) is expected


def test_a_message_is_cut() -> None:
    """200 characters of what the server says."""
    with pytest.raises(ProviderError) as caught, discreet(KEY, request()):
        raise ProviderError(Kind.SERVER_ERROR, "Status 500: " + "x" * 1000)
    assert len(str(caught.value)) == 220
