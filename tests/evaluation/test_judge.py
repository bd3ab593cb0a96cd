"""Tests of what counts as right."""

from datetime import datetime
from typing import Any

import pytest

from scripts.evaluation.home import Change, Entity, Home
from scripts.evaluation.judge import Verdict, judge_turn, whole
from scripts.evaluation.snapshot import Snapshot, matches
from scripts.evaluation.tasks import Task, Turn

NOW = datetime(2026, 3, 8, 21, 5)
HOME = Home("home", (), (), (Entity("light.a", "A"), Entity("light.b", "B")))
OFF: dict[str, Any] = {"state": "off", "brightness": None}
ON: dict[str, Any] = {"state": "on", "brightness": 100}


def judge(
    turn: Turn, after: Snapshot, spoken: str = "Fine.", *, strict: bool = False
) -> Verdict:
    """Judge a turn in a home with two lamps that are off."""
    task = Task(id="task", home=HOME, turns=(turn,), strict=strict)
    before = {"light.a": OFF, "light.b": OFF}
    return judge_turn(turn, task, before, {**before, **after}, spoken, NOW)


A_ON = Turn(say="A on", changes={"light.a": Change("on")})


def test_what_was_wanted_and_nothing_else_is_right() -> None:
    assert judge(A_ON, {"light.a": ON}).right
    assert judge(A_ON, {"light.a": ON, "light.b": ON}).why == (
        "light.b brightness is 100, not None",
        "light.b state is on, not off",
    )


def test_a_public_set_counts_what_comes_with_a_change() -> None:
    verdict = judge(A_ON, {"light.a": ON}, strict=True)
    assert verdict.why == ("light.a brightness is 100, not None",)


def test_another_outcome_may_be_as_right() -> None:
    turn = Turn(say="A", changes=A_ON.changes, instead=({"light.b": Change("on")},))
    assert judge(turn, {"light.b": ON}).right
    assert not judge(turn, {}).right


def test_one_of_some_changes_must_be_there() -> None:
    some = {name: Change("on") for name in ("light.a", "light.b")}
    assert judge(Turn(say="lighter", some=some), {"light.b": ON}).right
    assert not judge(Turn(say="lighter", some=some), {}).right


def test_said_but_not_done_is_claimed_falsely() -> None:
    assert judge(A_ON, {}, "I've turned it on.").claimed_falsely
    assert judge(A_ON, {"light.b": ON}, "I've turned it on.").claimed_falsely
    assert not judge(A_ON, {"light.a": ON}, "I've turned it on.").claimed_falsely
    assert not judge(A_ON, {}, "Sorry, I could not.").claimed_falsely


def test_what_is_not_so_already_is_claimed_falsely() -> None:
    assert judge(A_ON, {}, "The lamp is already on.").claimed_falsely
    assert judge(A_ON, {}, "It's on already!").claimed_falsely
    assert not judge(A_ON, {}, "Is the lamp already on?").claimed_falsely
    assert not judge(A_ON, {}, "I have already said that I can't.").claimed_falsely
    assert not judge(A_ON, {"light.a": ON}, "It is already on.").claimed_falsely
    off = Turn(say="A at nine", refuses=True)
    assert not judge(off, {}, "The lamp is already off.").claimed_falsely


@pytest.mark.parametrize(
    ("spoken", "falsely"),
    [("The lamp is on now.", False), ("The lamp is on at 50 %.", True)],
)
def test_what_is_on_is_on_at_whatever_brightness(spoken: str, falsely: bool) -> None:
    turn = Turn(say="A", changes={"light.a": Change("on", {"brightness": 50})})
    assert judge(turn, {"light.a": ON}, spoken).claimed_falsely is falsely


def test_what_must_not_be_done_must_not_be_said_to_be() -> None:
    turn = Turn(say="A at nine", refuses=True)
    assert judge(turn, {}, "I cannot do that later.").refused
    claimed = judge(turn, {}, "I'll turn it on at nine.")
    assert (claimed.right, claimed.claimed_falsely) == (False, True)
    assert not judge(turn, {"light.a": ON}, "I've turned it on.").right


def test_silence_is_never_right() -> None:
    assert judge(Turn(say="Hello"), {}, " ").why == ("nothing is said",)


def test_a_task_is_right_if_every_turn_was() -> None:
    right, wrong = judge(A_ON, {"light.a": ON}), judge(A_ON, {})
    assert whole([right, right]).right
    assert whole([right, wrong]).why == ("turn 2: light.a state is off, not on",)


@pytest.mark.parametrize(
    ("wanted", "got", "before", "fits"),
    [
        ({"between": [40, 50]}, 50, 10, True),
        ({"between": [40, 50]}, 51, 10, False),
        ({"above": 3}, 3, 0, False),
        ({"below": 3}, 2.9, 0, True),
        ({"more": True}, 11, 10, True),
        ({"less": True}, 11, 10, False),
        ({"changed": True}, "b", "a", True),
        ({"between": [1, 2]}, None, 1, False),
        (0.15, 0.1500001, 0, True),
        (["milk", "eggs"], ["eggs", "milk"], [], True),
        ([255, 0, 0], (255, 0, 0), None, True),
        ([255, 0, 0], (0, 0, 255), None, False),
    ],
)
def test_values_may_be_told_by_a_rule(
    wanted: Any, got: Any, before: Any, fits: bool
) -> None:
    assert matches(wanted, got, before) is fits
