"""Tests of our own set, and of agents on it."""

from collections import Counter
from pathlib import Path

import pytest

from scripts.demo_model import Planner
from scripts.evaluation.home import EvaluationFileError
from scripts.evaluation.our_set import FOLDER, load_our_set
from scripts.evaluation.playback import load_recorded
from scripts.evaluation.world import fresh_home

from .conftest import Evaluate
from .cottage import lines
from .servers import ServerInThread

RECORDED = FOLDER / "recorded.jsonl"


def test_the_set_has_what_it_says() -> None:
    tasks = load_our_set()
    home = tasks[0].home

    assert (len(home.entities), len(home.areas)) == (70, 9)
    assert len({area.floor for area in home.areas}) == 3
    english = [turn for task in tasks if task.language == "en" for turn in task.turns]
    assert len(english) >= 150
    languages = Counter(task.language for task in tasks)
    for language in ("de", "fr", "es", "nl", "it", "pl"):
        assert languages[language] == 10
    said = Counter((task.language, task.sentence, task.device) for task in tasks)
    assert max(said.values()) == 1


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "nl", "it", "pl"])
async def test_the_home_can_be_made_under_its_names(
    language: str, socket_enabled: None
) -> None:
    task = next(task for task in load_our_set() if task.language == language)

    async with fresh_home(task.home, language) as hass:
        names = {
            entity.id: state.name
            for entity in task.home.entities
            if (state := hass.states.get(entity.id))
        }
        unknown = [
            entity_id
            for entity_id in names
            if (state := hass.states.get(entity_id))
            and state.state in ("unknown", "unavailable")
            and state.domain != "scene"
        ]

    assert names == {entity.id: entity.name for entity in task.home.entities}
    assert unknown == []


def test_no_right_answer_is_spoiled(evaluate: Evaluate, tmp_path: Path) -> None:
    results = tmp_path / "now.jsonl"

    done = evaluate("--replay", RECORDED, "--results", results)

    assert done.status == 0, done.err
    measured = lines(results)[1:]
    assert len(measured) == len(load_recorded(RECORDED))
    assert [
        (line["key"], line["why"])
        for line in measured
        if line["recorded_right"] and not line["right"]
    ] == []
    assert [
        line["key"]
        for line in measured
        if line["claimed_falsely"] and line["recorded_right"]
    ] == []
    # Calls as a real model of 1.5B words them: one meaning, and a wrong parameter.
    small = [line["right"] for line in measured if line["model"] == "small"]
    assert small == [True, True, True]


def test_the_demo_model_does_what_it_can(evaluate: Evaluate, tmp_path: Path) -> None:
    results = tmp_path / "demo.jsonl"
    with ServerInThread(Planner()) as server:
        done = evaluate(
            *("--url", server.url, "--only", "en-*", "--limit", "51"),
            *("--results", results),
        )

    assert done.status == 0, done.err
    measured = lines(results)[1:]
    # Three of each category, for there are seventeen.
    assert len(measured) == 51
    right = Counter(line["category"] for line in measured if line["right"])
    assert right["not exposed"] == right["not there"] == 3
    # What it has rules for; it knows nothing of "it", of hints, or of what it misheard.
    assert sum(right.values()) >= 16, right
    assert all(turn["spoken"] for line in measured for turn in line["turns"])


BAD_TASKS = {
    "an entity that is not there": "[{say: Hi, then: {light.nowhere: on}}]",
    "a key that is not known": "[{say: Hi, than: {light.sofa: on}}]",
    "a device that is not there": "[{say: Hi, at: attic_puck}]",
    "a word that YAML reads as false": "[{say: Hi, says: [[off]]}]",
    "both refused and done": "[{say: Hi, refuses: true, then: {light.sofa: on}}]",
    "no sentence": "[{then: {light.sofa: on}}]",
}


@pytest.mark.parametrize("tasks", BAD_TASKS.values(), ids=BAD_TASKS)
def test_a_fault_in_a_file_names_file_and_task(tmp_path: Path, tasks: str) -> None:
    (tmp_path / "home.yaml").write_text((FOLDER / "home.yaml").read_text())
    (tmp_path / "sentences").mkdir()
    (tmp_path / "sentences" / "bad.yaml").write_text(f"tasks: {tasks}")

    with pytest.raises(EvaluationFileError, match=r"bad\.yaml, task 1"):
        load_our_set(tmp_path)
