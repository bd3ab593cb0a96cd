"""What a row of the bench has found, and how it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
import math
from statistics import median, quantiles
from typing import Any, Final

OURS: Final = "ours"
NOISE: Final = 0.05
"""Share by which two medians differ that may be chance."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Samples of one figure."""

    median: float
    low: float
    """The 10th percentile."""
    high: float
    """The 90th percentile."""
    count: int

    @classmethod
    def of(cls, samples: Sequence[float]) -> Spread:
        """Return the spread of samples, of which there is at least one."""
        if len(samples) < 2:
            return cls(samples[0], samples[0], samples[0], len(samples))
        deciles = quantiles(samples, n=10, method="inclusive")
        return cls(median(samples), deciles[0], deciles[-1], len(samples))


@dataclass(frozen=True, slots=True)
class Line:
    """One figure, of each contender."""

    what: str
    unit: str
    found: Mapping[str, Sequence[float]]
    """Samples by contender; `OURS` first."""
    aim: str = ""
    """What was aimed at, in words."""
    met: bool | None = None
    """Whether the aim was reached, where there is one."""
    note: str = ""

    @property
    def spreads(self) -> dict[str, Spread]:
        """Return the spread of each contender."""
        return {name: Spread.of(samples) for name, samples in self.found.items()}

    def ratio(self, other: str) -> float | None:
        """Return ours as a share of another's; less is better."""
        spreads = self.spreads
        if other == OURS or OURS not in spreads or not spreads[other].median:
            return None
        return spreads[OURS].median / spreads[other].median

    @property
    def lost_to(self) -> list[str]:
        """Return who is better than us by more than chance."""
        return [
            name
            for name in self.found
            if (ratio := self.ratio(name)) is not None and ratio > 1 + NOISE
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the line as JSON."""
        return {
            "what": self.what,
            "unit": self.unit,
            "found": {
                name: {
                    "median": spread.median,
                    "p10": spread.low,
                    "p90": spread.high,
                    "n": spread.count,
                }
                for name, spread in self.spreads.items()
            },
            "ratios": {
                name: ratio
                for name in self.found
                if (ratio := self.ratio(name)) is not None
            },
            "lost_to": self.lost_to,
            "aim": self.aim,
            "met": self.met,
            "note": self.note,
        }


@dataclass(slots=True)
class Result:
    """All that one row has found."""

    name: str
    title: str
    lines: list[Line] = field(default_factory=list)
    seconds: float = 0.0
    skipped: str = ""
    """Why nothing was measured, if nothing was."""

    @property
    def contenders(self) -> list[str]:
        """Return who takes part, us first."""
        names = dict.fromkeys(name for line in self.lines for name in line.found)
        return sorted(names, key=lambda name: name != OURS)

    def as_dict(self) -> dict[str, Any]:
        """Return the row as JSON."""
        return {
            "row": self.name,
            "title": self.title,
            "seconds": round(self.seconds, 1),
            "skipped": self.skipped,
            "lines": [line.as_dict() for line in self.lines],
        }

    def as_markdown(self) -> str:
        """Return the row as a table."""
        head = f"### {self.name}: {self.title}\n"
        if self.skipped:
            return f"{head}\nNot measured: {self.skipped}\n"
        if not self.contenders:
            return "\n".join(
                [head, "```", *(line.note for line in self.lines), "```\n"]
            )
        names = self.contenders
        others = [name for name in names if name != OURS and OURS in names]
        cells = ["", *names, *(f"ours / {name}" for name in others), ""]
        lines = [_row(cells), _row(["---"] * len(cells))]
        for line in self.lines:
            spreads = line.spreads
            lines.append(
                _row(
                    [
                        f"{line.what}, {line.unit}" if line.unit else line.what,
                        *(_spread(spreads.get(name)) for name in names),
                        *(
                            "" if (r := line.ratio(o)) is None else f"{r:.2f}"
                            for o in (o if o in line.found else OURS for o in others)
                        ),
                        _verdict(line),
                    ]
                )
            )
        return "\n".join([head, *lines, ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _verdict(line: Line) -> str:
    said = []
    if line.lost_to:
        said.append(f"**lost** to {', '.join(line.lost_to)}")
    if line.aim:
        said.append(f"aim: {line.aim} ({'met' if line.met else '**missed**'})")
    if line.note:
        said.append(line.note)
    return "; ".join(said)


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return ""
    if spread.count == 1 or spread.low == spread.high:
        return number(spread.median)
    return f"{number(spread.median)} ({number(spread.low)} to {number(spread.high)})"


def number(value: float) -> str:
    """Return a number with three digits that count."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"
