"""The demo home's configuration folder."""

import json
from pathlib import Path

from scripts.dev_home.folder import prepare
from scripts.dev_home.options import CHECKOUT


def stored(folder: Path, key: str) -> dict[str, object]:
    """Return what Home Assistant would load from its storage."""
    data: dict[str, object] = json.loads((folder / ".storage" / key).read_text())[
        "data"
    ]
    return data


def test_it_listens_on_this_machine_only(tmp_path: Path) -> None:
    """The demo user's password is no secret."""
    prepare(tmp_path / "home", 8200, fresh=False)
    stable = stored(tmp_path / "home", "http")["stable"]
    assert isinstance(stable, dict)
    assert (stable["server_host"], stable["server_port"]) == (["127.0.0.1"], 8200)


def test_it_runs_the_checkouts_code(tmp_path: Path) -> None:
    """By a link, which a checkout that has moved mends."""
    code = CHECKOUT / "custom_components" / "chatterbox"
    link = tmp_path / "custom_components" / "chatterbox"
    link.parent.mkdir()
    link.symlink_to(tmp_path / "gone")
    prepare(tmp_path, 8200, fresh=False)
    assert link.readlink() == code


def test_a_home_keeps_what_was_changed_unless_a_fresh_one_is_asked(
    tmp_path: Path,
) -> None:
    """Another start changes the port alone."""
    home = tmp_path / "home"
    prepare(home, 8200, fresh=False)
    original = (home / "configuration.yaml").read_text()
    (home / "configuration.yaml").write_text("changed:")
    (home / "note").touch()

    prepare(home, 8300, fresh=False)
    assert (home / "configuration.yaml").read_text() == "changed:"
    assert (home / "note").exists()

    prepare(home, 8300, fresh=True)
    assert (home / "configuration.yaml").read_text() == original
    assert not (home / "note").exists()
