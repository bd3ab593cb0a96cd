"""What a rule has to go by, and what it comes to."""

from collections.abc import Callable
from dataclasses import dataclass, field
import re
from typing import Any

from .home import Home, Meant
from .offered import OfferedTool, Toolset


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the model was told when it is to act."""

    tools: Toolset
    home: Home
    note: str = ""
    """What stands behind the sentence in the same message: time, area, states."""
    prompt: str = ""

    @property
    def here(self) -> str | None:
        """The area that the person is in, if the note says so."""
        found = re.search(r"\bin area ([^.,\]\n]+)", self.note, re.IGNORECASE)
        return found[1].strip() if found else None


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call that a rule wants."""

    tool: str
    arguments: dict[str, Any]
    done: str = ""
    """What to say when it has succeeded. Empty if its result is to be read."""


@dataclass(slots=True)
class Plan:
    """What a sentence comes to."""

    calls: list[Call] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """Answers that need no tool."""
    lost: list[str] = field(default_factory=list)
    """Parts that were not understood."""
    unable: list[str] = field(default_factory=list)
    """Parts that were, but no tool that is offered can do them."""


type Outcome = list[Call] | str | None
"""Calls, an answer, or None if no tool that is offered can do it."""

type Rule = Callable[[Situation, re.Match[str]], Outcome]


def target(tool: OfferedTool, meant: Meant) -> dict[str, Any]:
    """Return the arguments that tell a tool which thing is meant."""
    found: dict[str, Any] = {}
    for key in ("name", "area", "domain"):
        value = getattr(meant, key)
        if key == "domain" and meant.name and "area" in tool.properties:
            # A name says enough, and may be that of another kind than it sounds.
            continue
        if value and key in tool.properties:
            found[key] = tool.value(key, value)
    return found
