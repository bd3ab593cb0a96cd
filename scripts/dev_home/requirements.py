"""What to install for the parts of Home Assistant that this project uses.

Home Assistant installs an integration's requirements when it sets that integration up.
We install them beforehand, from the same manifests, so that a start needs no network.
"""

from collections.abc import Iterable
from importlib.metadata import version
from importlib.util import find_spec
import json
from pathlib import Path
import sys

TESTS = ("ai_task", "assist_pipeline", "assist_satellite", "conversation", "demo")
"""Integrations that the tests set up in the test plugin's Home Assistant."""

HOME = (
    *TESTS,
    "config",
    "frontend",
    "history",
    "local_todo",
    "logbook",
    "media_source",
    "my",
    "shopping_list",
    "system_health",
    "system_log",
)
"""Integrations of the demo home, beside those that Home Assistant always sets up."""


def components_folder() -> Path:
    """Return the folder of Home Assistant's own integrations."""
    spec = find_spec("homeassistant")
    if spec is None or spec.origin is None:
        raise RuntimeError("Home Assistant is not installed in this environment")
    return Path(spec.origin).parent / "components"


def integrations_needed(wanted: Iterable[str], components: Path) -> set[str]:
    """Return the domains of the wanted integrations and all that come with them.

    Those are their dependencies, after-dependencies (Home Assistant installs those'
    requirements too) and the integrations that they are platforms of.
    """
    needed: set[str] = set()
    roots = frozenset(wanted)
    to_do = list(roots)
    while to_do:
        domain = to_do.pop()
        folder = components / domain
        if domain in needed or not (folder / "manifest.json").exists():
            continue
        needed.add(domain)
        manifest = json.loads((folder / "manifest.json").read_text())
        to_do += manifest.get("dependencies", [])
        to_do += manifest.get("after_dependencies", [])
        if domain in roots:
            to_do += [module.stem for module in folder.glob("*.py")]
    return needed


def requirements_of(wanted: Iterable[str], components: Path) -> list[str]:
    """Return the pinned requirements of the wanted integrations, sorted."""
    found: set[str] = set()
    for domain in integrations_needed(wanted, components):
        manifest = json.loads((components / domain / "manifest.json").read_text())
        found.update(manifest.get("requirements", []))
    return sorted(found)


def lines_for(which: str) -> list[str]:
    """Return a requirements file's lines for `tests` or `home`."""
    components = components_folder()
    constraints = f"-c {components.parent / 'package_constraints.txt'}"
    if which == "tests":
        return [constraints, *requirements_of(TESTS, components)]
    # Imported here, because they need what the tests' requirements install.
    from homeassistant.auth.mfa_modules import totp  # noqa: PLC0415
    from homeassistant.bootstrap import DEFAULT_INTEGRATIONS  # noqa: PLC0415

    return [
        constraints,
        f"homeassistant=={version('homeassistant')}",
        # One-time passwords are on by default; they have no manifest.
        *totp.REQUIREMENTS,
        *requirements_of((*HOME, *DEFAULT_INTEGRATIONS), components),
    ]


if __name__ == "__main__":
    print("\n".join(lines_for(sys.argv[1])))
