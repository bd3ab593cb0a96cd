"""Tests of recorded answers that are played to the agent."""

import json
from pathlib import Path

from .conftest import Evaluate
from .cottage import lines


def test_replay_judges_what_the_agent_makes_of_each_answer(
    evaluate: Evaluate, cottage: Path, recorded: Path, tmp_path: Path
) -> None:
    results = tmp_path / "now.jsonl"

    done = evaluate("--replay", recorded, "--results", results)

    assert done.status == 0, done.err
    head, *measured = lines(results)
    assert head["run"]["agent"] == "chatterbox"
    found = {line["task"].rpartition("-")[2]: line for line in measured}
    assert {task: line["right"] for task, line in found.items()} == {
        "light_the_sconce": True,
        "it_is_dark_in_here": False,
        "quieter_up_here": True,
        "close_the_curtain": True,
        "is_the_hatch_open": True,
    }
    # It said so without a call, and nobody heard it.
    assert not found["it_is_dark_in_here"]["claimed_falsely"]
    assert found["it_is_dark_in_here"]["why"] == ["light.sconce state is off, not on"]
    assert found["close_the_curtain"]["refused"]
    assert found["close_the_curtain"]["asked"]
    assert found["light_the_sconce"]["turns"][0]["calls"] == [
        {"name": "intent__HassTurnOn", "arguments": {"name": "Sconce"}}
    ]
    assert "| parrot | 5 | 4 (80.0%) | 4 (80.0%) | 0 | 0 |" in done.out


def test_two_runs_are_shown_side_by_side(
    evaluate: Evaluate, cottage: Path, recorded: Path, tmp_path: Path
) -> None:
    before, after = tmp_path / "before.jsonl", tmp_path / "after.jsonl"
    evaluate("--replay", recorded, "--results", before)
    tasks = cottage / "cottage-xx" / "things.yaml"
    tasks.write_text(
        tasks.read_text().replace("volume_level: 0.3", "volume_level: 0.5")
    )
    evaluate("--replay", recorded, "--results", after)

    done = evaluate("--compare", before, after)

    assert done.status == 0, done.err
    assert "| right | 4 (80%) | 3 (60%) |" in done.out
    assert "Right only in before: 1\n- “Quieter up here”" in done.out
    assert "Right only in after: 0" in done.out


def test_a_second_run_measures_only_what_is_missing(
    evaluate: Evaluate, cottage: Path, recorded: Path, tmp_path: Path
) -> None:
    results = tmp_path / "now.jsonl"
    evaluate("--replay", recorded, "--results", results)
    whole = results.read_text().splitlines()
    # As if it had been broken off in the middle of the third result.
    results.write_text("\n".join([*whole[:3], whole[3][:40]]))

    done = evaluate("--replay", recorded, "--results", results)

    assert done.status == 0, done.err
    assert results.read_text().splitlines()[:3] == whole[:3]
    keys = [line["key"] for line in lines(results)[1:]]
    assert sorted(keys) == sorted(json.loads(line)["key"] for line in whole[1:])


def test_results_of_another_run_are_never_mixed_in(
    evaluate: Evaluate, cottage: Path, recorded: Path, tmp_path: Path
) -> None:
    results = tmp_path / "now.jsonl"
    evaluate("--replay", recorded, "--results", results)
    before = results.read_text()
    recorded.write_text("\n".join(recorded.read_text().splitlines()[:2]))

    done = evaluate("--replay", recorded, "--results", results)

    assert done.status == 2
    assert "results of another run (answers differ)" in done.err
    assert results.read_text() == before


def test_answers_without_their_set_are_refused(
    evaluate: Evaluate, recorded: Path
) -> None:
    done = evaluate("--replay", recorded)

    assert done.status == 2
    assert "Name it with --set" in done.err
