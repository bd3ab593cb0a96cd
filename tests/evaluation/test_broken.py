"""Tests of what breaks in the middle: nothing that was measured is lost."""

from pathlib import Path
import signal
import subprocess
import time
from typing import Any

import pytest

from scripts.demo_model import Drop, Step, Text

from .conftest import Evaluate
from .cottage import HOME, PROGRAM, ROOT, environment, lines, write_recorded
from .servers import ServerInThread

SAID = "I am only a parrot."


def parrot(request: dict[str, Any]) -> list[Step]:
    """Answer as a model does that can do nothing."""
    return [Text(SAID)]


@pytest.mark.parametrize(
    ("home", "fault"),
    [
        pytest.param("areas: [", "is not YAML", id="not YAML"),
        pytest.param("- a list", "holds no mapping", id="a list"),
        pytest.param("areas: []", "has no `entities`", id="no home"),
        pytest.param(HOME.replace("id: light.sconce, ", ""), "no 'id'", id="no id"),
        pytest.param(
            HOME.replace("area: parlour,", "area: pantry,"), "no area pantry", id="area"
        ),
        pytest.param(
            HOME.replace("light.reading", "light.sconce"), "is there twice", id="twice"
        ),
        pytest.param(
            HOME.replace("cover.hatch", "hatch"), "is no entity id", id="name"
        ),
    ],
)
def test_a_file_that_is_no_home_is_named(
    evaluate: Evaluate, cottage: Path, home: str, fault: str
) -> None:
    file = cottage / "cottage-xx" / "_fixtures.yaml"
    file.write_text(home)

    done = evaluate("--url", "http://127.0.0.1:9/v1", "--model", "m", "--set", cottage)

    assert done.status == 2
    assert str(file) in done.err
    assert fault in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("home", "fault"),
    [
        pytest.param(
            HOME.replace("light.sconce", "teapot.sconce"),
            "no teapot can be made here",
            id="domain",
        ),
        pytest.param(
            HOME.replace("supported_color_modes", "colour_modes"),
            "the attribute colour_modes is not known",
            id="attribute",
        ),
    ],
)
def test_an_entity_that_cannot_be_made_is_named(
    evaluate: Evaluate, cottage: Path, recorded: Path, home: str, fault: str
) -> None:
    (cottage / "cottage-xx" / "_fixtures.yaml").write_text(home)
    tasks = cottage / "cottage-xx" / "things.yaml"
    tasks.write_text(tasks.read_text().replace("light.sconce", "light.reading"))

    done = evaluate("--replay", recorded, "--results", cottage.parent / "r.jsonl")

    assert done.status == 2
    assert fault in done.err


def test_a_server_that_dies_costs_only_what_it_was_at(
    evaluate: Evaluate, cottage: Path, tmp_path: Path
) -> None:
    results = tmp_path / "now.jsonl"
    asked = 0

    def dying(request: dict[str, Any]) -> list[Step]:
        nonlocal asked
        asked += 1
        if asked < 3:
            return parrot(request)
        server.die()
        return [Text("I am"), Drop()]

    with ServerInThread(dying) as server:
        run = ("--url", server.url, "--model", "m", "--set", cottage)
        broken = evaluate(*run, "--results", results)

        assert broken.status == 3
        assert "The model server is lost" in broken.err
        assert "| tasks | 2 |" in broken.out
        before = results.read_text()
        assert len(before.splitlines()) == 3

        again = evaluate(*run, "--results", results)
        assert again.status == 3
        assert results.read_text() == before

    with ServerInThread(parrot) as server:
        server.move_to(run[1])
        done = evaluate(*run, "--results", results)

    assert done.status == 0, done.err
    assert results.read_text().startswith(before)
    assert len(lines(results)) == 7


def test_without_a_server_nothing_is_measured(
    evaluate: Evaluate, cottage: Path, tmp_path: Path
) -> None:
    done = evaluate("--url", "http://127.0.0.1:9/v1", "--set", cottage)

    assert done.status == 3
    assert "the model server is not there" in done.err


def test_ctrl_c_keeps_what_was_measured(cottage: Path, tmp_path: Path) -> None:
    results = tmp_path / "now.jsonl"
    # Each is answered in words of its own, so that each is a job of its own.
    recorded = tmp_path / "recorded.jsonl"
    recorded.write_text(
        "".join(
            write_recorded(tmp_path)
            .read_text()
            .replace("The sconce is on.", f"On {n}.")
            for n in range(500)
        )
    )
    command = (*PROGRAM, "--replay", recorded, "--results", results, "--jobs", "1")
    # A shell lets what it runs in the background ignore the signal, and so its children.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        env=environment(),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + 120
    while not results.exists() or len(results.read_text().splitlines()) < 3:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 130, err
    assert "Stopped." in err
    assert "Traceback" not in err
    measured = lines(results)
    assert len(measured) >= 3
    assert all(line["turns"] for line in measured[1:])
