"""What a model writes that is no answer: what announces a call, tools, placeholders."""

from dataclasses import dataclass, field
import re
from typing import Final

from .dangerous_names import DangerousNames
from .echoes import Echoes

MAX_ANNOUNCEMENT: Final = 60
"""Characters up to which Home Assistant does not begin to speak."""
_SENTENCE_END: Final = re.compile(r"[.!?\u2026][\"')\]]*\s|[\u3002\uff01\uff1f]")
_SENTENCE_BEFORE: Final = re.compile(r"[^.!?\u2026]*\Z")
_WORDS: Final = r"[^\W\d][^\[\]{}<>()\n]*"
_PLACEHOLDER: Final = re.compile(
    rf"""
    \[{_WORDS}[ _]{_WORDS}\](?![(\[])       # [value from tool], but no link
    |\[(?i:value|result|state|temperature|time|date|number|name|answer|output)\]
    |\{{\{{?\s*[^\W\d]{{2}}[^{{}}\n]*\}}\}}?  # {{temperature}}
    |<{_WORDS}[ _](?:value|result|state|temperature|name|here|tool)\w*>
    """,
    re.VERBOSE,
)
_TOOL: Final = re.compile(r"`?\b(?:[a-z]\w*__\w+|Hass[A-Z]\w+|GetLiveContext)\b")
"""The name of a tool, which says nothing to a person."""
_MAY_BECOME: Final = re.compile(
    r"(?:\[[^\[\]\n]{0,80}\]?|\{\{?[^{}\n\"]{0,80}\}{0,2}|<[^<>\n]{0,80}>?)\Z"
)


@dataclass(slots=True)
class Unspoken:
    """Holds back of one response what nobody is to hear.

    The first sentence waits until no call can follow that it announces and it is whole,
    to be seen through if it says done. Nothing is spoken from a placeholder on ("It is
    [value from tool]"). Where the person may be asked for something dangerous, all
    waits until it is known whether they are; of another sentence, as much as Home
    Assistant does not begin to speak.
    """

    announces: bool
    """Whether the first sentence is held: the model may write a call, or say done."""
    placeholders: bool
    """Whether a voice speaks, which reads no markup."""
    placeholder: bool = False
    tool: bool = False
    """A tool was named."""
    dangerous: DangerousNames | None = None
    """Of what the person is asked for; None where nobody is."""
    voice: bool = False
    whole: bool = False
    """Nothing is spoken before the response has ended without a call."""
    echoes: Echoes = field(default_factory=Echoes)
    """Takes out what it repeats of our instructions."""
    _held: str = ""
    _began: bool = False

    def feed(self, text: str) -> str:
        """Return what may be spoken by now."""
        if self.ended:
            return ""
        self._held += text
        if not self._began and (self._may_ask() or self._may_announce()):
            return ""
        return self.echoes.feed(self._take(last=False))

    def _may_ask(self) -> bool:
        """Return whether a call may follow that a person is asked for."""
        if self.dangerous is None or self.whole:
            return self.whole
        early = self.voice and len(self._held) <= MAX_ANNOUNCEMENT
        self.whole = self.dangerous.may_be_meant or (
            not early and self.dangerous.are_in(self._held)
        )
        return early or self.whole

    def _may_announce(self) -> bool:
        if not self.announces:
            return False
        ends = [match.end() for match in _SENTENCE_END.finditer(self._held)]
        return not ends or ends[-1] < MAX_ANNOUNCEMENT

    def end(self) -> str:
        """Return what is left, where no call has come, or one that was not written."""
        text = "" if self.ended else self._take(last=True)
        return self.echoes.feed(text) + self.echoes.end()

    @property
    def ended(self) -> bool:
        """Whether nothing more is spoken of the response."""
        return self.placeholder or self.tool

    def drop(self) -> None:
        """Forget what announced a call."""
        self._held, self._began = "", not self.whole

    def _take(self, *, last: bool) -> str:
        self._began = True
        text, self._held = self._held, ""
        if named := _TOOL.search(text):
            self.tool = True
            return _SENTENCE_BEFORE.sub("", text[: named.start()])
        if not self.placeholders:
            return text
        match = _PLACEHOLDER.search(text)
        if match and (last or match.end() < len(text)):
            self.placeholder = True
            return text[: match.start()]
        if not last and (may := _MAY_BECOME.search(text)):
            text, self._held = text[: may.start()], text[may.start() :]
        return text
