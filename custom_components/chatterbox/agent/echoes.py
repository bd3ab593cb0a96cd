"""What a model repeats of what it was told to do, which is no answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import re
from typing import Final

from ..tools.instructions import INSTRUCTIONS
from .turn_note import NOTE_BEGIN

_CLAUSE_END: Final = re.compile(r"[.!?\u2026:;\n]+[\"'\u201d\u2019)\]*_`]*\s*")
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_BLANK: Final = re.compile(r"\{\w+\}")
_FEW: Final = 5
"""Words of a clause below which only the whole clause is one of ours."""
_BEGUN: Final = 3
"""Words in the middle of a clause that may go on as one of ours."""
_LONGEST: Final = 400
"""Characters of a clause past which it is none of ours."""
_BEFORE: Final = 1
"""Words that a model may put otherwise: "The answer" for "Your answer"."""

type _Words = tuple[str, ...]


def _words(text: str) -> _Words:
    return tuple(match[0].casefold() for match in _WORD.finditer(text))


def _clauses() -> Iterator[tuple[_Words, bool]]:
    """Yield the clauses of our instructions up to what is filled in, and if any is."""
    for text in INSTRUCTIONS:
        for clause in _CLAUSE_END.split(text):
            begin, *filled = _BLANK.split(clause)
            if words := _words(begin):
                yield words, bool(filled)


_CLAUSES: Final = tuple(_clauses())
_WHOLE: Final = frozenset(words for words, filled in _CLAUSES if not filled)
_BEGINNINGS: Final = tuple(words for words, filled in _CLAUSES if filled)
_ENOUGH: Final = frozenset(
    words[start : start + most]
    for words in _WHOLE
    if (most := max(_FEW, -(-len(words) // 2))) <= len(words)
    for start in range(len(words) - most + 1)
)
"""Half of a longer clause, word by word, from anywhere in it."""
_LENGTHS: Final = frozenset(map(len, _ENOUGH))
_MOST_WORDS: Final = max(len(words) for words, _ in _CLAUSES)
_INSIDE: Final = "\n".join(f" {' '.join(words)} " for words, _ in _CLAUSES)
_FROM_SECOND: Final = "\n".join(
    f"> {' '.join(words[1:])} " for words, _ in _CLAUSES if words[0] in ("you", "your")
)
_FROM_FIRST: Final = "\n".join(f"> {' '.join(words)} " for words, _ in _CLAUSES)


@dataclass(slots=True)
class Echoes:
    """Takes our instructions out of one answer, as it comes, clause by clause."""

    found: bool = False
    _clause: str = ""
    """What came of the clause that has not ended."""
    _spoken: int = 0
    """Characters of it that were let through."""

    def feed(self, text: str) -> str:
        """Return what may be spoken by now."""
        self._clause += text
        return self._take(last=False)

    def end(self) -> str:
        """Return what was held back for an instruction that did not come."""
        return self._take(last=True)

    def _take(self, *, last: bool) -> str:
        text, at, spoken = self._clause, 0, ""
        for end in _CLAUSE_END.finditer(text):
            # A quotation mark or a blank may follow.
            if last or end.end() < len(text):
                spoken += self._ended(text[at : end.end()])
                at = end.end()
        self._clause = text[at:]
        if last or len(self._clause) > _LONGEST:
            spoken += self._ended(self._clause)
            self._clause = ""
        safe = _safe(self._clause)
        spoken += self._clause[self._spoken : safe]
        self._spoken = max(self._spoken, safe)
        return spoken

    def _ended(self, clause: str) -> str:
        start = _begin_of_echo(clause)
        self.found = self.found or start is not None
        spoken, self._spoken = clause[self._spoken : start], 0
        return spoken


def without_echoes(text: str) -> str:
    """Return a whole text without our instructions."""
    echoes = Echoes()
    return (echoes.feed(text) + echoes.end()).strip()


def _begin_of_echo(clause: str) -> int | None:
    """Return where one of our instructions begins in a clause."""
    found = list(_WORD.finditer(clause))
    words = tuple(match[0].casefold() for match in found)
    if clause.strip() == NOTE_BEGIN or words in _WHOLE or _begins(words):
        return 0
    starts = [
        at
        for length in _LENGTHS
        for at in range(len(words) - length + 1)
        if words[at : at + length] in _ENOUGH
    ]
    return _start_of(found, min(starts)) if starts else None


def _begins(words: _Words) -> bool:
    return any(words[: len(own)] == own for own in _BEGINNINGS)


def _safe(clause: str) -> int:
    """Return up to where a clause that goes on is none of our instructions."""
    found = list(_WORD.finditer(clause))
    bare = clause.strip()
    if not found or NOTE_BEGIN.startswith(bare):
        return 0 if bare else len(clause)
    words = [match[0].casefold() for match in found]
    # The last word may not have ended.
    end = "" if clause[-1].isalnum() else " "
    if (start := _begin_of_echo(clause)) is not None:
        return start
    if f"> {' '.join(words)}{end}" in _FROM_FIRST:
        return 0
    if len(words) > 1 and f"> {' '.join(words[1:])}{end}" in _FROM_SECOND:
        return 0
    for at in range(max(0, len(words) - _MOST_WORDS), len(words)):
        text = f" {' '.join(words[at:])}{end}"
        inside = len(words) - at >= _BEGUN and text in _INSIDE
        parted = clause[: found[at].start()].rstrip().endswith(",")
        if inside or (parted and f">{text}" in _FROM_FIRST):
            return _start_of(found, at)
    return len(clause)


def _start_of(found: Sequence[re.Match[str]], at: int) -> int:
    return found[at].start() if at > _BEFORE else 0
