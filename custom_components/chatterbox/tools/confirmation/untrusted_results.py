"""Which results bring words that others may have written."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.helpers import llm

from ..naming import unwrap
from ..reply_tool import WARNINGS, ReplyTool, needs_look
from ..services.tool import ServiceTool

_OURS: Final = frozenset({"llm__GetDateTime"})
"""Tools that read nothing but what Home Assistant makes itself."""
_DONE: Final = frozenset({"success", "entity_ids", "unavailable"})
"""What the result of an action that answers nothing is made of."""


def brings_words(
    tool: llm.Tool, result: llm.ToolResult, *, raised: bool = True
) -> bool:
    """Return whether a result may hold what somebody else wrote: what was read does.

    So may an error that an action `raised` itself.
    """
    inner = unwrap(tool)
    if isinstance(inner, ReplyTool) or tool.name in _OURS:
        return False
    if result.error and isinstance(inner, llm.IntentTool):
        return False
    if isinstance(inner, llm.ActionTool | ServiceTool):
        # What a script or a service answers may have any key.
        return raised if result.error else not _says_done(result.data)
    told = {key: value for key, value in result.data.items() if key not in WARNINGS}
    return needs_look(tool, llm.ToolResult(data=told)) is not None


def _says_done(data: Mapping[str, Any]) -> bool:
    """Return whether an action has answered nothing but that it was done."""
    return data.get("success") is True and data.keys() <= _DONE | WARNINGS
