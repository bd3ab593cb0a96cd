"""Which port the demo home listens on, and whether it is there already."""

from collections.abc import Iterator
import json
from pathlib import Path
import socket

import pytest

from scripts.dev_home import home as home_module
from scripts.dev_home.client import HomeError
from scripts.dev_home.home import choose_port, find_running
from scripts.dev_home.options import parse


@pytest.fixture
def taken(socket_enabled: None) -> Iterator[int]:
    """Give a port that someone listens on."""
    listener = socket.create_server(("127.0.0.1", 0))
    yield listener.getsockname()[1]
    listener.close()


def test_a_free_port_is_used_as_asked(taken: int) -> None:
    """Once its listener is gone; 0 stands for any free one."""
    assert choose_port(parse(["--port", "0"])) not in (0, taken)


def test_a_port_that_is_taken_is_refused(taken: int) -> None:
    """With what to do about it."""
    with pytest.raises(HomeError, match=f"Port {taken} is taken: give another"):
        choose_port(parse(["--port", str(taken)]))


def test_the_default_port_is_no_matter_for_one_sentence(
    taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody will look for that home; but one that stays is where it says."""
    monkeypatch.setattr(home_module, "DEFAULT_PORT", taken)
    assert choose_port(parse(["--say", "hello"])) != taken
    with pytest.raises(HomeError):
        choose_port(parse([]))


async def test_a_home_that_was_killed_is_not_running(
    socket_enabled: None, tmp_path: Path
) -> None:
    """Its note is still there, but nobody answers."""
    note = {"url": "http://127.0.0.1:9", "pipeline": "p"}
    (tmp_path / "running.json").write_text(json.dumps(note))
    assert await find_running(tmp_path) is None


async def test_a_folder_without_a_note_has_no_home(tmp_path: Path) -> None:
    """Neither one with a note that was cut off."""
    assert await find_running(tmp_path) is None
    (tmp_path / "running.json").write_text('{"url":')
    assert await find_running(tmp_path) is None
