"""The rooms of the house: imports run one way, and the page that shows them is right."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
import re

import custom_components.chatterbox

HOUSE = Path(custom_components.chatterbox.__file__).parent
PAGE = HOUSE.parents[1] / "docs" / "architecture.md"
FILES = sorted(HOUSE.rglob("*.py"))


def imports(file: Path) -> Iterator[tuple[str, ...]]:
    """Yield what a file imports: the path in the house, or the dotted name elsewhere."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield ("", *alias.name.split("."))
        elif isinstance(node, ast.ImportFrom) and node.level:
            room = file.relative_to(HOUSE).parts[: -node.level]
            path = (*room, *(node.module or "").split(".")) if node.module else room
            for alias in node.names:
                yield (*path, alias.name)
        elif isinstance(node, ast.ImportFrom):
            yield ("", *(node.module or "").split("."))


def room_of(path: tuple[str, ...]) -> str | None:
    """Return the package of the house that a path is in, None if it is in none."""
    for length in (2, 1):
        room = path[:length]
        if len(path) > length and HOUSE.joinpath(*room, "__init__.py").exists():
            return "/".join(room)
    return None


def arrows_between_rooms() -> dict[str, set[str]]:
    """Return which packages each package imports from.

    What lies beside the packages of a room puts them together, or is used by all.
    """
    arrows: dict[str, set[str]] = {}
    for file in FILES:
        room = room_of(file.relative_to(HOUSE).parts)
        for path in imports(file):
            other = None if path[0] == "" else room_of(path)
            if (
                room
                and other
                and not (other.startswith(room) or room.startswith(other))
            ):
                arrows.setdefault(room, set()).add(other)
    return arrows


def test_no_two_rooms_import_each_other() -> None:
    """Not even in a circle of more than two."""
    arrows = arrows_between_rooms()
    order = list(TopologicalSorter(arrows).static_order())
    assert order.index("tools/exposure") < order.index("tools/services")
    assert "providers" not in {x for a in arrows if a[:5] == "tools" for x in arrows[a]}
    assert not {x for x in arrows.get("providers", set()) if x[:5] == "tools"}


def test_the_page_has_every_arrow() -> None:
    """One more is drawn there, or is left out of the code."""
    rows = re.findall(r"^\| `(\w+)/` \| (`[^|]*/`) \|$", PAGE.read_text(), re.MULTILINE)
    drawn = {
        f"tools/{room}": {f"tools/{name}" for name in re.findall(r"\w+", others)}
        for room, others in rows
    }
    found = {
        room: others
        for room, others in arrows_between_rooms().items()
        if room.startswith("tools/")
    }
    assert found == drawn


def test_providers_know_nothing_of_home_assistant() -> None:
    """A wire protocol is tested byte by byte, without it."""
    for file in (HOUSE / "providers").rglob("*.py"):
        found = [path for path in imports(file) if path[:2] == ("", "homeassistant")]
        assert not found, file


def test_the_page_names_what_there_is() -> None:
    """A newcomer goes where it says."""
    named = set(re.findall(r"`([\w/]+(?:\.py|/))`", PAGE.read_text()))
    assert len(named) > 20
    rooms = (HOUSE, HOUSE / "tools", HOUSE.parents[1])
    assert not [n for n in named if not any((room / n).exists() for room in rooms)]
