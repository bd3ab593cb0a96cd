"""Tools as the model is told of them."""

import json
from typing import Any, Final

from homeassistant.components.conversation import DOMAIN as CONVERSATION_DOMAIN
from homeassistant.helpers import llm
import probatio

from ..providers.base import ToolSpec
from ..tools.exposure.known import async_get_known_home
from ..tools.intents.schema import described, trimmed
from ..tools.intents.things import Things, exposed_things
from ..tools.naming import handler_of, unwrap
from ..tools.services.tool import ServiceTool
from ..tools.template_marks import unmarked
from ..tools.toolbox import Toolbox

EMPTY_OBJECT: Final[dict[str, Any]] = {"type": "object", "properties": {}}
NOT_OFFERED: Final = frozenset({"llm__GetDateTime"})
"""Home Assistant's clock: the note beside what the person said tells the time."""
_SETS: Final = ("enum", "required")


def build_tool_specs(toolbox: Toolbox) -> tuple[ToolSpec, ...]:
    """Return a spec for each tool, in the order of their names."""
    return tuple(
        ToolSpec(
            name=tool.name,
            # MCP's are written by their server.
            description=unmarked(described(tool)),
            parameters=_kept_schema(toolbox, tool),
        )
        for tool in sorted(toolbox.tools, key=lambda tool: tool.name)
        if tool.name not in NOT_OFFERED
    )


def _kept_schema(toolbox: Toolbox, tool: llm.Tool) -> dict[str, Any]:
    """Return a tool's schema; of what Home Assistant tells of changes, as it was made."""
    if isinstance(inner := unwrap(tool), ServiceTool):
        # Made once, in a stable order.
        return inner.json_schema
    hass, assistant = toolbox.api.hass, toolbox.llm_context.assistant
    if not isinstance(inner, llm.IntentTool) or assistant != CONVERSATION_DOMAIN:
        return _schema(toolbox, tool)
    handler = handler_of(hass, inner)
    apis = frozenset(toolbox.origins.values())
    # The handler goes with it, so that its id is not another's.
    _, schema = async_get_known_home(hass).keep(
        ("schema", tool.name, inner.intent_type, id(handler), apis),
        lambda: (handler, _schema(toolbox, tool)),
    )
    return schema


def _schema(toolbox: Toolbox, tool: llm.Tool) -> dict[str, Any]:
    hass, inner = toolbox.api.hass, unwrap(tool)
    schema: dict[str, Any] = stable_schema(
        probatio.to_openapi(
            tool.parameters,
            custom_serializer=toolbox.custom_serializer,
            openapi_version="3.1.0",
        )
        or EMPTY_OBJECT
    )
    if not isinstance(inner, llm.IntentTool):
        return trimmed(hass, inner, schema, Things((), (), ()))
    things = exposed_things(hass, toolbox.llm_context.assistant or "")
    return trimmed(hass, inner, schema, things)


def stable_schema(schema: Any) -> Any:
    """Return a JSON Schema with its sets sorted, and without marks in descriptions."""
    if isinstance(schema, list):
        return [stable_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: sorted(value, key=_sort_key)
        if key in _SETS and isinstance(value, list)
        else unmarked(value)
        if key == "description" and isinstance(value, str)
        else stable_schema(value)
        for key, value in schema.items()
    }


def _sort_key(value: Any) -> tuple[str, str]:
    return type(value).__name__, json.dumps(value, sort_keys=True, default=str)
