"""What an error may say in the log: no key, and nothing that people said."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import logging
import re
from typing import Any, Final

from .base import AssistantMessage, ModelRequest, ProviderError, ToolResultMessage
from .json_shape import json_or_text

_LOGGER = logging.getLogger(__name__)

MAX_MESSAGE: Final = 220
"""Characters of an error: what it is, and the first 200 of the server's own words."""

_RUN: Final = 4
"""Words in a row that are not in an error by chance."""
_BEHIND_PLACE: Final = re.compile(r"(https?://[^\s?#]*)[?#]\S*", re.IGNORECASE)
_USER: Final = re.compile(r"(https?://)[^\s/@]+@", re.IGNORECASE)


@contextmanager
def discreet(api_key: str, request: ModelRequest | None = None) -> Iterator[None]:
    """Take the key, and all that repeats the request, out of a ProviderError."""
    try:
        yield
    except ProviderError as err:
        text = _USER.sub(r"\1", _BEHIND_PLACE.sub(r"\1", struck(str(err), api_key)))
        if request is not None and repeats(text, request):
            _LOGGER.debug("The server's message repeats the request: %s", text)
            text = f"{text.partition(': ')[0]}: its message repeats the request"
        err.args = (text[:MAX_MESSAGE],)
        raise


def struck(text: str, api_key: str) -> str:
    """Return the text without the key, in whatever escapes it is written."""
    if not api_key:
        return text
    return re.sub("".join(map(_letter, api_key)), "***", text)


def _letter(letter: str) -> str:
    code = f"{ord(letter):02x}"
    return (
        rf"(?:\\*{re.escape(letter)}|(?i:%(?:25)*{code}|\\+u00{code}|\\+x{code}"
        rf"|&#x0*{code};|&#0*{ord(letter)};))"
    )


def repeats(text: str, request: ModelRequest) -> bool:
    """Return whether a text has a run of words, or a whole line, of a request's messages."""
    words = _words(text)
    said = f" {' '.join(words)} "
    runs = set(_runs(words))
    for line in _lines(request):
        found = _words(line)
        if len(found) >= _RUN:
            if any(run in runs for run in _runs(found)):
                return True
        elif found and len("".join(found)) > 1 and f" {' '.join(found)} " in said:
            return True
    return False


def _lines(request: ModelRequest) -> Iterator[str]:
    for message in request.messages:
        if isinstance(message, ToolResultMessage):
            yield from _texts(json_or_text(message.content))
            continue
        yield from message.text.splitlines()
        if isinstance(message, AssistantMessage):
            for call in message.tool_calls:
                yield from _texts(call.arguments)


def _texts(value: Any) -> Iterator[str]:
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield from one.splitlines()
        elif isinstance(one, Mapping):
            left.extend(one.values())
        elif isinstance(one, list | tuple):
            left.extend(one)


def _words(text: str) -> list[str]:
    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    return re.findall(r"\w+", re.sub(r"\\[nrt]", " ", plain).casefold())


def _runs(words: list[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(_RUN)), strict=False)
