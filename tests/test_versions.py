"""What is said of the versions of Home Assistant is so."""

from importlib.metadata import requires
import json
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]


def versions() -> list[str]:
    """Return the pinned versions, the oldest first."""
    lines = (CHECKOUT / "home_assistant_versions.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_the_oldest_is_what_hacs_lets_people_install() -> None:
    """A patch release of the month that the manifest of HACS names."""
    least = json.loads((CHECKOUT / "hacs.json").read_text())["homeassistant"]
    assert versions()[0].rsplit(".", 1)[0] == least.rsplit(".", 1)[0]


def test_the_oldest_is_the_one_of_the_test_plugin() -> None:
    """It runs without shims."""
    pins = requires("pytest-homeassistant-custom-component") or []
    assert f"homeassistant=={versions()[0]}" in pins


def test_the_readme_names_them() -> None:
    """All that every change is tested with."""
    readme = (CHECKOUT / "README.md").read_text()
    assert [version for version in versions() if version not in readme] == []
