"""What an intent does to what it matches, said as a call or as a sentence for later."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.components import conversation
from homeassistant.components.conversation.agent_manager import async_get_agent
from homeassistant.core import Context, HomeAssistant, split_entity_id
from homeassistant.helpers import intent, llm

from ..exposure.danger import UNKNOWN, Effect
from ..naming import handler_of
from .call_effects import NOTHING, CallEffects, Effects, is_reached
from .effects import all_effects, effects_of_steps, position_of
from .matching import INTENTS, intent_targets

TIMER_COMMAND: Final = "conversation_command"
"""The slot of a timer with what is done when it ends."""

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

_CHANGE_NOTHING: Final = INTENTS.keys() | {
    intent.INTENT_GET_STATE,
    intent.INTENT_GET_TEMPERATURE,
}
"""Intents that change no entity, whatever their slots name."""


def intent_effects(
    hass: HomeAssistant,
    tool: llm.IntentTool,
    args: dict[str, Any],
    llm_context: llm.LLMContext,
) -> CallEffects:
    """Return what an intent does to what it matches now."""
    if tool.intent_type in _CHANGE_NOTHING:
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
        if not is_reached(hass, action, entity_id):
            unreached.add(entity_id)
    others = effects_of_steps(hass, steps).all if steps else frozenset()
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


async def async_command_effects(
    hass: HomeAssistant, command: str, llm_context: llm.LLMContext
) -> CallEffects | None:
    """Return what a sentence for later will do, None if that cannot be told."""
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
