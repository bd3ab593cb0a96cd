"""Prints what Home Assistant's own agents need, beside what the tests do."""

from scripts.dev_home.requirements import components_folder, requirements_of

from .jobs import CORE


def lines() -> list[str]:
    """Return a requirements file's lines, with the pins of the agents' manifests."""
    components = components_folder()
    constraints = components.parent / "package_constraints.txt"
    return [f"-c {constraints}", *requirements_of(CORE, components)]


if __name__ == "__main__":
    print("\n".join(lines()))
