"""Tests of recorded answers that are played to the agent."""

import json
from pathlib import Path

from .cottage import evaluate, lines, write_recorded, write_set


def test_replay_judges_what_the_agent_makes_of_each_answer(tmp_path: Path) -> None:
    write_set(tmp_path)
    results = tmp_path / "now.jsonl"

    done = evaluate("--replay", write_recorded(tmp_path), "--results", results)

    assert done.returncode == 0, done.stderr
    head, *measured = lines(results)
    assert head["run"]["agent"] == "chatterbox"
    found = {line["task"].rpartition("-")[2]: line for line in measured}
    assert {task: line["right"] for task, line in found.items()} == {
        "light_the_sconce": True,
        "sconce_please": False,
        "quieter_up_here": True,
        "close_the_curtain": True,
        "is_the_hatch_open": True,
    }
    assert found["sconce_please"]["claimed_falsely"]
    assert found["sconce_please"]["why"] == ["light.sconce state is off, not on"]
    assert found["close_the_curtain"]["refused"]
    assert found["close_the_curtain"]["asked"]
    assert found["light_the_sconce"]["turns"][0]["calls"] == [
        {"name": "intent__HassTurnOn", "arguments": {"name": "Sconce"}}
    ]
    assert "| parrot | 5 | 4 (80.0%) | 4 (80.0%) | 0 | 0 |" in done.stdout


def test_two_runs_are_shown_side_by_side(tmp_path: Path) -> None:
    folder = write_set(tmp_path)
    recorded = write_recorded(tmp_path)
    before, after = tmp_path / "before.jsonl", tmp_path / "after.jsonl"
    evaluate("--replay", recorded, "--results", before)
    tasks = folder / "cottage-xx" / "things.yaml"
    tasks.write_text(
        tasks.read_text().replace("volume_level: 0.3", "volume_level: 0.5")
    )
    evaluate("--replay", recorded, "--results", after)

    done = evaluate("--compare", before, after)

    assert done.returncode == 0, done.stderr
    assert "| right | 4 (80%) | 3 (60%) |" in done.stdout
    assert "Right only in before: 1\n- “Quieter up here”" in done.stdout
    assert "Right only in after: 0" in done.stdout


def test_a_second_run_measures_only_what_is_missing(tmp_path: Path) -> None:
    write_set(tmp_path)
    recorded = write_recorded(tmp_path)
    results = tmp_path / "now.jsonl"
    evaluate("--replay", recorded, "--results", results)
    whole = results.read_text().splitlines()
    # As if it had been broken off in the middle of the third result.
    results.write_text("\n".join([*whole[:3], whole[3][:40]]))

    done = evaluate("--replay", recorded, "--results", results)

    assert done.returncode == 0, done.stderr
    assert results.read_text().splitlines()[:3] == whole[:3]
    keys = [line["key"] for line in lines(results)[1:]]
    assert sorted(keys) == sorted(json.loads(line)["key"] for line in whole[1:])


def test_results_of_another_run_are_never_mixed_in(tmp_path: Path) -> None:
    write_set(tmp_path)
    results = tmp_path / "now.jsonl"
    evaluate("--replay", write_recorded(tmp_path), "--results", results)
    before = results.read_text()
    shorter = write_recorded(tmp_path)
    shorter.write_text("\n".join(shorter.read_text().splitlines()[:2]))

    done = evaluate("--replay", shorter, "--results", results)

    assert done.returncode == 2
    assert "results of another run (answers differ)" in done.stderr
    assert results.read_text() == before


def test_answers_without_their_set_are_refused(tmp_path: Path) -> None:
    done = evaluate("--replay", write_recorded(tmp_path))

    assert done.returncode == 2
    assert "Name it with --set" in done.stderr
