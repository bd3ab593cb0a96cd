"""Fixtures for the tests of the evaluation."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from scripts.evaluation.__main__ import main

from .cottage import write_recorded, write_set


class Done(NamedTuple):
    """How a run ended, and what it printed."""

    status: int
    out: str
    err: str


type Evaluate = Callable[..., Done]


@pytest.fixture
def evaluate(socket_enabled: None, capsys: pytest.CaptureFixture[str]) -> Evaluate:
    """Give what runs an evaluation in this process."""

    def run(*arguments: str | Path) -> Done:
        status = main([*map(str, arguments), "--jobs", "1"])
        return Done(status, *capsys.readouterr())

    return run


@pytest.fixture
def cottage(tmp_path: Path) -> Path:
    """Give a folder with a set; returns the set's."""
    return write_set(tmp_path)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Give the file with the recorded answers to the set of the cottage."""
    return write_recorded(tmp_path)
