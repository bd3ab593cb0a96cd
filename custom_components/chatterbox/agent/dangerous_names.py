"""The names of what needs a person, in what is said and written."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..tools.exposure.danger import UNKNOWN, Additions, Effect, harm_of
from ..tools.exposure.exposed import Exposed, exposed_entities, names_of
from ..tools.intents.things import is_named, words_of
from ..tools.planning.effects import all_effects
from .foresight.words import foretelling_words
from .missed_mentions import FILLERS

_SHORTEST: Final = 3
"""Letters of a word that counts, at the end of another too: "Tor", in "Gartentor"."""


@dataclass(slots=True)
class DangerousNames:
    """The names of all that may do something dangerous, whatever leads to it.

    They tell in any language that a sentence or an answer may be about it.
    """

    hass: HomeAssistant
    assistant: str
    additions: Additions
    sentence: str
    """What the person said."""
    _meant: bool | None = field(default=None, init=False)

    @property
    def may_be_meant(self) -> bool:
        """Return whether the sentence has a word of one of the names, or a part of it."""
        if self._meant is None:
            said = _words_of(self.sentence)
            near: dict[str, bool] = {}
            for word in {word for name, _ in self._names() for word in _words_of(name)}:
                near[word] = word in said or any(_is_part(word, own) for own in said)
            self._meant = any(
                any(near[word] for word in _words_of(name))
                and self._is_dangerous(exposed)
                for name, exposed in self._names()
            )
        return self._meant

    @callback
    def are_in(self, text: str) -> bool:
        """Return whether one of the names stands in a text."""
        said = _words_of(text)
        return any(
            not said.isdisjoint(_words_of(name))
            and is_named(name, text)
            and self._is_dangerous(exposed)
            for name, exposed in self._names()
        )

    def _names(self) -> Iterator[tuple[str, Exposed]]:
        for exposed in exposed_entities(self.hass, self.assistant):
            for name in names_of(self.hass, exposed):
                yield name, exposed

    def _is_dangerous(self, exposed: Exposed) -> bool:
        effect = Effect(UNKNOWN, exposed.entity_id)
        return any(
            harm_of(self.hass, each, self.additions, direct=False)
            for each in all_effects(self.hass, [effect])
        )


@lru_cache(maxsize=4096)
def _words_of(text: str) -> frozenset[str]:
    """Return the words that tell something; all where none does."""
    words = frozenset((*words_of(text), *foretelling_words(text)))
    telling = {
        word for word in words - FILLERS if len(word) >= _SHORTEST or not word.isascii()
    }
    return frozenset(telling) or words


def _is_part(first: str, second: str) -> bool:
    """Return whether one word is the other's end, or its stem."""
    shorter, longer = (first, second) if len(first) < len(second) else (second, first)
    if len(shorter) < _SHORTEST:
        return False
    return longer.endswith(shorter) or (
        len(shorter) > _SHORTEST and longer.startswith(shorter)
    )
