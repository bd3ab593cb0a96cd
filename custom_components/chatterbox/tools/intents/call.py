"""Runs an intent on what is exposed and no more."""

from collections.abc import Collection
import copy
from dataclasses import replace
from typing import Any, Final

from homeassistant.core import Context, HomeAssistant, State
from homeassistant.helpers import entity_registry as er, intent, llm
import probatio

from ..calls import ToolError
from ..exposure.exposed import exposed_entities, is_exposed
from ..exposure.groups import members_of_user_group
from .matching import listing
from .things import exposed_things

_SAME_AS_MISSING: Final = {
    intent.MatchFailedReason.ASSISTANT: intent.MatchFailedReason.NAME,
    intent.MatchFailedReason.INVALID_AREA: intent.MatchFailedReason.AREA,
    intent.MatchFailedReason.INVALID_FLOOR: intent.MatchFailedReason.FLOOR,
}
"""What would tell that something is there but hidden, and what is said instead."""


async def async_call_intent(
    hass: HomeAssistant,
    tool: llm.IntentTool,
    handler: intent.DynamicServiceIntentHandler,
    args: dict[str, Any],
    llm_context: llm.LLMContext,
    keep: Collection[str] | None = None,
) -> llm.ToolResult:
    """Handle an intent as Home Assistant does, a group by its exposed members.

    With `keep`, on these of the entities that it matches. A script is run to its end.
    Raises what the handler raises.
    """
    narrowed = copy.copy(handler)
    kind = type(handler)

    async def handle_states(
        intent_obj: intent.Intent,
        match_result: intent.MatchTargetsResult,
        *rest: Any,
        **named: Any,
    ) -> intent.IntentResponse:
        found = match_result
        if keep is not None:
            states = [state for state in found.states if state.entity_id in keep]
            if not states:
                raise ToolError("Nothing is left that it may touch.")
            # An area among what succeeded would say that all of it did.
            found = replace(found, states=states, areas=[], floors=[])
        states = _taken_apart(hass, handler, found.states, llm_context)
        found = replace(found, states=states)
        return await kind.async_handle_states(
            narrowed, intent_obj, found, *rest, **named
        )

    async def call_service(
        domain: str, service: str, intent_obj: intent.Intent, state: State
    ) -> None:
        if state.domain != "script" or intent_obj.intent_type != intent.INTENT_TURN_ON:
            await kind.async_call_service(narrowed, domain, service, intent_obj, state)
            return
        action = script_action(hass, state.entity_id)
        await narrowed._run_then_background(  # noqa: SLF001
            hass.async_create_task(
                hass.services.async_call(
                    "script", action, {}, context=intent_obj.context, blocking=True
                ),
                f"intent_call_service_script_{action}",
            )
        )

    narrowed.async_handle_states = handle_states  # type: ignore[method-assign]
    narrowed.async_call_service = call_service  # type: ignore[method-assign]
    try:
        response = await narrowed.async_handle(_intent(hass, tool, args, llm_context))
    except probatio.Invalid as err:
        raise ToolError(f"Invalid slots for {tool.intent_type}: {err}") from err
    return llm.ToolResult(data=llm.IntentResponseDict(response))


def script_action(hass: HomeAssistant, entity_id: str) -> str:
    """Return the name of the action of a script, which may have been renamed."""
    entry = er.async_get(hass).async_get(entity_id)
    object_id = entity_id.partition(".")[2]
    return str(entry.unique_id) if entry and entry.unique_id else object_id


def script_entity(hass: HomeAssistant, action: str) -> str:
    """Return the entity of a script, by the name of its action."""
    known = er.async_get(hass).async_get_entity_id("script", "script", action)
    return known or f"script.{action}"


def _intent(
    hass: HomeAssistant,
    tool: llm.IntentTool,
    args: dict[str, Any],
    llm_context: llm.LLMContext,
) -> intent.Intent:
    preferences = llm.async_get_match_preferences(hass, llm_context)
    extra = {
        "preferred_area_id": preferences.area_id,
        "preferred_floor_id": preferences.floor_id,
    }
    known = {key: extra[key] for key in extra if key in (tool.extra_slots or ())}
    return intent.Intent(
        hass,
        platform=llm_context.platform,
        intent_type=tool.intent_type,
        slots={
            name: {"value": value}
            for name, value in {**args, **known}.items()
            if not intent.is_blank_slot_value(value)
        },
        text_input=None,
        context=llm_context.context or Context(),
        language=llm_context.language or hass.config.language,
        assistant=llm_context.assistant,
        device_id=llm_context.device_id,
    )


def _taken_apart(
    hass: HomeAssistant,
    handler: intent.DynamicServiceIntentHandler,
    states: list[State],
    llm_context: llm.LLMContext,
) -> list[State]:
    """Return the states with the exposed members of each group that hides some."""
    kept: dict[str, State] = {}
    for state in states:
        inside = members_of_user_group(hass, state.entity_id)
        exposed = {m for m in inside if is_exposed(hass, llm_context.assistant, m)}
        if inside == exposed:
            kept[state.entity_id] = state
            continue
        for member in sorted(exposed):
            found = hass.states.get(member)
            domains = handler.required_domains
            if found and (not domains or found.domain in domains):
                kept[member] = found
    if states and not kept:
        raise ToolError(
            f"{states[0].name} is a group, and not enough of it is exposed to you."
        )
    return list(kept.values())


def no_match(
    hass: HomeAssistant, err: intent.MatchFailedError, llm_context: llm.LLMContext
) -> ToolError:
    """Return the error as if nothing hidden were there."""
    result = intent.MatchTargetsResult(False, intent.MatchFailedReason.NAME)
    if exposed := exposed_entities(hass, llm_context.assistant):
        found = intent.async_match_targets(
            hass, err.constraints, err.preferences, [e.state for e in exposed]
        )
        if found.no_match_reason is not None:
            result = found
    reason = result.no_match_reason or intent.MatchFailedReason.NAME
    said = _SAME_AS_MISSING.get(reason, reason)
    same = intent.MatchFailedError(
        replace(result, no_match_reason=said), err.constraints
    )
    domains = err.constraints.domains or ()
    there = [
        thing
        for thing in exposed_things(hass, llm_context.assistant or "").all
        if thing.domain in domains
    ]
    if said is intent.MatchFailedReason.FEATURE:
        name = err.constraints.name
        named = [thing for thing in there if name and thing.is_called(name)]
        if unable := named or there:
            return ToolError(f"{listing(unable)} cannot do this. Nothing was done.")
    known = ""
    if said is intent.MatchFailedReason.NAME and there:
        known = f". There is: {listing(there)}."
    return ToolError(f"{same}{known}")
