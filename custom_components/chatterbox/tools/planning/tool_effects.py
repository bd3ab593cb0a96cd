"""What a call of a tool does to which entities, and which of them it names."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm
import probatio

from ..exposure.danger import UNKNOWN, Effect
from ..exposure.text_references import entity_ids_in, texts
from ..naming import unwrap
from ..services.tool import ServiceTool
from .call_effects import NOTHING, CallEffects, is_reached
from .effects import (
    all_effects,
    direct_effects,
    effects_of as service_effects,
    position_of,
)
from .intent_effects import intent_effects
from .steps import call_data

CALL_ACTION: Final = "homeassistant__call_action"
"""Home Assistant's own tool that calls any action on anything."""

_NAMES: Final = frozenset({"name", "entity_id", "device"})
"""The parts of a target that name a thing, not a place or a kind."""


def effects_of(
    hass: HomeAssistant,
    tool: llm.Tool,
    tool_input: llm.ToolInput,
    llm_context: llm.LLMContext,
) -> CallEffects:
    """Return what a call does: nothing if its arguments will be refused. No I/O."""
    inner, args = unwrap(tool), tool_input.tool_args
    if inner.annotations.read_only:
        return NOTHING
    if isinstance(inner, llm.IntentTool):
        return intent_effects(hass, inner, args, llm_context)
    if isinstance(inner, ServiceTool):
        return _of_service(hass, inner, tool_input, llm_context)
    if isinstance(inner, llm.ActionTool):
        return _of_action(hass, inner, args)
    if inner.name == CALL_ACTION:
        return _of_any_action(hass, args)
    return CallEffects(destructive=inner.annotations.destructive)


def _of_service(
    hass: HomeAssistant,
    tool: ServiceTool,
    tool_input: llm.ToolInput,
    llm_context: llm.LLMContext,
) -> CallEffects:
    try:
        call = tool.resolved(hass, tool_input, llm_context)
        if not tool.still_there(hass, call, llm_context):
            call = tool.resolve(hass, tool_input.tool_args, llm_context)
        named = not _NAMES.isdisjoint(tool.validate(tool_input.tool_args).target)
    except HomeAssistantError, probatio.Invalid, RecursionError:
        return NOTHING
    action = f"{call.domain}.{call.service}"
    value = position_of(call.data)
    others = all_effects(hass, [Effect(UNKNOWN, each) for each in call.referenced])
    if call.entity_ids is None:
        others |= service_effects(hass, action, call.data).all
    targets = call.entity_ids or ()
    return CallEffects(
        by_target={
            entity_id: all_effects(hass, [Effect(action, entity_id, value)])
            for entity_id in targets
        },
        others=others,
        named=named,
        unreached=frozenset(
            each for each in targets if not is_reached(hass, action, each)
        ),
    )


def _of_action(
    hass: HomeAssistant, tool: llm.ActionTool, args: dict[str, Any]
) -> CallEffects:
    """Return what a script does, and what may come of what it is given."""
    action = tool.name.replace("__", ".", 1)
    if tool.integration == "script":
        first = Effect("script.turn_on", action)
    else:
        first = Effect(action)
    given = {
        Effect(UNKNOWN, entity_id)
        for text in texts(args)
        for entity_id in entity_ids_in(hass, text)
    }
    return CallEffects(others=all_effects(hass, {first, *given}))


def _of_any_action(hass: HomeAssistant, args: Mapping[str, Any]) -> CallEffects:
    """Return what Home Assistant's own tool for any action does, exposed or not."""
    action = args.get("action")
    if not isinstance(action, str):
        return CallEffects(always_ask=True, refusal="The action is missing.")
    where, data = (
        part if isinstance(part := args.get(key) or {}, Mapping) else None
        for key in ("target", "data")
    )
    if where is None or data is None or _has_template(args):
        return CallEffects(
            always_ask=True,
            refusal="Templates are not accepted here. Give the values themselves.",
        )
    name = action.strip().lower()
    effects = direct_effects(hass, name, call_data({"target": where, "data": data}))
    whole = any((effect.entity_id or "").endswith(".*") for effect in effects)
    by_place = any(
        place.get(key)
        for place in (where, data)
        for key in ("area_id", "floor_id", "label_id")
    )
    return CallEffects(
        by_target={
            effect.entity_id: all_effects(hass, [effect])
            for effect in effects
            if effect.entity_id
        },
        others=all_effects(hass, [e for e in effects if not e.entity_id]),
        named=not by_place,
        always_ask=True,
        refusal="This is for the whole home. Name the entities." if whole else None,
    )


def _has_template(value: Any) -> bool:
    return any("{{" in text or "{%" in text or "{#" in text for text in texts(value))
