"""Requirements are read from manifests."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.dev_home.requirements import (
    HOME,
    components_folder,
    integrations_needed,
    lines_for,
    requirements_of,
)


@pytest.fixture
def components(tmp_path: Path) -> Path:
    """Give a folder of integrations: speaker → speech → audio, and light."""

    def integration(
        domain: str, modules: tuple[str, ...] = (), **manifest: Any
    ) -> None:
        folder = tmp_path / domain
        folder.mkdir()
        (folder / "manifest.json").write_text(json.dumps(manifest))
        for module in modules:
            (folder / f"{module}.py").touch()

    integration("speaker", ("__init__", "light"), dependencies=["speech"])
    integration("speech", ("button",), after_dependencies=["audio"])
    integration("audio", requirements=["sound==1.0", "noise==2.1"])
    integration("light", requirements=["bulb==3.0"])
    integration("button", requirements=["unwanted==0.1"])
    return tmp_path


def test_all_that_comes_with_an_integration_is_needed(components: Path) -> None:
    """Dependencies, after-dependencies and the wanted one's platforms; not further."""
    assert integrations_needed(["speaker"], components) == {
        "speaker",
        "speech",
        "audio",
        "light",
    }


def test_requirements_are_the_manifests_own(components: Path) -> None:
    """Pins come as they are, each once, sorted."""
    assert requirements_of(["speaker", "audio"], components) == [
        "bulb==3.0",
        "noise==2.1",
        "sound==1.0",
    ]


def test_integrations_that_need_each_other_end(tmp_path: Path) -> None:
    """A circle of dependencies is gone round once."""
    for domain, other in (("a", "b"), ("b", "a")):
        (tmp_path / domain).mkdir()
        (tmp_path / domain / "manifest.json").write_text(
            json.dumps({"dependencies": [other], "requirements": [f"{domain}==1"]})
        )
    assert requirements_of(["a"], tmp_path) == ["a==1", "b==1"]


def test_the_home_gets_what_the_installed_home_assistant_pins() -> None:
    """What speech needs is among them, at the installed manifests' versions."""
    components = components_folder()
    pins = {
        pin
        for domain in ("conversation", "assist_pipeline")
        for pin in json.loads((components / domain / "manifest.json").read_text())[
            "requirements"
        ]
    }
    assert pins
    assert pins <= set(lines_for("home"))
    assert pins <= set(lines_for("tests"))


@pytest.mark.parametrize("domain", HOME)
def test_every_integration_of_the_home_exists(domain: str) -> None:
    """A name that Home Assistant drops is noticed."""
    assert (components_folder() / domain / "manifest.json").exists()


def test_the_home_needs_no_network_to_let_anyone_in() -> None:
    """What the module for one-time passwords requires is installed beforehand."""
    names = {line.split("==")[0] for line in lines_for("home")}
    assert {"pyotp", "PyQRCode"} <= names
