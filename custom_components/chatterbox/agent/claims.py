"""Nothing is said to be done that failed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
import re
from typing import Any, Final

from homeassistant.helpers import llm

from ..tools.instructions import (
    CALL_OR_SAY_SO,
    CALL_THE_TOOLS,
    NO_NOTES,
    NOT_SO,
    NOT_TOLD,
    SAY_SO,
)
from ..tools.intents.things import words_of
from ..tools.reply_tool import REPLY
from .claimed import is_question, says_done
from .echoes import without_echoes
from .failure_words import tells_of_failure
from .missed_mentions import Reached, Sentence, names_any
from .misstated import misstated
from .opposites import Effect, effect_of, is_not_what_was_asked, wants_something

NOTHING_CALLED: Final = f"Nothing was called, so nothing was done. {CALL_THE_TOOLS}"
_ALREADY: Final = re.compile(r"\b(already|bereits|schon|déjà|ya|già|al)\b|\?", re.I)
LONGEST_WORDS: Final = 80
"""Characters in which a word of failure, or what takes it back, stands."""
SOMETHING_ELSE: Final = "what was called is not what the person asked for"
QUESTION_MARKS: Final = ("?", "\u037e", "\uff1f")
"""What Home Assistant takes for the end of a question."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An action that a model called."""

    what: str
    """What it was to act on, for a person."""
    words: frozenset[str]
    call: llm.ToolInput | None = None
    """None for what was not called."""
    item: str | None = None
    error: str = ""


@dataclass(slots=True)
class Claims:
    """What failed in a turn, and the text that is held until it tells of it."""

    language: str
    reminded: bool = False
    held: str = ""
    """What the model said and nobody hears yet."""
    sentence: Sentence | None = None
    """What the person said."""
    asked: llm.ToolInput | None = None
    """The one action that Home Assistant understands, whether or not it was called."""
    expected: llm.ToolInput | None = None
    """An action that the sentence asks for, while the model has called none."""
    wanted: bool = False
    acted: bool = False
    _running: dict[str, Attempt] = field(default_factory=dict)
    _failed: list[Attempt] = field(default_factory=list)
    _failed_now: list[Attempt] = field(default_factory=list)
    _done: list[str] = field(default_factory=list)
    _reached: list[Reached] = field(default_factory=list)
    _unreached: tuple[str, ...] = ()
    _effects: dict[str, Effect] = field(default_factory=dict)
    _both_ways: bool = False
    """One thing was turned on and off, so that the model may not know which it is."""
    _wrong: str = ""
    """What is so, where the text that is held says the opposite."""
    _holds: bool = False
    _searched: str = ""
    """The end of what is held, in which a word of failure may have begun."""

    @property
    def undone(self) -> str:
        """What failed and was not made good, for a person; empty if nothing."""
        return ", ".join(dict.fromkeys(attempt.what for attempt in self._failed))

    @property
    def done(self) -> str:
        """What was done, for a person; empty if nothing."""
        return ", ".join(dict.fromkeys(self._done))

    def begin_response(self) -> None:
        """Take note that the model is asked, with all results so far."""
        self._failed += self._failed_now
        self._failed_now = []
        self.held = self._searched = ""
        self._unreached = self._left(self._reached)
        holds = self._failed or self._unreached or self._both_ways
        self._holds = bool(holds) and not (
            self.reminded and tells_of_failure("", self.language) is None
        )

    def called(self, call: llm.ToolInput, tool: llm.Tool | None) -> None:
        """Take note of a call, if it acts."""
        if tool is None or tool.annotations.read_only or tool.name == REPLY:
            return
        self.acted, self.expected, self.wanted = True, None, False
        args = call.tool_args
        words = frozenset(word for text in _texts(args) for word in words_of(text))
        item = str(args.get("item") or "") or None
        what = item or str(args.get("name") or args.get("area") or "")
        self._running[call.id] = Attempt(
            what or tool.title or call.tool_name, words, call, item
        )

    def answered(self, call_id: str, result: llm.ToolResult) -> None:
        """Take note of a call's result: a later success makes a failure good."""
        if (attempt := self._running.pop(call_id, None)) is None:
            return
        data = result.data if isinstance(result.data, dict) else {}
        lists = data.get("data")
        lists = lists if isinstance(lists, dict) else {}
        failed, reached = lists.get("failed"), _names(lists.get("success"))
        if result.error or failed or data.get("warning"):
            error = str(data.get("error") or data.get("warning") or "")
            what = ", ".join(_names(failed)) or attempt.what
            self._failed_now.append(replace(attempt, what=what, error=error))
        if result.error:
            return
        if self._is_something_else(attempt):
            self._failed_now.append(replace(attempt, error=SOMETHING_ELSE))
            return
        done = [attempt.item] if attempt.item else reached
        self._done += done or ([] if failed else [attempt.what])
        self._turned(attempt.call, reached or [attempt.what])
        words = (word for name in reached for word in words_of(name))
        self._reached.append(Reached(attempt.words.union(words), attempt.item))
        if not failed:
            self._failed = [
                earlier
                for earlier in self._failed
                if earlier.words and attempt.words.isdisjoint(earlier.words)
            ]

    def _turned(self, call: llm.ToolInput | None, names: Sequence[str]) -> None:
        if call is None or (effect := effect_of(call)) is None:
            return
        for name in names:
            earlier = self._effects.setdefault(name, effect)
            self._both_ways = self._both_ways or earlier is not effect

    def _is_something_else(self, attempt: Attempt) -> bool:
        sentence = self.sentence.text if self.sentence else ""
        return attempt.call is not None and is_not_what_was_asked(
            sentence, self.asked, attempt.call
        )

    def release(self, text: str) -> str:
        """Return what may be spoken of all that the model has said up to this."""
        self.wanted = self.wanted or self._claims_an_action(text)
        if not self._holds and not self.expected and not self.wanted:
            return text
        self.held += text
        # Each piece is searched once, with the words before it.
        searched = self._searched + text
        self._searched = _last_words(searched)
        already = self.wanted and self._is_so_already(self.held)
        if not already and not tells_of_failure(searched, self.language):
            return ""
        self._holds, self.expected, self.wanted = False, None, False
        return self._take_held()

    def end_response(self) -> str:
        """Return what may be spoken of a whole response: no more than was done."""
        left = self._unreached
        if left and not self._failed and names_any(self.held, left):
            self._failed += [Attempt(name, frozenset(words_of(name))) for name in left]
            self.reminded = True
        self._wrong = self._misstates(self.held)
        nothing_called = self.expected or self.wanted
        asks = self.held.rstrip().endswith(QUESTION_MARKS)
        if self._failed or self._wrong or (nothing_called and not asks):
            return ""
        self.expected, self.wanted = None, False
        return self._take_held()

    def _left(self, reached: Sequence[Reached]) -> tuple[str, ...]:
        return self.sentence.unreached(reached) if self.sentence else ()

    def _take_held(self) -> str:
        text, self.held, self._searched = self.held, "", ""
        return text

    def expect(self, action: llm.ToolInput | None) -> None:
        """Hold what the model says until it calls the action, refuses or asks back."""
        if self.acted or tells_of_failure("", self.language) is None:
            return
        self.expected = action
        self.wanted = self._seems_to_want and action is None

    @property
    def listens(self) -> bool:
        """Whether an answer that says done is wrong: nothing was called so far."""
        return not (
            self.acted or self.sentence is None or is_question(self.sentence.text)
        )

    def _claims_an_action(self, text: str) -> bool:
        return self.listens and says_done(text)

    @property
    def _seems_to_want(self) -> bool:
        return self.sentence is not None and wants_something(self.sentence.text)

    def _misstates(self, text: str) -> str:
        return misstated(self.sentence, text) if self.sentence and text else ""

    def _is_so_already(self, text: str) -> bool:
        return bool(_ALREADY.search(text)) and not self._misstates(text)

    def objection(self, say: str) -> str | None:
        """Return why a text that is to close the turn is not spoken."""
        if not without_echoes(say):
            return NO_NOTES
        if tells_of_failure(say, self.language) is not False:
            return None
        if self._failed:
            return f"This was not done: {self.undone}. {SAY_SO}"
        if untrue := self._untrue(say):
            return untrue
        called = [Reached(call.words, call.item) for call in self._running.values()]
        left = self._left([*self._reached, *called])
        if names_any(say, left):
            return f"This was not called: {', '.join(left)}. {CALL_OR_SAY_SO}"
        return None

    def _untrue(self, say: str) -> str:
        wrong = self._misstates(say)
        wants = self._seems_to_want or self._claims_an_action(say)
        if not self.acted and wants and not self._is_so_already(say):
            return f"{wrong} {NOTHING_CALLED}".strip()
        return f"{wrong} {NOT_SO}" if wrong and self._both_ways else ""

    def reminder(self) -> str:
        """Return the line that tells the model what was not done."""
        self.reminded = True
        if self.expected or self.wanted:
            return f"{self._wrong} {NOTHING_CALLED}".strip()
        if not self._failed:
            return f"{self._wrong} {NOT_SO}"
        reasons = "; ".join(
            f"{attempt.what}: {attempt.error or 'failed'}" for attempt in self._failed
        )
        return f"Not done: {reasons}. {NOT_TOLD}"


def _last_words(text: str) -> str:
    """Return the end of a text, from a blank on."""
    if len(text) <= LONGEST_WORDS:
        return text
    end = text[-LONGEST_WORDS:]
    _, blank, words = end.partition(" ")
    return blank + words or end


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in ("domain", "device_class"):
                yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _names(targets: Any) -> list[str]:
    return [
        str(target["name"])
        for target in (targets if isinstance(targets, list) else ())
        if isinstance(target, dict) and target.get("name")
    ]
