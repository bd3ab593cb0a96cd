"""Results as tables that can be pasted into an issue."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import quantiles
from typing import Any, Final

from .results import Result

type Row = Sequence[str]


def table(head: Row, rows: Iterable[Row]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def by_group(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Return results by the model that gave the answers."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.get("model") or "", []).append(result)
    return dict(sorted(groups.items()))


def _count(name: str) -> Callable[[Sequence[Result]], str]:
    return lambda results: str(sum(bool(result[name]) for result in results))


def _share(results: Sequence[Result]) -> str:
    right = sum(result["right"] for result in results)
    return f"{right} ({right / len(results):.0%})"


def _spread(name: str) -> Callable[[Sequence[Result]], str]:
    """Return p50 and p95 in seconds of a time that every turn has."""

    def spread(results: Sequence[Result]) -> str:
        turns = (turn for result in results for turn in result["turns"])
        times = sorted(turn[name] for turn in turns if turn[name] is not None)
        if not times:
            return "-"
        if len(times) == 1:
            return f"{times[0]:.2f} s"
        cuts = quantiles(times, n=20, method="inclusive")
        return f"{cuts[9]:.2f} / {cuts[18]:.2f} s"

    return spread


def _tokens(results: Sequence[Result]) -> str:
    parts = []
    for name in ("input", "output", "cached"):
        counts = [r[name] for r in results if r.get(name) is not None]
        parts.append(f"{sum(counts):,}" if counts else "-")
    return " / ".join(parts)


def _calls(results: Sequence[Result]) -> str:
    turns = sum(len(result["turns"]) for result in results)
    calls = sum(result["model_calls"] for result in results)
    return f"{calls} ({calls / turns:.2f} a turn)"


FIGURES: Final[Mapping[str, Callable[[Sequence[Result]], str]]] = {
    "tasks": lambda results: str(len(results)),
    "right": _share,
    "wrong": lambda results: str(sum(not r["right"] for r in results)),
    "refused rightly": _count("refused"),
    "claimed falsely": _count("claimed_falsely"),
    "markup spoken": _count("markup"),
    "asked back": _count("asked"),
    "model calls": _calls,
    "first word p50 / p95": _spread("first_word"),
    "whole turn p50 / p95": _spread("seconds"),
    "tokens in / out / cached": _tokens,
}
REPLAYED: Final = (
    "tasks",
    "right",
    "wrong",
    "refused rightly",
    "claimed falsely",
    "markup spoken",
    "asked back",
    "model calls",
)
"""What says something where answers are played: no times, no tokens."""


def summary(columns: Mapping[str, Sequence[Result]], replayed: bool = False) -> str:
    """Return a table with a column for each run."""
    names = REPLAYED if replayed else tuple(FIGURES)
    rows = [
        [
            name,
            *(
                FIGURES[name](results) if results else "-"
                for results in columns.values()
            ),
        ]
        for name in names
    ]
    return table(["", *columns], rows)


def by_category(columns: Mapping[str, Sequence[Result]]) -> str:
    """Return a table of what was right in each category."""
    names = sorted({r["category"] for results in columns.values() for r in results})
    rows = []
    for name in names:
        row = [name]
        for results in columns.values():
            found = [r for r in results if r["category"] == name]
            right = sum(r["right"] for r in found)
            row.append(f"{right} of {len(found)}" if found else "-")
        rows.append(row)
    return table(["category", *columns], rows)


def replay_report(results: Sequence[Result]) -> str:
    """Return what became of recorded answers, by model, and each difference."""
    rows = []
    groups = by_group(results)
    everything = groups if len(groups) < 2 else {**groups, "all": list(results)}
    for model, found in everything.items():
        saved = [r for r in found if r["right"] and not r["recorded_right"]]
        spoiled = [r for r in found if not r["right"] and r["recorded_right"]]
        unchecked = [r for r in spoiled if r["unchecked"]]
        recorded = sum(r["recorded_right"] for r in found)
        rows.append(
            [
                model,
                str(len(found)),
                f"{recorded} ({recorded / len(found):.1%})",
                f"{sum(r['right'] for r in found)} "
                f"({sum(r['right'] for r in found) / len(found):.1%})",
                str(len(saved)),
                str(len(spoiled) - len(unchecked)),
                str(len(unchecked)),
                *(FIGURES[name](found) for name in REPLAYED[4:]),
            ]
        )
    head = [
        "model",
        "answers",
        "right as recorded",
        "right now",
        "saved",
        "spoiled",
        "never checked by its makers, wrong",
        *REPLAYED[4:],
    ]
    text = table(head, rows)
    for title, right in (("Saved", True), ("Spoiled", False)):
        if lines := list(_changed(results, right=right)):
            text += f"\n\n{title}:\n" + "\n".join(lines)
    return text


def _changed(results: Sequence[Result], *, right: bool) -> Iterator[str]:
    """Yield the tasks of which answers are right now and were not, or the reverse."""
    found = [
        r for r in results if r["right"] is right and r["recorded_right"] is not right
    ]
    grouped: dict[tuple[str, str], Counter[str]] = {}
    for result in found:
        grouped.setdefault((result["task"], reason(result)), Counter())[
            result["model"]
        ] += 1
    for (task, why), models in sorted(grouped.items()):
        told = ", ".join(f"{model} x{count}" for model, count in sorted(models.items()))
        yield f"- `{task}` ({told}): {why}"


def reason(result: Result) -> str:
    """Return why a result is what it is, as far as it can be told from it."""
    if result["unchecked"] and not result["right"]:
        return f"its makers never check it; {'; '.join(result['why'])}"
    errors = [
        f"{call['name']}: {call['error']}"
        for turn in result["turns"]
        for call in turn["calls"]
        if call.get("error")
    ]
    if result["right"]:
        return _shortly("the calls had the effect that was wanted", errors)
    return _shortly("; ".join(result["why"]), errors)


def _shortly(text: str, errors: Sequence[str]) -> str:
    text = f"{text} [{errors[0]}]" if errors else text
    return text if len(text) <= 240 else f"{text[:237]}…"


def comparison(
    names: tuple[str, str], results: tuple[Sequence[Result], Sequence[Result]]
) -> str:
    """Return two runs side by side, with the sentences that changed."""
    one, two = ({r["key"]: r for r in found} for found in results)
    both = [key for key in one if key in two]
    if not both:
        return "The two runs have no task in common."
    columns = {
        names[0]: [one[key] for key in both],
        names[1]: [two[key] for key in both],
    }
    replayed = any("recorded_right" in one[key] for key in both)
    parts = [
        f"{len(both)} tasks that both runs have.",
        summary(columns, replayed=replayed),
        by_category(columns),
    ]
    if replayed:
        parts.append(_by_model(columns))
    for title, right in (("Right only in", 1), ("Right only in", 0)):
        lines = list(_moved(both, one, two, second_right=bool(right)))
        parts.append(f"{title} {names[right]}: {_total(both, one, two, bool(right))}")
        parts[-1] += "\n" + "\n".join(lines) if lines else ""
    lines = list(_newly_false(both, one, two))
    parts.append(f"Claimed falsely only in {names[1]}: {len(lines)}")
    parts[-1] += "\n" + "\n".join(lines) if lines else ""
    return "\n\n".join(parts)


def _by_model(columns: Mapping[str, Sequence[Result]]) -> str:
    groups = {name: by_group(results) for name, results in columns.items()}
    models = next(iter(groups.values()))
    rows = [
        [
            model,
            *(
                f"{_share(groups[name][model])}, {_count('claimed_falsely')(groups[name][model])} false"
                for name in columns
            ),
        ]
        for model in models
    ]
    return table(["model", *columns], rows)


def _total(
    keys: Sequence[str],
    one: Mapping[str, Result],
    two: Mapping[str, Result],
    second: bool,
) -> int:
    return sum(
        one[k]["right"] is not second and two[k]["right"] is second for k in keys
    )


def _moved(
    keys: Sequence[str],
    one: Mapping[str, Result],
    two: Mapping[str, Result],
    *,
    second_right: bool,
) -> Iterator[str]:
    """Yield the sentences that one of two runs got right and the other did not."""
    found: Counter[tuple[str, str]] = Counter()
    for key in keys:
        first, second = one[key], two[key]
        if first["right"] is not second_right and second["right"] is second_right:
            wrong = first if second_right else second
            found[first["sentence"], reason(wrong)] += 1
    for (sentence, why), count in sorted(found.items()):
        times = f" x{count}" if count > 1 else ""
        yield f"- “{sentence}”{times}; where it is wrong: {why}"


def _newly_false(
    keys: Sequence[str], one: Mapping[str, Result], two: Mapping[str, Result]
) -> Iterator[str]:
    found: Counter[tuple[str, str]] = Counter()
    for key in keys:
        if two[key]["claimed_falsely"] and not one[key]["claimed_falsely"]:
            spoken = " / ".join(turn["spoken"] for turn in two[key]["turns"])
            found[two[key]["sentence"], spoken] += 1
    for (sentence, spoken), count in sorted(found.items()):
        times = f" x{count}" if count > 1 else ""
        yield f"- “{sentence}”{times}: “{spoken}”"


def wrong_ones(results: Sequence[Result]) -> str:
    """Return what was wrong, sentence by sentence."""
    return "\n".join(
        f"- “{result['sentence']}”: {reason(result)}"
        + (f" — “{_spoken(result)}”" if result["turns"] else "")
        for result in results
        if not result["right"]
    )


def _spoken(result: Mapping[str, Any]) -> str:
    text = " / ".join(turn["spoken"] for turn in result["turns"]).replace("\n", " ")
    return text if len(text) <= 160 else f"{text[:157]}…"
