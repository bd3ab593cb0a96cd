"""Tools as the model is told of them."""

from typing import Any

import probatio

from ..providers.base import ToolSpec
from ..tools.toolbox import Toolbox

EMPTY_OBJECT: dict[str, Any] = {"type": "object", "properties": {}}


def build_tool_specs(toolbox: Toolbox) -> tuple[ToolSpec, ...]:
    """Return a spec for each tool, in the order of their names."""
    return tuple(
        ToolSpec(
            name=tool.name,
            description=tool.description or "",
            parameters=getattr(tool, "json_schema", None)
            or probatio.to_openapi(
                tool.parameters,
                custom_serializer=toolbox.custom_serializer,
                openapi_version="3.1.0",
            )
            or EMPTY_OBJECT,
        )
        for tool in sorted(toolbox.tools, key=lambda tool: tool.name)
    )
