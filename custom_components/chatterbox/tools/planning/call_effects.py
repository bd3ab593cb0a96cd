"""What a call of a tool does to which entities, and which of them it names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.components import conversation
from homeassistant.components.conversation.agent_manager import async_get_agent
from homeassistant.core import Context, HomeAssistant, split_entity_id
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import intent, llm
import probatio

from ..exposure.danger import UNKNOWN, Effect
from ..exposure.written import entity_ids_in, texts
from ..naming import unwrap
from ..services.tool import ServiceCall, ServiceTool
from .footprint import _handler as handler_of, _intent_targets as intent_targets
from .sequences import (
    TURNS,
    all_effects,
    is_reached,
    position_of,
    service_effects,
    steps_effects,
)

type Effects = frozenset[Effect]

CALL_ACTION: Final = "homeassistant__call_action"
"""Home Assistant's own tool that calls any action on anything."""
TIMER_COMMAND: Final = "conversation_command"
"""The slot of a timer with what is done when it ends."""

_NAMES: Final = frozenset({"name", "entity_id", "device"})
"""The parts of a target that name a thing, not a place or a kind."""

_ON_OFF: Final[Mapping[str, Mapping[str, str]]] = {
    intent.INTENT_TURN_ON: {
        "button": "press",
        "cover": "open_cover",
        "input_button": "press",
        "lock": "lock",
        "valve": "open_valve",
    },
    intent.INTENT_TURN_OFF: {
        "cover": "close_cover",
        "lock": "unlock",
        "valve": "close_valve",
    },
    intent.INTENT_SET_POSITION: {
        "cover": "set_cover_position",
        "valve": "set_valve_position",
    },
    intent.INTENT_STOP_MOVING: {"cover": "stop_cover", "valve": "stop_valve"},
}
"""Which service an intent calls for a domain, where it is not the intent's own."""

_TURNS_OF: Final = {
    intent.INTENT_TURN_ON: "homeassistant.turn_on",
    intent.INTENT_TURN_OFF: "homeassistant.turn_off",
    intent.INTENT_TOGGLE: "homeassistant.toggle",
}

_TOUCHES_NO_ENTITY: Final = frozenset(
    {
        intent.INTENT_BROADCAST,
        intent.INTENT_CANCEL_ALL_TIMERS,
        intent.INTENT_CANCEL_TIMER,
        intent.INTENT_DECREASE_TIMER,
        intent.INTENT_GET_CURRENT_DATE,
        intent.INTENT_GET_CURRENT_TIME,
        intent.INTENT_GET_STATE,
        intent.INTENT_GET_TEMPERATURE,
        intent.INTENT_INCREASE_TIMER,
        intent.INTENT_NEVERMIND,
        intent.INTENT_PAUSE_TIMER,
        intent.INTENT_RESPOND,
        intent.INTENT_START_TIMER,
        intent.INTENT_TIMER_STATUS,
        intent.INTENT_UNPAUSE_TIMER,
    }
)
"""Intents that change no entity, whatever their slots name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEffects:
    """What a call does, as far as that can be told before it runs."""

    by_target: Mapping[str, Effects] = field(default_factory=dict)
    """All that comes of each entity that the call is for."""
    others: Effects = frozenset()
    """What it does besides."""
    named: bool = True
    """Whether each target is named, not found by its place or its kind."""
    unreached: frozenset[str] = frozenset()
    """Targets for which the service does nothing."""
    destructive: bool = False
    """The tool says of itself that it destroys."""
    always_ask: bool = False
    refusal: str | None = None
    """Why it must not run at all, in words for the model."""

    @property
    def all(self) -> Effects:
        """Return all effects."""
        return self.others.union(*self.by_target.values())


NOTHING: Final = CallEffects()


def effects_of(
    hass: HomeAssistant,
    tool: llm.Tool,
    tool_input: llm.ToolInput,
    llm_context: llm.LLMContext,
) -> CallEffects:
    """Return what a call does. Does no I/O.

    A call whose arguments will be refused does nothing.
    """
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
    unreached = _unreached(hass, call)
    others = {Effect(UNKNOWN, entity_id) for entity_id in call.referenced}
    if call.entity_ids is None:
        others |= set(service_effects(hass, action, {"data": call.data}))
    return CallEffects(
        by_target={
            entity_id: all_effects(hass, [Effect(action, entity_id, value)])
            for entity_id in call.entity_ids or ()
        },
        others=all_effects(hass, others),
        named=named,
        unreached=unreached,
    )


def _unreached(hass: HomeAssistant, call: ServiceCall) -> frozenset[str]:
    """Return the targets that ``homeassistant.turn_on`` and its kin pass over."""
    if call.domain != "homeassistant" or call.service not in TURNS:
        return frozenset()
    return frozenset(
        entity_id
        for entity_id in call.entity_ids or ()
        if not is_reached(hass, call.service, entity_id)
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


def intent_effects(
    hass: HomeAssistant,
    tool: llm.IntentTool,
    args: dict[str, Any],
    llm_context: llm.LLMContext,
) -> CallEffects:
    """Return what an intent does to what it matches now."""
    if tool.intent_type in _TOUCHES_NO_ENTITY:
        return NOTHING
    handler = handler_of(hass, tool)
    action_of = _action_of(tool.intent_type, handler)
    steps = (getattr(handler, "config", None) or {}).get("action")
    if steps is None and not _acts(handler):
        return NOTHING
    by_target: dict[str, Effects] = {}
    unreached = set()
    value = position_of(args)
    for entity_id in intent_targets(hass, tool, args, llm_context):
        action = action_of(entity_id)
        by_target[entity_id] = all_effects(hass, [Effect(action, entity_id, value)])
        if not _is_reached(hass, action, entity_id):
            unreached.add(entity_id)
    others = all_effects(hass, steps_effects(hass, steps)) if steps else frozenset()
    return CallEffects(
        by_target=by_target,
        others=others,
        named=_names_something(args),
        unreached=frozenset(unreached),
    )


def _acts(handler: intent.IntentHandler | None) -> bool:
    """Return whether an intent does something: one that answers by a script may not."""
    return not (handler and isinstance(getattr(handler, "config", None), Mapping))


def _names_something(args: Mapping[str, Any]) -> bool:
    """Return whether an intent's slots name an entity."""
    name = args.get("name")
    return not intent.is_blank_slot_value(name) and str(name).strip() != "all"


def _action_of(
    intent_type: str, handler: intent.IntentHandler | None
) -> Callable[[str], str]:
    """Return what tells the service that an intent calls for an entity."""
    table = _ON_OFF.get(intent_type, {})
    own = _TURNS_OF.get(intent_type, UNKNOWN)
    if not own and isinstance(handler, intent.ServiceIntentHandler):
        own = f"{handler.domain}.{handler.service}"

    def action_of(entity_id: str) -> str:
        domain = split_entity_id(entity_id)[0]
        service = table.get(domain)
        return f"{domain}.{service}" if service else own

    return action_of


def _is_reached(hass: HomeAssistant, action: str, entity_id: str) -> bool:
    domain, _, service = action.partition(".")
    if domain != "homeassistant" or service not in TURNS:
        return True
    return is_reached(hass, service, entity_id)


def _of_any_action(hass: HomeAssistant, args: Mapping[str, Any]) -> CallEffects:
    """Return what Home Assistant's own tool for any action does.

    It stands outside what is exposed, so that what cannot be told is refused.
    """
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
    step = {"target": where, "data": data}
    effects = set(service_effects(hass, action.strip().lower(), step))
    whole = any(
        effect.entity_id and effect.entity_id.endswith(".*") for effect in effects
    )
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


async def async_command_effects(
    hass: HomeAssistant, command: str, llm_context: llm.LLMContext
) -> CallEffects | None:
    """Return what a sentence does that Home Assistant will act on later.

    None if that cannot be told: Home Assistant does not understand it, or it sets off
    an automation.
    """
    agent = async_get_agent(hass)
    recognize = getattr(agent, "async_recognize_intent", None)
    triggered = getattr(agent, "async_recognize_sentence_trigger", None)
    if recognize is None or triggered is None:
        return None
    sentence = conversation.ConversationInput(
        text=command,
        context=llm_context.context or Context(),
        conversation_id=None,
        device_id=llm_context.device_id,
        satellite_id=None,
        language=llm_context.language or hass.config.language,
        agent_id=conversation.HOME_ASSISTANT_AGENT,
    )
    if await triggered(sentence) is not None:
        return None
    if (found := await recognize(sentence)) is None or found.unmatched_entities:
        return None
    if found.intent.name == intent.INTENT_START_TIMER:
        # One timer may start another, with a command of its own.
        return None
    handler = hass.data.get(intent.DATA_KEY, {}).get(found.intent.name)
    if handler is None:
        return None
    slots = {name: entity.value for name, entity in found.entities.items()}
    tool = llm.IntentTool(found.intent.name, handler)
    return intent_effects(hass, tool, slots, llm_context)
