"""A brain of plain rules over the tools that it is offered."""

from typing import Any

from .script import Step


class Planner:
    """Plans a reply to a chat request."""

    def __call__(self, request: dict[str, Any]) -> list[Step]:
        """Return the steps of the reply."""
        return ["Sorry, I did not understand that."]
