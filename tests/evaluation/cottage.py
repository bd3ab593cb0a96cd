"""A small home and tasks in it, written as files of a public set."""

from collections.abc import Sequence
import json
import os
from pathlib import Path
import sys
from typing import Any

ROOT = Path(__file__).parents[2]

HOME = """
areas:
  - {id: parlour, name: Parlour, floor: Ground}
  - {id: loft, name: Loft, floor: Top}
devices:
  - {id: clock_radio, name: Clock Radio, area: loft, info: {model: 7}}
entities:
  - {id: light.sconce, name: Sconce, area: parlour, state: off}
  - id: light.reading
    name: Reading Lamp
    area: loft
    state: off
    attributes: {supported_color_modes: [brightness]}
  - id: cover.hatch
    name: Hatch
    area: loft
    state: closed
    attributes:
      device_class: cover.CoverDeviceClass.BLIND
      supported_features: [cover.CoverEntityFeature.OPEN, cover.CoverEntityFeature.CLOSE]
  - id: media_player.clock_radio
    name: Clock Radio
    device: clock_radio
    area: loft
    state: playing
  - {id: todo.errands, name: Errands}
"""

TASKS = """
category: cottage
tests:
  - sentences: [Light the sconce, It is dark in here]
    expect_changes:
      light.sconce: {state: on}
    ignore_changes:
      light.sconce: [color_mode]
  - sentences: [Quieter up here]
    context_device: clock_radio
    setup:
      media_player.clock_radio: {attributes: {volume_level: 0.8}}
    expect_changes:
      media_player.clock_radio: {attributes: {volume_level: 0.3}}
  - sentences: [Close the curtain]
    expect_changes: {}
  - sentences: [Is the hatch open]
    expect_response: ["no", closed]
  - sentences: [Note stamps on my errands]
    expect_changes:
      todo.errands: {state: "1"}
"""


def write_set(folder: Path, home: str = HOME, tasks: str = TASKS) -> Path:
    """Write the set; returns its folder."""
    cottage = folder / "set" / "cottage-xx"
    cottage.mkdir(parents=True)
    (cottage / "_fixtures.yaml").write_text(home)
    (cottage / "things.yaml").write_text(tasks)
    return cottage.parent


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    """Return an answer that calls a tool."""
    return {"text": "", "calls": [{"name": tool, "arguments": arguments}]}


def text(spoken: str) -> dict[str, Any]:
    """Return an answer in words."""
    return {"text": spoken, "calls": []}


RECORDED: tuple[tuple[str, bool, list[dict[str, Any]]], ...] = (
    (
        "light_the_sconce",
        True,
        [call("HassTurnOn", name="Sconce"), text("The sconce is on.")],
    ),
    # Wrong: it says so, and does nothing.
    ("it_is_dark_in_here", False, [text("I've turned on the sconce.")]),
    (
        "quieter_up_here",
        True,
        [
            call("HassSetVolume", name="Clock Radio", volume_level=30),
            text("It is quieter now."),
        ],
    ),
    ("close_the_curtain", True, [text("Which curtain do you mean?")]),
    ("is_the_hatch_open", True, [text("No, it is closed.")]),
)


def write_recorded(folder: Path, model: str = "parrot") -> Path:
    """Write the recorded answers of a model; returns the file."""
    file = folder / "recorded.jsonl"
    file.write_text(
        "".join(
            json.dumps(
                {
                    "model": model,
                    "task": f"cottage_xx_things-{task}",
                    "run": 0,
                    "sentence": task,
                    "answers": answers,
                    "right": right,
                }
            )
            + "\n"
            for task, right, answers in RECORDED
        )
    )
    return file


PROGRAM = (sys.executable, "-m", "scripts.evaluation")


def environment() -> dict[str, str]:
    """Return the environment of a program that imports this checkout."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def lines(file: Path) -> Sequence[dict[str, Any]]:
    """Return what a file of JSON lines holds."""
    return [json.loads(line) for line in file.read_text().splitlines()]
