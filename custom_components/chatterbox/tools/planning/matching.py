"""The entities that the arguments of Home Assistant's own tools match."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.components.homeassistant.exposed_entities import (
    async_should_expose,
)
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import intent, llm

from ..exposure.known import async_get_exposed
from ..naming import handler_of
from ..resources import VOICE_TIMERS, all_of_domain

_NONE: Final[frozenset[str]] = frozenset()
_TIMERS: Final = frozenset({VOICE_TIMERS})

INTENTS: Final[dict[str, frozenset[str]]] = {
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
class Matched:
    """The arguments by which a tool matches entities as intents do."""

    name: str = "name"
    area: str | None = None
    floor: str | None = None
    domain: str | None = None
    domains: tuple[str, ...] = ()
    one_target: bool = False


_PLAYER = Matched(
    "player_name",
    "player_area",
    "player_floor",
    domains=("media_player",),
    one_target=True,
)
TOOLS: Final[dict[tuple[str, str], Matched]] = {
    ("todo", "todo__get_items"): Matched("todo_list", domains=("todo",)),
    ("calendar", "calendar__get_events"): Matched("calendar", domains=("calendar",)),
    ("media_player", "media_player__search_media"): _PLAYER,
    ("media_player", "media_player__play_media"): _PLAYER,
    ("homeassistant", "homeassistant__GetLiveContext"): Matched(
        area="area", domain="domain"
    ),
}
"""Home Assistant's own tools, by integration and name, that match for themselves."""


def intent_targets(
    hass: HomeAssistant,
    tool: llm.IntentTool,
    args: dict[str, Any],
    llm_context: llm.LLMContext,
) -> list[str]:
    """Return the entities that an intent matches, in whatever state they are now."""
    handler = handler_of(hass, tool)
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


def match(
    hass: HomeAssistant,
    matched: Matched,
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
    states = None
    if constraints.name and constraints.assistant:
        # Home Assistant would compare the name with each of every entity.
        states = _called(hass, constraints.name, constraints.assistant)
        if not states:
            return []
    if one_target:
        constraints.single_target = True
        result = intent.async_match_targets(hass, constraints, preferences, states)
        if result.is_match:
            return [state.entity_id for state in result.states]
        constraints.single_target = False
    if not constraints.has_constraints:
        return []
    result = intent.async_match_targets(hass, constraints, preferences, states)
    if result.no_match_reason is intent.MatchFailedReason.DUPLICATE_NAME:
        constraints.allow_duplicate_names = True
        result = intent.async_match_targets(hass, constraints, preferences, states)
    return [state.entity_id for state in result.states] if result.is_match else []


def _called(hass: HomeAssistant, name: str, assistant: str) -> list[State]:
    """Return the states of all exposed entities of this name or id."""
    known = async_get_exposed(hass, assistant)
    found = known.by_name.get(name.strip().casefold(), [])
    if name in known.by_id and name not in found:
        found = [*found, name]
    return [state for each in found if (state := hass.states.get(each))]


def _text(value: Any) -> str | None:
    return str(value).strip() or None if isinstance(value, str | int | float) else None


def _texts(value: Any) -> set[str] | None:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        return None
    return {item.strip().lower() for item in value if isinstance(item, str)} or None
