"""Runs a call on some of what it matches, and leaves the rest alone."""

from collections.abc import Collection
import copy
from dataclasses import replace
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import intent, llm
import probatio

from ..calls import ToolError
from ..naming import unwrap
from ..services.tool import ServiceTool


def can_narrow(hass: HomeAssistant, tool: llm.Tool) -> bool:
    """Return whether a tool can be run on some of what it matches."""
    inner = unwrap(tool)
    if isinstance(inner, ServiceTool):
        return True
    return isinstance(inner, llm.IntentTool) and isinstance(
        _handler(hass, inner), intent.DynamicServiceIntentHandler
    )


async def async_call_narrowed(
    hass: HomeAssistant,
    tool: llm.Tool,
    call: llm.ToolInput,
    llm_context: llm.LLMContext,
    keep: Collection[str],
) -> llm.ToolResult:
    """Run a call on nothing but the entities to keep.

    Raises what the tool raises.
    """
    inner = unwrap(tool)
    if isinstance(inner, ServiceTool):
        args = inner.narrowed(call.tool_args, keep)
        return await inner.async_call(
            hass, llm.ToolInput(inner.name, args, call.id), llm_context
        )
    assert isinstance(inner, llm.IntentTool)
    return await _async_intent(hass, inner, call.tool_args, llm_context, keep)


def _handler(hass: HomeAssistant, tool: llm.IntentTool) -> intent.IntentHandler | None:
    return hass.data.get(intent.DATA_KEY, {}).get(tool.intent_type)


async def _async_intent(
    hass: HomeAssistant,
    tool: llm.IntentTool,
    args: dict[str, Any],
    llm_context: llm.LLMContext,
    keep: Collection[str],
) -> llm.ToolResult:
    """Handle an intent as Home Assistant does, on fewer of the states that it matches."""
    handler = _handler(hass, tool)
    assert isinstance(handler, intent.DynamicServiceIntentHandler)
    narrowed = copy.copy(handler)

    async def handle_states(
        intent_obj: intent.Intent,
        match_result: intent.MatchTargetsResult,
        *rest: Any,
        **named: Any,
    ) -> intent.IntentResponse:
        states = [s for s in match_result.states if s.entity_id in keep]
        if not states:
            raise ToolError("Nothing is left that it may touch.")
        # An area among what succeeded would say that all of it did.
        fewer = replace(match_result, states=states, areas=[], floors=[])
        return await handler.async_handle_states(intent_obj, fewer, *rest, **named)

    narrowed.async_handle_states = handle_states  # type: ignore[method-assign]
    preferences = llm.async_get_match_preferences(hass, llm_context)
    extra = {
        "preferred_area_id": preferences.area_id,
        "preferred_floor_id": preferences.floor_id,
    }
    slots = {
        name: {"value": value}
        for name, value in {**args, **extra}.items()
        if not intent.is_blank_slot_value(value)
        and (name not in extra or name in (tool.extra_slots or ()))
    }
    try:
        response = await narrowed.async_handle(
            intent.Intent(
                hass,
                platform=llm_context.platform,
                intent_type=tool.intent_type,
                slots=slots,
                text_input=None,
                context=llm_context.context or Context(),
                language=llm_context.language or hass.config.language,
                assistant=llm_context.assistant,
                device_id=llm_context.device_id,
            )
        )
    except probatio.Invalid as err:
        raise ToolError(f"Invalid slots for {tool.intent_type}: {err}") from err
    return llm.ToolResult(data=llm.IntentResponseDict(response))
