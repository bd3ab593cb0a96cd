"""What an answer says of a thing, where the state of the thing says no."""

from collections.abc import Iterator
import re
from typing import Final

from homeassistant.helpers.translation import async_translate_state

from ..tools.intents.things import Thing, exposed_things, words_of
from .missed_mentions import ACTED_ON, Sentence
from .opposites import opposite_states

_SENTENCE: Final = re.compile(r"[^.!?\n]+[.!?\n]*")
_SHORT: Final = 4
"""Letters of a word up to which it has no other endings."""


def misstated(said: Sentence, answer: str) -> str:
    """Return what is so, if the answer says the opposite; empty if it does not.

    It goes by the words of Home Assistant for the states, of things that the answer
    names, or that the person named where it is one thing.
    """
    things = [
        thing
        for thing in exposed_things(said.hass, said.assistant).all
        if thing.domain in ACTED_ON
    ]
    meant = [thing for thing in things if thing.is_in(said.text)]
    for match in _SENTENCE.finditer(answer):
        sentence = match[0]
        if sentence.rstrip().endswith("?"):
            continue
        named = [thing for thing in things if thing.is_in(sentence)]
        of = named or (meant if len(meant) == 1 else [])
        if len(of) == 1 and (is_so := _opposite(said, of[0], sentence)):
            return is_so
    return ""


def _opposite(said: Sentence, thing: Thing, sentence: str) -> str:
    pair = opposite_states(thing.domain)
    state = thing.state.state
    if state not in pair:
        return ""
    other = pair[1 - pair.index(state)]
    named = {word for name in thing.names for word in words_of(name)}
    words = [word for word in words_of(sentence) if word not in named]
    if _has(words, said, thing, other) and not _has(words, said, thing, state):
        return f"{thing.name} is {state}, not {other}."
    return ""


def _has(words: list[str], said: Sentence, thing: Thing, state: str) -> bool:
    return any(
        word == known or (len(known) > _SHORT and word.startswith(known))
        for known in _known(said, thing, state)
        for word in words
    )


def _known(said: Sentence, thing: Thing, state: str) -> Iterator[str]:
    """Yield the words for a state, without an ending of gender."""
    yield state
    shown = async_translate_state(
        said.hass, state, thing.domain, None, None, thing.device_class
    )
    # "Bloccato/a" in Italian.
    shown = shown.partition("/")[0].casefold()
    yield shown[:-1] if len(shown) > _SHORT and shown[-1] in "oa" else shown
