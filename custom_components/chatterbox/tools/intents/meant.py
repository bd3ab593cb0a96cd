"""What is meant where a model's own words for it are the name of nothing."""

from collections.abc import Iterable, Sequence

from .matching import stems
from .things import Place, Thing, words_of


def of_kind(name: str, things: Sequence[Thing], areas: Iterable[Place]) -> list[Thing]:
    """Return the things of a kind that a name is no more than, at its place if it has one.

    "Fan", "light" and "Living Room Curtain" are no names where nothing is called so.
    """
    said = set(stems(words_of(name)))
    if found := _kind(said, things):
        return found
    for area in areas:
        for own in area.names:
            place = set(stems(words_of(own)))
            there = [thing for thing in things if thing.area == area]
            if place < said and (found := _kind(said - place, there)):
                return found
    return []


def _kind(said: set[str], things: Iterable[Thing]) -> list[Thing]:
    return [thing for thing in things if said and said in _kinds(thing)]


def _kinds(thing: Thing) -> tuple[set[str], ...]:
    domain = set(stems(words_of(thing.domain)))
    kind = set(stems(words_of(thing.device_class or "")))
    return domain, kind, domain | kind


def one_meant(
    given: str, acting: Sequence[Thing], sentence: str, *, of_one_kind: bool
) -> Thing | None:
    """Return the one thing that a sentence names, by its kind if there is one such.

    None where a word of what was given was said: it may be what is meant, and is not there.
    """
    said = stems(words_of(sentence))
    if not set(said).isdisjoint(stems(words_of(given))):
        return None
    named = [thing for thing in acting if thing.is_in(sentence)]
    if not named and of_one_kind and len(acting) == 1:
        named = [thing for thing in acting if _says_kind(said, thing)]
    return named[0] if len(named) == 1 else None


def _says_kind(said: Sequence[str], thing: Thing) -> bool:
    """Return whether a sentence has the words of a kind, as "vacuuming" has "vacuum"."""
    return any(
        kind and all(any(word.startswith(own) for word in said) for own in kind)
        for kind in _kinds(thing)
    )
