"""Tools of other LLM APIs that do the same as an action's."""

from collections.abc import Mapping, Sequence
from typing import Final

from homeassistant.helpers.llm import ActionTool, Tool

NARROW_TOOLS: Final[Mapping[str, str]] = {
    "calendar__get_events": "asks for today or for a week, nothing else",
}
"""Tools of Home Assistant's Assist API that do less than the service they call."""


def without_twins(
    groups: Sequence[tuple[str, Sequence[Tool]]], services: Sequence[Tool]
) -> list[tuple[str, Sequence[Tool]]]:
    """Return the groups and the services, with no tool in both."""
    ours = {(tool.integration, tool.name) for tool in services}
    kept: list[tuple[str, Sequence[Tool]]] = []
    theirs: set[tuple[str | None, str]] = set()
    for name, tools in groups:
        stay = [
            tool
            for tool in tools
            if (tool.integration, tool.name) not in ours
            or not (isinstance(tool, ActionTool) or tool.name in NARROW_TOOLS)
        ]
        theirs |= {(tool.integration, tool.name) for tool in stay}
        kept.append((name, stay))
    left = [tool for tool in services if (tool.integration, tool.name) not in theirs]
    return [*kept, ("Actions", left)]
