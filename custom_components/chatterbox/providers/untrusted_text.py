"""What a model has read that somebody else wrote, and which tools it names.

A call in an answer's text may have been ordered by a list, a mail or a name. A tool
that any of them names is not called from text.
"""

from collections.abc import Iterator
import html
import json
import re
from typing import Final
import unicodedata
from urllib.parse import unquote

from .base import (
    AssistantMessage,
    ModelRequest,
    SystemMessage,
    ToolResultMessage,
)
from .calls import is_written
from .think_tags import mend_surrogates

_ROUNDS: Final = 4
"""Escapes in escapes that are undone."""
_CODE: Final = re.compile(
    r"\\+(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2}))"
)
_ESCAPE: Final = re.compile(r"\\+[nrtbfv0/\"']")
_CALLED: Final = re.compile(
    r"""(?:name|function|tool)\\*["']?\s*[:=]\s*\\*["']?([\w.-]+)"""
    r"""|([\w.-]+)(?:\(|\s{0,20}(?:\{|\[\s?(?:CALL_ID|ARGS)|<\s?arg_key))"""
)
"""A name where something looks as a call, in any of the forms that are read."""
_LONG: Final = 6
"""Letters of a name that is found with anything between them; a shorter one is a word."""


def tools_in_text(request: ModelRequest) -> frozenset[str]:
    """Return the tools that text may call, None for a model that never writes calls."""
    for message in request.messages:
        if isinstance(message, AssistantMessage) and not all(
            is_written(call.id) for call in message.tool_calls
        ):
            return frozenset()
    return frozenset(tool.name for tool in request.tools)


class UntrustedText:
    """All of a request that neither the model nor we have written."""

    def __init__(self, request: ModelRequest) -> None:
        self._request = request
        self._read: list[str] | None = None
        self._named: set[str] = set()

    def names(self, tool: str) -> bool:
        """Return whether a tool is named in it."""
        if self._read is None:
            texts = list(map(decoded, self._texts()))
            self._read = [f" {' '.join(_words(text))} " for text in texts]
            self._squeezed = [words.replace(" ", "") for words in self._read]
        if not {tool, tool.rpartition("__")[2]}.isdisjoint(self._named):
            return True
        words = _words(decoded(tool))
        name = "".join(words)
        if len(name) >= _LONG:
            return any(name in text for text in self._squeezed)
        return any(f" {' '.join(words)} " in text for text in self._read)

    def _texts(self) -> Iterator[str]:
        for message in self._request.messages:
            match message:
                case AssistantMessage():
                    pass
                case SystemMessage(text):
                    # Instructions name tools, and names of things stand among them.
                    for found in _CALLED.finditer(decoded(text)):
                        name = (found[1] or found[2]).removesuffix(".call")
                        self._named.update({name, name.rpartition("__")[2]})
                case ToolResultMessage(_, name, content):
                    # Our own words for a failure name the tool.
                    for ours in (f"{name} failed", f"There is no tool named {name}"):
                        start = json.dumps({"error": ours}, separators=(",", ":"))[:-2]
                        content = content.removeprefix(start)
                    yield content
                case _:
                    yield message.text


def decoded(text: str) -> str:
    """Return a text with escapes undone and each letter in its plain form."""
    for _ in range(_ROUNDS):
        plain = html.unescape(unquote(_ESCAPE.sub(" ", _CODE.sub(_character, text))))
        if plain == text:
            break
        text = plain
    return "".join(
        char
        for char in unicodedata.normalize("NFKD", mend_surrogates(text))
        # Marks on letters, and what is not seen.
        if unicodedata.category(char) not in ("Mn", "Cf", "Cs")
    )


def _character(match: re.Match[str]) -> str:
    code = int(match[1] or match[2] or match[3], 16)
    return chr(code) if code < 0x110000 else " "


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())
