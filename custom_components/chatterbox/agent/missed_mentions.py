"""What a sentence names and no call has reached."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
import re
from typing import Final

from homeassistant.core import HomeAssistant

from ..tools.intents.things import Thing, exposed_things, is_named, words_of
from .opposites import Effect, of_part, opposite_states

ACTED_ON: Final = frozenset(
    {"climate", "cover", "fan", "humidifier", "input_boolean", "lawn_mower", "light"}
    | {"lock", "media_player", "scene", "script", "siren", "switch", "vacuum", "valve"}
    | {"water_heater"}
)
_AND: Final = frozenset([",", "&", "and", "und", "sowie", "y", "e", "ed", "et", "en"])
FILLERS: Final = frozenset(
    # Articles and the like of the languages of our translations.
    [
        "a",
        "an",
        "the",
        "some",
        "any",
        "my",
        "more",
        "also",
        "please",
        "another",
        "ein",
        "eine",
        "einen",
        "einem",
        "der",
        "die",
        "das",
        "den",
        "etwas",
        "noch",
        "auch",
        "bitte",
        "mehr",
        "un",
        "una",
        "uno",
        "unos",
        "unas",
        "el",
        "la",
        "los",
        "las",
        "también",
        "más",
        "por",
        "favor",
        "algo",
        "de",
        "une",
        "du",
        "des",
        "le",
        "les",
        "aussi",
        "plus",
        "encore",
        "s'il",
        "te",
        "plaît",
        "il",
        "lo",
        "gli",
        "i",
        "dei",
        "delle",
        "della",
        "del",
        "anche",
        "ancora",
        "een",
        "het",
        "de",
        "wat",
        "ook",
        "nog",
    ]
)
_CONDITION: Final = re.compile(
    r"\b(if|when|unless|except|until|but|wenn|falls|sobald|außer|bis|aber|si|cuando"
    r"|excepto|salvo|menos|pero|quand|sauf|mais|se|quando|tranne|eccetto|ma|als"
    r"|wanneer|behalve|tenzij|tot|maar)\b"
)
"""In a sentence that has one, not all that it names is to be acted on."""
_PARTS: Final = re.compile(
    r"[,;.]|\b(?:and|then|und|dann|y|luego|e|poi|et|puis|en)\b", re.I
)
_TOKEN: Final = re.compile(r"[\w'\u2019-]+|[,&]")


@dataclass(frozen=True, slots=True)
class Reached:
    """What a call that succeeded was for."""

    words: frozenset[str]
    item: str | None = None
    """What it put on a list, or took from it."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a person said, and the home that it is about."""

    hass: HomeAssistant
    assistant: str
    text: str

    def unreached(self, reached: Sequence[Reached]) -> tuple[str, ...]:
        """Return what it names beside what was reached: things, and items of a list."""
        if not reached or _CONDITION.search(self.text.casefold()):
            return ()
        items = [words_of(call.item) for call in reached if call.item]
        words = frozenset(word for call in reached for word in call.words)
        beside = [word for word in _beside(self.text, items) if word not in words]
        return (*beside, *self._things(words))

    def _things(self, words: Collection[str]) -> Iterator[str]:
        """Yield the things of a reached one's kind that are named and not reached."""
        named = _longest(
            thing
            for thing in exposed_things(self.hass, self.assistant).all
            if thing.domain in ACTED_ON and thing.is_in(self.text)
        )
        reached = [thing for thing in named if _is_among(thing, words)]
        names = {name.casefold() for thing in reached for name in thing.names}
        for thing in named:
            if thing in reached or not names.isdisjoint(map(str.casefold, thing.names)):
                continue
            if self._is_so(thing, reached):
                continue
            yield thing.name

    def _is_so(self, thing: Thing, reached: Sequence[Thing]) -> bool:
        """Return whether a thing is in the state already that the sentence asks for.

        That is what its own verb says, else the state of what was reached.
        """
        part = next((p for p in _PARTS.split(self.text) if thing.is_in(p)), "")
        states = opposite_states(thing.domain)
        match of_part(part):
            case Effect.ON:
                return thing.state.state == states[0]
            case Effect.OFF:
                return thing.state.state == states[1]
        return any(thing.state.state == other.state.state for other in reached)


def _is_among(thing: Thing, words: Collection[str]) -> bool:
    return any(
        bool(own := words_of(name)) and all(word in words for word in own)
        for name in (*thing.names, thing.entity_id)
    )


def _longest(things: Iterable[Thing]) -> list[Thing]:
    """Return the things whose names are not a part of another's."""
    found = list(things)
    return [
        thing
        for thing in found
        if not any(
            other is not thing
            and len(words_of(other.name)) > len(words_of(thing.name))
            and is_named(thing.name, other.name)
            for other in found
        )
    ]


def _beside(sentence: str, items: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield the words that a sentence lists beside items: eggs, in "milk and eggs"."""
    tokens = _TOKEN.findall(sentence.casefold())
    owned = {at for item in items for at in _places(tokens, item)}
    for step in (1, -1):
        for at in sorted(owned):
            if at + step not in owned:
                yield from _listed(tokens, at + step, step, owned)


def _places(tokens: Sequence[str], item: tuple[str, ...]) -> Iterator[int]:
    for start in range(len(tokens) - len(item) + 1):
        if item and tuple(tokens[start : start + len(item)]) == item:
            yield from range(start, start + len(item))


def _listed(
    tokens: Sequence[str], at: int, step: int, owned: Collection[int]
) -> Iterator[str]:
    parted = False
    while 0 <= at < len(tokens) and at not in owned:
        token = tokens[at]
        if token in _AND:
            parted = True
        elif token not in FILLERS and not token.isdecimal():
            if not parted:
                return
            yield token
            parted = False
        at += step


def names_any(text: str, names: Iterable[str]) -> bool:
    """Return whether a text names one of these."""
    return any(is_named(name, text) for name in names)
