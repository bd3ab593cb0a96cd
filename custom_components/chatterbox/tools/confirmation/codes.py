"""The code of an agent: compared, counted, and kept from every model."""

from collections.abc import Callable
from dataclasses import dataclass, field
import hmac
import time
from typing import Final

from .answers import DIGIT_LANGUAGES, spoken_digits

MAX_WRONG: Final = 5
"""Wrong codes after which an agent's dangerous actions are locked."""
LOCK_TIME: Final = 600.0
"""Seconds that they stay locked."""
CUT: Final = "(left out)"
"""What a model reads in place of a sentence with the code in it."""


@dataclass(slots=True)
class Lockout:
    """The wrong codes of one agent, kept while Home Assistant runs."""

    clock: Callable[[], float] = time.monotonic
    _wrong: int = 0
    _until: float | None = None

    @property
    def is_locked(self) -> bool:
        """Return whether the dangerous actions are locked now."""
        if self._until is not None and self.clock() >= self._until:
            self._until, self._wrong = None, 0
        return self._until is not None

    def check(self, said: str, code: str) -> bool:
        """Compare a code, count it if it is wrong, and lock after too many."""
        right = hmac.compare_digest(said.encode(), code.encode())
        if self.is_locked or not code:
            return False
        if right:
            self._wrong = 0
            return True
        self._wrong += 1
        if self._wrong >= MAX_WRONG:
            self._until = self.clock() + LOCK_TIME
        return False


def attempted(sentence: str, language: str | None) -> str | None:
    """Return the two or more digits of a sentence that may be meant as a code."""
    said = spoken_digits(sentence, language)
    return said if said and (len(said) > 1 or said == "?") else None


@dataclass(frozen=True, slots=True)
class CodeCutter:
    """Keeps a code out of what is sent to a model, in whichever language it was said."""

    code: str = field(repr=False)

    def __call__(self, text: str) -> str:
        """Return the text, or a mark in its place if the code is in it."""
        if self.code and any(
            self.code in (spoken_digits(text, language) or "")
            for language in DIGIT_LANGUAGES
        ):
            return CUT
        return text
