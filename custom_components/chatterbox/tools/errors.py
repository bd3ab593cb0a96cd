"""What a failed call tells the model."""

from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm


class ToolError(HomeAssistantError):
    """A call failed; the message tells the model why and what to do instead."""


def error_result(message: str) -> llm.ToolResult:
    """Return the result of a call that failed: ``{"error": message}``."""
    return llm.ToolResult(data={"error": message}, error=True)
