"""Which results bring words that others may have written."""

from typing import Final

from homeassistant.helpers import llm

from ..naming import unwrap
from ..reply_tool import WARNINGS, ReplyTool, needs_look
from ..services.tool import ServiceTool

_OURS: Final = frozenset({"llm__GetDateTime"})
"""Tools that read nothing but what Home Assistant makes itself."""


def brings_words(tool: llm.Tool, result: llm.ToolResult) -> bool:
    """Return whether a result may hold what somebody else wrote: what was read does."""
    inner = unwrap(tool)
    if isinstance(inner, ReplyTool) or tool.name in _OURS:
        return False
    ours = isinstance(inner, (llm.IntentTool, llm.ActionTool, ServiceTool))
    if result.error and ours:
        return False
    told = {key: value for key, value in result.data.items() if key not in WARNINGS}
    return needs_look(tool, llm.ToolResult(data=told)) is not None
