"""Which words of sentences went with which calls: counts, and nothing else."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
import json
from typing import Any, Final, Self

from homeassistant.helpers import llm

MAX_WORDS: Final = 300
MAX_CALLS: Final = 8
"""Of each word."""
MAX_ARGUMENTS: Final = 500
"""Characters of a call's arguments as JSON; one with more is not learnt."""
SEEN: Final = 2.0
"""Times that a word went with a call before it foretells it."""
PRECISION: Final = 0.6
"""Share of a word's sentences that must have led to the call, and a little more."""
KNOWN: Final = 0.5
"""Share of a sentence's words that must have been heard before with any call."""
AGES_AFTER: Final = 30 * 24 * 3600.0
"""Seconds after which all counts are halved, so that old habits are forgotten."""
_FULL: Final = 32.0
"""Sentences with a word after which its counts are halved, so that new habits show."""
_LEAST: Final = 0.5
_HOURS: Final = 24


@dataclass(frozen=True, slots=True, order=True)
class LearntCall:
    """A call, its times told from the moment at which it is made."""

    tool: str
    args: str
    """JSON with sorted keys."""

    @classmethod
    def of(cls, tool: str, args: Any) -> Self | None:
        """Return the call, None for one that is too long or no JSON."""
        try:
            text = json.dumps(args, sort_keys=True, allow_nan=False)
        except TypeError, ValueError:
            return None
        return cls(tool, text) if len(text) <= MAX_ARGUMENTS else None

    def as_input(self, args: dict[str, Any]) -> llm.ToolInput:
        """Return it as it is made now, with these arguments."""
        return llm.ToolInput(tool_name=self.tool, tool_args=args)


@dataclass(slots=True)
class _Word:
    seen: float = 0.0
    calls: dict[LearntCall, float] = field(default_factory=dict)

    def halve(self) -> None:
        self.seen /= 2
        self.calls = {c: n / 2 for c, n in self.calls.items() if n / 2 >= _LEAST}


@dataclass(slots=True)
class LearntTable:
    """What one agent has learnt of what one person, or whoever speaks, asks for."""

    aged: float = 0.0
    """When the counts were last halved, in seconds since the epoch."""
    _words: dict[str, _Word] = field(default_factory=dict)
    _hours: dict[LearntCall, dict[int, float]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._words)

    def learn(
        self, words: Iterable[str], calls: Collection[LearntCall], hour: int, now: float
    ) -> None:
        """Count a sentence that led to these calls, or to none."""
        if not self.aged:
            self.aged = now
        elif now - self.aged > AGES_AFTER:
            self._age(now)
        for name in words:
            word = self._words.pop(name, None) or _Word()
            word.seen += 1
            for call in calls:
                word.calls[call] = word.calls.get(call, 0) + 1
            while len(word.calls) > MAX_CALLS:
                del word.calls[min(word.calls, key=word.calls.__getitem__)]
            if word.seen > _FULL:
                word.halve()
            # A word that never went with a call tells nothing.
            if word.calls:
                self._words[name] = word
        for call in calls:
            hours = self._hours.setdefault(call, {})
            hours[hour] = hours.get(hour, 0) + 1
        self._forget_most()

    def foretold(self, words: Collection[str], most: int) -> list[LearntCall]:
        """Return the calls that the words of a sentence foretell, the surest first."""
        known = [word for name in words if (word := self._words.get(name))]
        if not words or len(known) / len(words) < KNOWN:
            return []
        sure: dict[LearntCall, tuple[float, float]] = {}
        for word in known:
            for call, count in word.calls.items():
                precision = count / word.seen
                if count >= SEEN and precision > PRECISION:
                    sure[call] = max(sure.get(call, (0.0, 0.0)), (precision, count))
        return sorted(sure, key=lambda call: (*sure[call], call), reverse=True)[:most]

    def usual(self, hour: int, most: int) -> list[LearntCall]:
        """Return the calls that are wanted most at an hour of the day."""
        wanted = {
            call: sum(hours.get((hour + near) % _HOURS, 0) for near in (-1, 0, 1))
            for call, hours in self._hours.items()
        }
        often = [call for call, count in wanted.items() if count >= SEEN]
        return sorted(often, key=lambda call: (-wanted[call], call))[:most]

    def _age(self, now: float) -> None:
        self.aged = now
        for name, word in list(self._words.items()):
            word.halve()
            if not word.calls:
                del self._words[name]
        for hours in self._hours.values():
            for hour in list(hours):
                hours[hour] /= 2

    def _forget_most(self) -> None:
        while len(self._words) > MAX_WORDS:
            del self._words[next(iter(self._words))]
        used = {call for word in self._words.values() for call in word.calls}
        for call in self._hours.keys() - used:
            del self._hours[call]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        calls = list(self._hours)
        number = {call: index for index, call in enumerate(calls)}
        return {
            "aged": self.aged,
            "calls": [
                {
                    "tool": call.tool,
                    "args": call.args,
                    "hours": [[h, n] for h, n in self._hours[call].items()],
                }
                for call in calls
            ],
            "words": {
                name: {
                    "seen": word.seen,
                    "calls": [[number[call], n] for call, n in word.calls.items()],
                }
                for name, word in self._words.items()
            },
        }

    @classmethod
    def from_dict(cls, stored: Any) -> Self:
        """Return what was stored. Raises what odd data raises."""
        calls = [LearntCall(str(c["tool"]), str(c["args"])) for c in stored["calls"]]
        table = cls(
            float(stored["aged"]),
            {
                str(name): _Word(
                    float(word["seen"]),
                    {calls[index]: float(count) for index, count in word["calls"]},
                )
                for name, word in stored["words"].items()
            },
            {
                call: {int(hour) % _HOURS: float(n) for hour, n in found["hours"]}
                for call, found in zip(calls, stored["calls"], strict=True)
            },
        )
        table._forget_most()
        return table
