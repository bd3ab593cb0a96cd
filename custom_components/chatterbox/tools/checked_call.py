"""What is checked before a tool that Home Assistant made runs."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any, Final

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent, llm
from homeassistant.util.json import JsonObjectType

from .calls import ToolError
from .exposure.guard import checked_entity_ids, whole
from .intents.call import (
    async_call_intent,
    no_match,
    script_action,
    script_entity,
)
from .intents.matching import by_place_name
from .intents.things import exposed_things
from .intents.understood import LIVE_CONTEXT
from .naming import handler_of, unwrap
from .planning.footprint import matched_entities
from .services.catalog import async_get_catalog
from .services.tool import SCRIPT, ServiceTool

_ADDRESSES: Final = ("media_content_id", "within_media_content_id")


async def async_call_checked(
    hass: HomeAssistant,
    tool: llm.Tool,
    call: llm.ToolInput,
    llm_context: llm.LLMContext,
    keep: Collection[str] | None = None,
) -> llm.ToolResult | JsonObjectType:
    """Call a tool on what is exposed, or of it `keep`, as who speaks may."""
    inner = unwrap(tool)
    if isinstance(inner, ServiceTool):
        if inner.domain == SCRIPT:
            script = script_entity(hass, inner.service)
            await _check_rights(hass, inner, [script], llm_context)
        if keep is not None:
            args = inner.narrowed(call.tool_args, keep)
            return await inner.async_call(
                hass, llm.ToolInput(inner.name, args, call.id), llm_context
            )
        return await tool.async_call(hass, call, llm_context)
    targets = matched_entities(hass, inner, call.tool_args, llm_context)
    if keep is not None:
        targets = [entity_id for entity_id in targets if entity_id in keep]
    await _check_rights(hass, inner, targets, llm_context)
    try:
        if isinstance(inner, llm.IntentTool):
            handler = handler_of(hass, inner)
            if isinstance(handler, intent.DynamicServiceIntentHandler):
                return await async_call_intent(
                    hass, inner, handler, call.tool_args, llm_context, keep
                )
        if not inner.annotations.read_only:
            for entity_id in targets:
                whole(hass, llm_context.assistant, tool.name, entity_id)
        args = await _async_checked(hass, inner, call.tool_args, llm_context)
        if args is not call.tool_args:
            call = replace(call, tool_args=args)
        return await tool.async_call(hass, call, llm_context)
    except intent.MatchFailedError as err:
        raise no_match(hass, err, llm_context) from err


async def _async_checked(
    hass: HomeAssistant,
    tool: llm.Tool,
    args: dict[str, Any],
    llm_context: llm.LLMContext,
) -> dict[str, Any]:
    """Return the arguments of a tool of Home Assistant's own. Raises ToolError."""
    if isinstance(tool, llm.ActionTool) and tool.integration == SCRIPT:
        action = script_action(hass, tool.name.replace("__", ".", 1))
        found = await async_get_catalog(hass).async_get_tools(
            [f"{SCRIPT}.{action}"], llm_context.assistant
        )
        if not found:
            raise ToolError("This script cannot be called: a field of it has no value.")
        return found[0].resolve(hass, args, llm_context).service_data
    if tool.name == LIVE_CONTEXT and isinstance(area := args.get("area"), str):
        areas = exposed_things(hass, llm_context.assistant).areas
        if area.strip() and by_place_name(area, areas) is None:
            raise ToolError(f"No exposed entities found in area '{area}'")
    for name in _ADDRESSES:
        if name in args:
            checked_entity_ids(hass, llm_context.assistant, name, args[name])
    return args


async def _check_rights(
    hass: HomeAssistant,
    tool: llm.Tool,
    targets: Iterable[str],
    llm_context: llm.LLMContext,
) -> None:
    if (user := await async_speaker(hass, llm_context)) is None:
        return
    policy = POLICY_READ if tool.annotations.read_only else POLICY_CONTROL
    allowed: list[str] = []
    refused: list[str] = []
    for entity_id in targets:
        may = user.permissions.check_entity(entity_id, policy)
        (allowed if may else refused).append(entity_id)
    if refused:
        known = f" They may: {', '.join(allowed)}." if allowed else ""
        raise ToolError(
            f"The person who speaks may not {policy} {', '.join(refused)}.{known}"
        )


async def async_speaker(
    hass: HomeAssistant, llm_context: llm.LLMContext
) -> User | None:
    """Return the user who speaks, if one does. Raises ToolError for one who is gone."""
    user_id = llm_context.context.user_id if llm_context.context else None
    if not user_id:
        return None
    if (user := await hass.auth.async_get_user(user_id)) is None:
        raise ToolError("Who speaks is not known any more.")
    return user
