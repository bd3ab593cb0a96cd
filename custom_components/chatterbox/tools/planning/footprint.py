"""How the arguments of each kind of tool name what it touches."""

from typing import Any, Final

from homeassistant.components.intent_script.llm import (  # type: ignore[attr-defined]
    ScriptIntentHandler,
)
from homeassistant.core import DOMAIN as HOMEASSISTANT_DOMAIN, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er, llm
import probatio

from ..naming import handler_of, unwrap
from ..resources import (
    UNDECLARED,
    WHOLE_HOME,
    Footprint,
    all_of_domain,
    keeps_to,
    of_integration,
)
from ..services.call import ServiceCall
from ..services.tool import ServiceTool
from .effects import effects_of, effects_on
from .habits import async_get_habits
from .matching import INTENTS, TOOLS, intent_targets, match
from .wrapped import with_sources

type Resources = frozenset[str]

_TOUCH_NOTHING: Final = frozenset(
    {("llm", "llm__GetDateTime"), ("homeassistant", "homeassistant__search_actions")}
)
"""Tools that read and write nothing in the home, by integration and name."""

_DECLARED: Final = TOOLS.keys() | _TOUCH_NOTHING

_SAYS_NOTHING_OF_ITSELF: Final = frozenset({None, "", HOMEASSISTANT_DOMAIN})
"""Integrations whose tools act on the whole home, for all that is known."""

_NAMES_WHAT_IT_RUNS: Final = frozenset({"automation", "scene", "script"})
"""Domains whose services write what they set going, not what is their own."""


def footprint_of(
    hass: HomeAssistant,
    tool: llm.Tool,
    tool_input: llm.ToolInput,
    llm_context: llm.LLMContext,
    *,
    only_reads: bool = False,
) -> Footprint:
    """Return what a call touches, as far as can be told before it runs.

    Never less than that: what cannot be resolved is the tool's domain or integration,
    else the whole home. `only_reads`: a person said so. No I/O, raises nothing.
    """
    if is_undeclared(tool):
        inner = unwrap(tool)
        name = inner.integration or ""
        resources = frozenset({of_integration(name), UNDECLARED})
        if async_get_habits(hass).of(inner).keeps_to_itself:
            resources = _integration_resources(hass, name) | {keeps_to(name)}
        found = Footprint(writes=resources)
    else:
        found = _of_declared(hass, tool, tool_input, llm_context)
    if tool.annotations.read_only or only_reads:
        return Footprint(reads=found.reads | found.writes)
    return found


def is_undeclared(tool: llm.Tool) -> bool:
    """Return whether neither the tool nor anybody else says what it touches."""
    tool = unwrap(tool)
    return not (
        tool.annotations.read_only
        or tool.integration in _SAYS_NOTHING_OF_ITSELF
        or isinstance(tool, (llm.IntentTool, llm.ActionTool, ServiceTool))
        or (tool.integration, tool.name) in _DECLARED
    )


def _of_declared(
    hass: HomeAssistant,
    tool: llm.Tool,
    tool_input: llm.ToolInput,
    llm_context: llm.LLMContext,
) -> Footprint:
    """Return what a call touches of a tool whose kind tells it."""
    tool, args = unwrap(tool), tool_input.tool_args
    if (tool.integration or "", tool.name) in _TOUCH_NOTHING:
        return Footprint()
    if isinstance(tool, ServiceTool):
        return _of_service(hass, tool, tool_input, llm_context)
    if isinstance(tool, llm.IntentTool):
        known = _of_intent(hass, tool)
        if known is not None:
            return Footprint(writes=known)
    if not (entity_ids := matched_entities(hass, tool, args, llm_context)):
        return Footprint(writes=_all_of(hass, tool))
    if tool.annotations.read_only:
        return Footprint(reads=with_sources(hass, entity_ids))
    effects = effects_on(hass, entity_ids)
    return Footprint(effects.reads, effects.resources)


def matched_entities(
    hass: HomeAssistant,
    tool: llm.Tool,
    args: dict[str, Any],
    llm_context: llm.LLMContext,
) -> list[str]:
    """Return the entities that a tool of Home Assistant matches, None if none."""
    tool = unwrap(tool)
    if isinstance(tool, llm.IntentTool):
        if _of_intent(hass, tool) is not None:
            return []
        return intent_targets(hass, tool, args, llm_context)
    if isinstance(tool, llm.ActionTool) and tool.integration == "script":
        return [tool.name.replace("__", ".", 1)]
    if matched := TOOLS.get((tool.integration or "", tool.name)):
        return match(hass, matched, args, llm_context)
    return []


def _of_service(
    hass: HomeAssistant,
    tool: ServiceTool,
    tool_input: llm.ToolInput,
    llm_context: llm.LLMContext,
) -> Footprint:
    """Return what a service call touches: its whole domain if it cannot be resolved."""
    try:
        call = tool.resolved(hass, tool_input, llm_context)
    except HomeAssistantError, probatio.Invalid:
        return Footprint(writes=_integration_resources(hass, tool.domain))
    if tool.annotations.read_only:
        return Footprint(reads=read_by(hass, call))
    service = f"{call.domain}.{call.service}"
    effects = effects_of(hass, service, call.service_data, call.referenced)
    return Footprint(effects.reads, effects.resources | _without_target(hass, call))


def read_by(hass: HomeAssistant, call: ServiceCall) -> Resources:
    """Return what a service call that is resolved reads."""
    named = {*(call.entity_ids or ()), *call.referenced}
    return with_sources(hass, named) | _without_target(hass, call)


def _without_target(hass: HomeAssistant, call: ServiceCall) -> Resources:
    """Return what a service call touches that has no target: its integration."""
    if call.entity_ids is None and call.domain not in _NAMES_WHAT_IT_RUNS:
        return _integration_resources(hass, call.domain)
    return frozenset()


def _integration_resources(hass: HomeAssistant, integration: str) -> frozenset[str]:
    """Return all that belongs to an integration: its domain and its entities."""
    registry = er.async_get(hass)
    entities = {
        entity.entity_id
        for entry in hass.config_entries.async_entries(integration)
        for entity in er.async_entries_for_config_entry(registry, entry.entry_id)
    }
    return frozenset(
        {of_integration(integration), all_of_domain(integration), *entities}
    )


def _all_of(hass: HomeAssistant, tool: llm.Tool) -> Resources:
    """Return all of the tool's integration, else the whole home."""
    if not tool.integration or tool.integration in _SAYS_NOTHING_OF_ITSELF:
        return frozenset({WHOLE_HOME})
    if isinstance(tool, llm.IntentTool) and tool.integration == "intent":
        # The integration of HassTurnOn and its kin owns no entity; they act on any.
        return frozenset({WHOLE_HOME})
    return _integration_resources(hass, tool.integration)


def _of_intent(hass: HomeAssistant, tool: llm.IntentTool) -> Resources | None:
    if tool.intent_type in INTENTS:
        return INTENTS[tool.intent_type]
    if isinstance(handler_of(hass, tool), ScriptIntentHandler):
        # Its action sees the slots in templates, so it may act on anything.
        return frozenset({WHOLE_HOME})
    return None
