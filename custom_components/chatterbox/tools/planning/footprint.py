"""How the arguments of each kind of tool name what it touches."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.components.homeassistant.exposed_entities import (
    async_should_expose,
)
from homeassistant.components.intent_script.llm import (  # type: ignore[attr-defined]
    ScriptIntentHandler,
)
from homeassistant.core import DOMAIN as HOMEASSISTANT_DOMAIN, HomeAssistant
from homeassistant.helpers import intent, llm

from ..naming import unwrap
from ..resources import (
    UNDECLARED,
    VOICE_TIMERS,
    WHOLE_HOME,
    Footprint,
    all_of_domain,
    of_integration,
)
from ..services.tool import ServiceTool
from .effects import integration_resources, with_effects
from .habits import async_get_habits
from .service_footprint import service_resources
from .wrapped import with_sources

type Resources = frozenset[str]

_NONE: Final[Resources] = frozenset()
_TIMERS: Final[Resources] = frozenset({VOICE_TIMERS})

_INTENTS: Final[dict[str, Resources]] = {
    **dict.fromkeys(
        (
            intent.INTENT_START_TIMER,
            intent.INTENT_CANCEL_TIMER,
            intent.INTENT_CANCEL_ALL_TIMERS,
            intent.INTENT_INCREASE_TIMER,
            intent.INTENT_DECREASE_TIMER,
            intent.INTENT_PAUSE_TIMER,
            intent.INTENT_UNPAUSE_TIMER,
            intent.INTENT_TIMER_STATUS,
        ),
        _TIMERS,
    ),
    intent.INTENT_NEVERMIND: _NONE,
    intent.INTENT_RESPOND: _NONE,
    intent.INTENT_GET_CURRENT_DATE: _NONE,
    intent.INTENT_GET_CURRENT_TIME: _NONE,
    intent.INTENT_BROADCAST: frozenset({all_of_domain("assist_satellite")}),
}
"""Intents whose slots name no entity, and what they touch."""

_ONE_TARGET: Final = frozenset(
    {"HassClimateSetTemperature", "HassClimateSetFanMode"}
    | {intent.INTENT_GET_TEMPERATURE, "HassMediaSearchAndPlay"}
)
"""Intents that choose one entity, by the satellite's area where several match."""

_AREA_IS_NO_TARGET: Final = frozenset({"HassVacuumCleanArea"})
"""Intents whose area slot says what to do, not to which entity."""


@dataclass(frozen=True, slots=True)
class _Matched:
    """The arguments by which a tool matches entities as intents do."""

    name: str = "name"
    area: str | None = None
    floor: str | None = None
    domain: str | None = None
    domains: tuple[str, ...] = ()
    one_target: bool = False


_PLAYER = _Matched(
    "player_name",
    "player_area",
    "player_floor",
    domains=("media_player",),
    one_target=True,
)
_TOOLS: Final[dict[tuple[str, str], _Matched]] = {
    ("todo", "todo__get_items"): _Matched("todo_list", domains=("todo",)),
    ("calendar", "calendar__get_events"): _Matched("calendar", domains=("calendar",)),
    ("media_player", "media_player__search_media"): _PLAYER,
    ("media_player", "media_player__play_media"): _PLAYER,
    ("homeassistant", "homeassistant__GetLiveContext"): _Matched(
        area="area", domain="domain"
    ),
}
"""Home Assistant's own tools, by integration and name, that match for themselves."""

_TOUCH_NOTHING: Final = frozenset(
    {("llm", "llm__GetDateTime"), ("homeassistant", "homeassistant__search_actions")}
)
"""Tools that read and write nothing in the home, by integration and name."""

_SAYS_NOTHING_OF_ITSELF: Final = frozenset({None, "", HOMEASSISTANT_DOMAIN})
"""Integrations whose tools act on the whole home, for all that is known."""


def footprint_of(
    hass: HomeAssistant,
    tool: llm.Tool,
    tool_input: llm.ToolInput,
    llm_context: llm.LLMContext,
    *,
    only_reads: bool = False,
) -> Footprint:
    """Return what a call touches, as far as can be told before it runs.

    Never less than it touches by its arguments: what cannot be resolved is the
    tool's domain or integration, else the whole home. With `only_reads` a person has
    said so of the tool. Does no I/O, raises nothing.
    """
    if is_undeclared(tool):
        inner = unwrap(tool)
        resources = frozenset({of_integration(inner.integration or ""), UNDECLARED})
        if async_get_habits(hass).of(inner).keeps_to_itself:
            resources = integration_resources(hass, inner.integration or "")
    else:
        resources = resources_of(hass, tool, tool_input, llm_context)
    if tool.annotations.read_only or only_reads:
        return Footprint(reads=resources)
    return Footprint(writes=resources)


def is_undeclared(tool: llm.Tool) -> bool:
    """Return whether neither the tool nor anybody else says what it touches."""
    tool = unwrap(tool)
    return not (
        tool.annotations.read_only
        or tool.integration in _SAYS_NOTHING_OF_ITSELF
        or isinstance(tool, llm.IntentTool | llm.ActionTool | ServiceTool)
        or (tool.integration, tool.name) in _TOOLS.keys() | _TOUCH_NOTHING
    )


def resources_of(
    hass: HomeAssistant,
    tool: llm.Tool,
    tool_input: llm.ToolInput,
    llm_context: llm.LLMContext,
) -> Resources:
    """Return the resources that a call reads or writes."""
    tool, args = unwrap(tool), tool_input.tool_args
    key = (tool.integration or "", tool.name)
    if key in _TOUCH_NOTHING:
        return _NONE
    found: Iterable[str] | None
    if isinstance(tool, llm.IntentTool):
        if (known := _of_intent(hass, tool, args, llm_context)) is not None:
            return known
        found = _intent_targets(hass, tool, args, llm_context)
    elif isinstance(tool, ServiceTool):
        return service_resources(hass, tool, tool_input, llm_context)
    elif isinstance(tool, llm.ActionTool) and tool.integration == "script":
        found = [tool.name.replace("__", ".", 1)]
    elif matched := _TOOLS.get(key):
        found = _match(hass, matched, args, llm_context)
    else:
        found = None
    if not found:
        return _all_of(hass, tool)
    if tool.annotations.read_only:
        return with_sources(hass, found)
    return with_effects(hass, found)


def matched_entities(
    hass: HomeAssistant,
    tool: llm.Tool,
    args: dict[str, Any],
    llm_context: llm.LLMContext,
) -> list[str]:
    """Return the entities that a tool of Home Assistant's own matches by its arguments.

    None where it matches nothing, or does not act on what it matches.
    """
    tool = unwrap(tool)
    if isinstance(tool, llm.IntentTool):
        if _of_intent(hass, tool, args, llm_context) is not None:
            return []
        return _intent_targets(hass, tool, args, llm_context)
    if isinstance(tool, llm.ActionTool) and tool.integration == "script":
        return [tool.name.replace("__", ".", 1)]
    if matched := _TOOLS.get((tool.integration or "", tool.name)):
        return _match(hass, matched, args, llm_context)
    return []


def _all_of(hass: HomeAssistant, tool: llm.Tool) -> Resources:
    """Return all of the tool's integration, or the whole home if it has none.

    Home Assistant's own tools call any action and render any template.
    """
    if not tool.integration or tool.integration in _SAYS_NOTHING_OF_ITSELF:
        return frozenset({WHOLE_HOME})
    if isinstance(tool, llm.IntentTool) and tool.integration == "intent":
        # The integration of HassTurnOn and its kin owns no entity; they act on any.
        return frozenset({WHOLE_HOME})
    return integration_resources(hass, tool.integration)


def _of_intent(
    hass: HomeAssistant,
    tool: llm.IntentTool,
    args: dict[str, Any],
    llm_context: llm.LLMContext,
) -> Resources | None:
    """Return the resources of an intent whose slots do not name them."""
    if tool.intent_type in _INTENTS:
        return _INTENTS[tool.intent_type]
    handler = _handler(hass, tool)
    if isinstance(handler, ScriptIntentHandler):
        # Its action sees the slots in templates, so it may act on anything.
        return frozenset({WHOLE_HOME})
    return None


def _handler(hass: HomeAssistant, tool: llm.IntentTool) -> intent.IntentHandler | None:
    """Return the handler that is registered for the tool's intent now."""
    return hass.data.get(intent.DATA_KEY, {}).get(tool.intent_type)


def _intent_targets(
    hass: HomeAssistant,
    tool: llm.IntentTool,
    args: dict[str, Any],
    llm_context: llm.LLMContext,
) -> list[str]:
    """Return the entities that an intent matches, by its handler's own constraints.

    Without the states that a handler asks for: an earlier call may bring them about.
    """
    handler = _handler(hass, tool)
    features: int | None = None
    domains: Collection[str] | None = None
    if isinstance(handler, intent.DynamicServiceIntentHandler):
        domains, features = handler.required_domains, handler.required_features
    elif handler:
        domains = handler.platforms
    slots = {
        name: value
        for name, value in args.items()
        if not intent.is_blank_slot_value(value)
    }
    if tool.intent_type in _AREA_IS_NO_TARGET:
        slots.pop("area", None)
    name = _text(slots.get("name"))
    constraints = intent.MatchTargetsConstraints(
        name=None if name == "all" else name,
        area_name=_text(slots.get("area")),
        floor_name=_text(slots.get("floor")),
        domains=_texts(slots.get("domain")) or domains,
        device_classes=_texts(slots.get("device_class")),
        features=features,
        assistant=llm_context.assistant,
    )
    return _match_targets(
        hass, constraints, llm_context, one_target=tool.intent_type in _ONE_TARGET
    )


def _match(
    hass: HomeAssistant,
    matched: _Matched,
    args: dict[str, Any],
    llm_context: llm.LLMContext,
) -> list[str]:
    """Return the entities that a tool's own arguments match."""

    def text(argument: str | None) -> str | None:
        return _text(args.get(argument)) if argument else None

    asked = _texts(args.get(matched.domain)) if matched.domain else None
    constraints = intent.MatchTargetsConstraints(
        name=text(matched.name),
        area_name=text(matched.area),
        floor_name=text(matched.floor),
        domains=asked or set(matched.domains) or None,
        assistant=llm_context.assistant,
    )
    if not constraints.has_constraints:
        return [
            state.entity_id
            for state in hass.states.async_all()
            if async_should_expose(hass, llm_context.assistant, state.entity_id)
        ]
    return _match_targets(hass, constraints, llm_context, one_target=matched.one_target)


def _match_targets(
    hass: HomeAssistant,
    constraints: intent.MatchTargetsConstraints,
    llm_context: llm.LLMContext,
    *,
    one_target: bool,
) -> list[str]:
    """Return the ids of the entities that match, all of them where it is ambiguous."""
    preferences = llm.async_get_match_preferences(hass, llm_context)
    if one_target:
        constraints.single_target = True
        result = intent.async_match_targets(hass, constraints, preferences)
        if result.is_match:
            return [state.entity_id for state in result.states]
        constraints.single_target = False
    if not constraints.has_constraints:
        return []
    result = intent.async_match_targets(hass, constraints, preferences)
    if result.no_match_reason is intent.MatchFailedReason.DUPLICATE_NAME:
        constraints.allow_duplicate_names = True
        result = intent.async_match_targets(hass, constraints, preferences)
    return [state.entity_id for state in result.states] if result.is_match else []


def _text(value: Any) -> str | None:
    """Return an argument as text, None if it says nothing."""
    return str(value).strip() or None if isinstance(value, str | int | float) else None


def _texts(value: Any) -> set[str] | None:
    """Return an argument that is one text or a list of them."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        return None
    return {item.strip().lower() for item in value if isinstance(item, str)} or None
