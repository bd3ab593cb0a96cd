"""What a model means by a name, where it means one thing."""

from collections.abc import Callable, Collection, Iterable, Sequence
from difflib import get_close_matches
import re
from typing import Final, Protocol

from .things import Place, Thing, words_of

_MIN_TYPING: Final = 5
"""Letters of a name with one typing mistake; a shorter one may be another word."""
_FLOOR_IN_HEADING = re.compile(r"\s*\(floor (?P<floor>.*)\):?\s*$", re.IGNORECASE)
_LISTED: Final = 10
"""Things that an error lists at most."""


class _Named(Protocol):
    @property
    def names(self) -> tuple[str, ...]:
        """What it is called."""


def by_name(name: str, things: Sequence[Thing], *, loosely: bool) -> list[Thing]:
    """Return what is called so, exactly; `loosely`, in the first way that finds some."""
    tests: list[Callable[[Thing], bool]] = [
        lambda thing: thing.is_called(name),
        lambda thing: _same_words(name, thing),
    ]
    if loosely:
        wanted = words_of(name)
        tests += [
            lambda thing: _same_stems(name, thing),
            lambda thing: _with_place(wanted, thing),
            lambda thing: _one_mistake(name, thing.names),
        ]
    for test in tests:
        if found := [thing for thing in things if test(thing)]:
            return found
    return []


def by_place_name(name: str, places: Iterable[Place]) -> Place | None:
    """Return the one place of that name, also copied as a heading; else None."""
    bare = _FLOOR_IN_HEADING.sub("", name).strip().rstrip(":")
    candidates = list(places)
    tests: list[Callable[[Place], bool]] = [
        lambda place: any(known.casefold() == bare.casefold() for known in place.names),
        lambda place: _same_words(bare, place),
        lambda place: _same_stems(_without_floor(bare), place),
        lambda place: _one_mistake(bare, place.names),
    ]
    for test in tests:
        if found := [place for place in candidates if place.id == name or test(place)]:
            return found[0] if len(found) == 1 else None
    return None


def floor_of_heading(name: str) -> str | None:
    """Return the floor's name in `Bathroom (floor Ground):`."""
    match = _FLOOR_IN_HEADING.search(name)
    return match["floor"] if match else None


def _without_floor(name: str) -> str:
    words = [word for word in words_of(name) if word != "floor"]
    return " ".join(words) or name


def _same_words(name: str, named: _Named) -> bool:
    wanted = words_of(name)
    return any(words_of(known) == wanted for known in named.names)


def _same_stems(name: str, named: _Named) -> bool:
    wanted = stems(words_of(name))
    return any(
        stems(words_of(known)) == wanted
        or stems(words_of(_without_floor(known))) == wanted
        for known in named.names
    )


def stems(words: Iterable[str]) -> tuple[str, ...]:
    """Return the words of a name without articles, in the singular."""
    return tuple(_stem(word) for word in words if word not in {"the", "my", "a", "an"})


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _with_place(wanted: Collection[str], thing: Thing) -> bool:
    """Return whether the words name the thing by its place and domain as well."""
    if thing.area is None:
        return False
    said = set(stems(wanted))
    places = [set(stems(words_of(name))) for name in thing.area.names]
    kinds = set(words_of(thing.domain)) | set(words_of(thing.device_class or ""))
    for name in thing.names:
        own = set(stems(words_of(name)))
        for place in places:
            bare = own - place
            if bare and bare <= said and said & place and said <= own | place | kinds:
                return True
    return False


def _one_mistake(name: str, names: Iterable[str]) -> bool:
    wanted = " ".join(words_of(name))
    return len(wanted) >= _MIN_TYPING and any(
        _differ_by_one(wanted, " ".join(words_of(known))) for known in names
    )


def _differ_by_one(first: str, second: str) -> bool:
    """Return whether one letter, no digit, is wrong, missing, added or swapped."""
    if len(first) > len(second):
        first, second = second, first
    if first == second or len(second) - len(first) > 1:
        return False
    start = next(
        (i for i, letter in enumerate(first) if letter != second[i]), len(first)
    )
    rest = len(second) - len(first)
    if first[start + 1 - rest :] == second[start + 1 :]:
        changed = first[start : start + 1 - rest] + second[start]
    elif (
        not rest
        and first[start : start + 2] == second[start : start + 2][::-1]
        and first[start + 2 :] == second[start + 2 :]
    ):
        changed = first[start : start + 2]
    else:
        return False
    return not any(letter.isdigit() for letter in changed)


def listing(things: Sequence[Thing]) -> str:
    """Return things by their full names."""
    words = [thing.full_name for thing in things[:_LISTED]]
    if (more := len(things) - _LISTED) > 0:
        words.append(f"{more} more")
    return ", ".join(words)


def closest(name: str, things: Sequence[Thing]) -> list[Thing]:
    """Return the things whose names come closest, best first."""
    known: dict[str, list[Thing]] = {}
    for thing in things:
        for own in thing.names:
            known.setdefault(own.casefold(), []).append(thing)
    found: dict[str, Thing] = {}
    for match in get_close_matches(name.casefold(), known, n=3, cutoff=0.4):
        found.update((thing.entity_id, thing) for thing in known[match])
    return list(found.values())
