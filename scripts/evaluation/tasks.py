"""What is said to a home, and what must have come of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .home import Change, Home

type Changes = Mapping[str, Change]
"""By entity id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A sentence, and what must have changed or be said after it."""

    say: str
    changes: Changes = field(default_factory=dict)
    """What must have changed since the sentence was said, all of it."""
    instead: tuple[Changes, ...] = ()
    """Other outcomes that are as right as `changes`."""
    some: Changes = field(default_factory=dict)
    """Changes of which one at least must be there; each may be."""
    free: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What does not count: names of attributes, `*` for the entity, by entity id."""
    says: tuple[tuple[str, ...], ...] = ()
    """Of each group, one must be said."""
    never_says: tuple[str, ...] = ()
    refuses: bool = False
    """Whether nothing must be done, and nothing be said to be done."""

    @property
    def acts(self) -> bool:
        """Whether something must change."""
        return bool(self.changes or self.instead or self.some)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Sentences of one conversation in one home."""

    id: str
    home: Home
    """As it is before the first sentence."""
    turns: tuple[Turn, ...]
    category: str = ""
    language: str = "en"
    device: str | None = None
    """The device of the home that hears it."""
    strict: bool = False
    """Whether it is judged as a public set is: by the state alone, in which attributes
    that follow from a wanted change must have been named too."""
    unchecked: bool = False
    """Whether its makers never look at what comes of it."""

    @property
    def sentence(self) -> str:
        """What is said, the turns in one line."""
        return " / ".join(turn.say for turn in self.turns)
