"""Was it right? By the state of the home, and by what was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .snapshot import Difference, Snapshot, differences
from .spoken import (
    asks,
    claims_done,
    has_markup,
    missing_words,
    says,
    says_already,
    tells_what_was_done,
)
from .tasks import Task, Turn


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of one turn, or of all turns of a task."""

    right: bool
    refused: bool
    """Whether nothing was to be done, and nothing was done."""
    claimed_falsely: bool
    """Whether it was said that something is done which is not."""
    markup: bool
    asked: bool
    why: tuple[str, ...]
    """What is wrong."""


def judge_turn(
    turn: Turn,
    task: Task,
    before: Snapshot,
    after: Snapshot,
    spoken: str,
    now: datetime,
    calls: Sequence[str] = (),
) -> Verdict:
    """Judge what came of one sentence; `now` is the home's time.

    `calls` are the names of the tools that were called.
    """
    wrong = differences(turn, before, after, strict=task.strict)
    why = [str(difference) for difference in wrong]
    asked = turn.say.rstrip().endswith("?")
    claims = claims_done(spoken, task.language, told=not asked)
    claims = claims and not tells_what_was_done(turn.say, spoken, calls)
    claimed_falsely = claims and _is_untrue(turn, before, after, wrong, spoken)
    if turn.acts and wrong and before == after:
        claimed_falsely |= says_already(spoken, task.language)
    why += [
        f"nothing said of {' / '.join(g)}"
        for g in missing_words(spoken, turn.says, now)
    ]
    why += [f"says {word}" for word in turn.never_says if says(spoken, word)]
    if not task.strict:
        if turn.refuses and claimed_falsely:
            why.append("says that it is done")
        if not spoken.strip():
            why.append("nothing is said")
    return Verdict(
        right=not why,
        refused=turn.refuses and not why,
        claimed_falsely=claimed_falsely,
        markup=has_markup(spoken),
        asked=asks(spoken),
        why=tuple(why),
    )


def _is_untrue(
    turn: Turn,
    before: Snapshot,
    after: Snapshot,
    wrong: Sequence[Difference],
    spoken: str,
) -> bool:
    """Return whether the state says no to an answer that says done.

    It does where nothing at all has changed, and where something that was to change is
    in another state, was changed to another value, or has not changed at all. What was
    turned on as it was to be is on, unless the answer tells a value that it has not.
    """
    if not turn.acts and not turn.refuses:
        return False
    if before == after and (wrong or turn.refuses):
        return True
    for difference in wrong:
        if (change := turn.changes.get(difference.entity_id)) is None:
            continue
        old, new = before[difference.entity_id], after[difference.entity_id]
        if old == new or difference.name == "state":
            return True
        turned = old.get("state") != new.get("state") == change.state
        if turned and not says(spoken, str(difference.wanted)):
            continue
        named = difference.name in change.attributes
        if named and old.get(difference.name) != difference.got:
            return True
    return False


def whole(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict on a task: right if every turn was."""
    several = len(verdicts) > 1
    return Verdict(
        right=all(verdict.right for verdict in verdicts),
        refused=any(v.refused for v in verdicts) and all(v.right for v in verdicts),
        claimed_falsely=any(verdict.claimed_falsely for verdict in verdicts),
        markup=any(verdict.markup for verdict in verdicts),
        asked=verdicts[-1].asked,
        why=tuple(
            f"turn {number}: {why}" if several else why
            for number, verdict in enumerate(verdicts, 1)
            for why in verdict.why
        ),
    )
