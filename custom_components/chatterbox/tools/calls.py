"""What answers a call of a tool, and how a call fails."""

from collections.abc import Awaitable, Callable

from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm

type Dispatcher = Callable[[llm.ToolInput], Awaitable[llm.ToolResult]]
"""Answers a call; dispatchers wrap one another. Raises nothing but CancelledError."""


class ToolError(HomeAssistantError):
    """A call failed; the message tells the model why and what to do instead."""


def error_result(message: str) -> llm.ToolResult:
    """Return the result of a call that failed: ``{"error": message}``."""
    return llm.ToolResult(data={"error": message}, error=True)
