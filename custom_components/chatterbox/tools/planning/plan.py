"""What is known of a call before it runs."""

from collections.abc import Mapping
from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er, llm
import probatio

from ..dispatch.limits import CallPlan, DispatchOptions
from ..naming import unwrap
from ..resources import Footprint
from ..services.call import ResolvedInput
from ..services.tool import ServiceTool
from .effects import written_itself
from .footprint import footprint_of, is_undeclared
from .habits import WatchedCall, async_get_habits


def resolve_call(
    hass: HomeAssistant,
    tool: llm.Tool,
    tool_input: llm.ToolInput,
    llm_context: llm.LLMContext,
) -> llm.ToolInput:
    """Return the call with what it is resolved to, if it can be. Raises nothing."""
    if not isinstance(inner := unwrap(tool), ServiceTool):
        return tool_input
    try:
        resolved = inner.resolved(hass, tool_input, llm_context)
    except HomeAssistantError, probatio.Invalid:
        return tool_input
    return ResolvedInput(
        tool_input.tool_name,
        tool_input.tool_args,
        tool_input.id,
        tool_input.external,
        resolved,
    )


def plan_call(
    hass: HomeAssistant,
    tool: llm.Tool,
    tool_input: llm.ToolInput,
    llm_context: llm.LLMContext,
    options: DispatchOptions,
) -> CallPlan:
    """Return what is known of a call. Does no I/O, raises nothing."""
    inner = unwrap(tool)
    only_reads = inner.name in options.read_only_tools
    footprint = footprint_of(hass, tool, tool_input, llm_context, only_reads=only_reads)
    watch = None
    if is_undeclared(inner):
        habits = async_get_habits(hass)
        watch = WatchedCall(habits, habits.of(inner))
    key = inner.name
    if isinstance(inner, ServiceTool):
        key = f"{inner.domain}.{inner.service}"
    return CallPlan(
        footprint=footprint,
        deadline=options.deadlines.get(key, options.deadline),
        goes_on=isinstance(inner, (ServiceTool, llm.ActionTool)),
        watch=watch,
        written_by=partial(written_itself, hass),
        integrations=_capped(hass, inner, footprint, options.integration_caps),
    )


def _capped(
    hass: HomeAssistant,
    tool: llm.Tool,
    footprint: Footprint,
    caps: Mapping[str, int],
) -> frozenset[str]:
    """Return the integrations that the call makes work and that have a cap."""
    registry = er.async_get(hass)
    platforms = {
        entry.platform
        for entity_id in footprint.writes
        if (entry := registry.async_get(entity_id))
    }
    if tool.integration:
        platforms.add(tool.integration)
    return frozenset(platforms & caps.keys())
