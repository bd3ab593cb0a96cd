"""Names that every model server takes."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
import hashlib
from itertools import chain
import re
from typing import Final, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent, llm
from homeassistant.util import slugify
from homeassistant.util.json import JsonObjectType

MAX_NAME_LENGTH: Final = 64
"""Characters; OpenAI's limit, the shortest of the servers we know."""
_ILLEGAL = re.compile(r"[^a-zA-Z0-9_-]+")


def legal_name(name: str) -> str:
    """Return the name in ``[a-zA-Z0-9_-]{1,64}``, with a digest where it had to change."""
    legal = _ILLEGAL.sub("_", name)[:MAX_NAME_LENGTH]
    if legal == name and legal:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{legal[: MAX_NAME_LENGTH - 9]}_{digest}"


class RenamedTool(llm.Tool):
    """A tool under another name."""

    def __init__(self, name: str, tool: llm.Tool) -> None:
        self.name = name
        self.title = tool.title
        self.description = tool.description
        self.parameters = tool.parameters
        self.annotations = tool.annotations
        self.integration = tool.integration
        self.tool = tool

    @override
    async def async_call(
        self,
        hass: HomeAssistant,
        tool_input: llm.ToolInput,
        llm_context: llm.LLMContext,
    ) -> llm.ToolResult | JsonObjectType:
        return await self.tool.async_call(
            hass,
            replace(tool_input, tool_name=self.tool.name),
            llm_context,
        )


def handler_of(
    hass: HomeAssistant, tool: llm.IntentTool
) -> intent.IntentHandler | None:
    """Return the handler that is registered for the tool's intent now."""
    return hass.data.get(intent.DATA_KEY, {}).get(tool.intent_type)


_WRAPS: Final = (RenamedTool, llm.NamespacedTool)


def unwrap(tool: llm.Tool) -> llm.Tool:
    """Return the tool inside every other name that it was given."""
    while isinstance(tool, _WRAPS):
        tool = tool.tool
    return tool


def merge_tools(groups: Iterable[tuple[str, Iterable[llm.Tool]]]) -> list[llm.Tool]:
    """Return all tools as one list; a taken name gets its API's name before it."""
    merged: dict[str, llm.Tool] = {}
    for api_name, tools in groups:
        for tool in tools:
            if tool in (unwrap(other) for other in merged.values()):
                continue
            name = next(_candidates(api_name, tool.name, merged))
            merged[name] = tool if name == tool.name else RenamedTool(name, tool)
    return list(merged.values())


def _candidates(api_name: str, name: str, taken: Container[str]) -> Iterator[str]:
    if (legal := legal_name(name)) not in taken:
        yield legal
    prefixed = f"{slugify(api_name)}__{name}"
    numbered = (f"{prefixed}_{number}" for number in range(2, 1000))
    for candidate in chain((prefixed,), numbered):
        if (legal := legal_name(candidate)) not in taken:
            yield legal
