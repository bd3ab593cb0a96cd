"""What scenes, scripts, automations and groups lead to, as far as they are static."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from homeassistant.components.homeassistant.scene import (
    DATA_PLATFORM as DATA_SCENES,
    entities_in_scene,
)
from homeassistant.components.script.const import DOMAIN as SCRIPT_DOMAIN
from homeassistant.const import (
    ATTR_AREA_ID,
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    ATTR_FLOOR_ID,
    ATTR_LABEL_ID,
    ENTITY_MATCH_ALL,
    SERVICE_TOGGLE,
    SERVICE_TURN_OFF,
    SERVICE_TURN_ON,
)
from homeassistant.core import (
    DOMAIN as HOMEASSISTANT_DOMAIN,
    HomeAssistant,
    State,
    callback,
    split_entity_id,
)
from homeassistant.helpers import entity_registry as er, target, template
from homeassistant.helpers.script import Script

from ..exposure.danger import TO_STATE, UNKNOWN, Effect
from .wrapped import behind, members as members_of

AUTOMATION_DOMAIN: Final = "automation"
TURNS: Final = frozenset({SERVICE_TURN_ON, SERVICE_TURN_OFF, SERVICE_TOGGLE})
"""Services of the integration `homeassistant` that hand on to an entity's domain."""

_TARGET_KEYS: Final = (
    ATTR_ENTITY_ID,
    ATTR_DEVICE_ID,
    ATTR_AREA_ID,
    ATTR_FLOOR_ID,
    ATTR_LABEL_ID,
)
_NOT_STEPS: Final = frozenset(
    {"condition", "conditions", "data", "data_template", "event_data", "for_each", "if"}
    | {"metadata", "target", "trigger", "triggers", "until", "variables"}
    | {"wait_for_trigger", "while"}
)
"""Keys of a step under which there are no steps."""

_DEVICE_ACTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("alarm_control_panel", "arm_away"): "alarm_arm_away",
    ("alarm_control_panel", "arm_home"): "alarm_arm_home",
    ("alarm_control_panel", "arm_night"): "alarm_arm_night",
    ("alarm_control_panel", "arm_vacation"): "alarm_arm_vacation",
    ("alarm_control_panel", "disarm"): "alarm_disarm",
    ("alarm_control_panel", "trigger"): "alarm_trigger",
    ("cover", "close"): "close_cover",
    ("cover", "close_tilt"): "close_cover_tilt",
    ("cover", "open"): "open_cover",
    ("cover", "open_tilt"): "open_cover_tilt",
    ("cover", "set_position"): "set_cover_position",
    ("cover", "set_tilt_position"): "set_cover_tilt_position",
    ("cover", "stop"): "stop_cover",
}
"""The service behind a device action whose type is not the service's name."""


@callback
def all_effects(hass: HomeAssistant, first: Iterable[Effect]) -> frozenset[Effect]:
    """Return the effects and all that they lead to.

    Of groups what is done to their members, of scenes the states that they set, of
    scripts and automations what their steps do.
    """
    found: set[Effect] = set()
    left = list(first)
    while left:
        effect = _without_detour(hass, left.pop())
        if effect is None or effect in found:
            continue
        found.add(effect)
        left.extend(_next(hass, effect))
    return frozenset(found)


@callback
def is_reached(hass: HomeAssistant, service: str, entity_id: str) -> bool:
    """Return whether ``homeassistant.<service>`` does anything to an entity.

    Of a group it is asked for its members.
    """
    domain = split_entity_id(entity_id)[0]
    if hass.services.has_service(domain, service):
        return True
    inside = [member for member in members_of(hass, entity_id) if member != entity_id]
    return domain == "group" and any(
        hass.services.has_service(split_entity_id(member)[0], service)
        for member in inside
    )


def _without_detour(hass: HomeAssistant, effect: Effect) -> Effect | None:
    """Return what ``homeassistant.turn_on`` and its kin do, None if that is nothing."""
    domain, _, service = effect.action.partition(".")
    if domain != HOMEASSISTANT_DOMAIN or service not in TURNS or not effect.entity_id:
        return effect
    own = split_entity_id(effect.entity_id)[0] if "." in effect.entity_id else ""
    if own in ("group", "*"):
        return effect
    if not hass.services.has_service(own, service):
        return None
    return Effect(f"{own}.{service}", effect.entity_id, effect.value)


def _next(hass: HomeAssistant, effect: Effect) -> Iterator[Effect]:
    """Yield what an effect leads to directly."""
    if not (entity_id := effect.entity_id) or entity_id.endswith(".*"):
        return
    _, _, service = effect.action.partition(".")
    domain = split_entity_id(entity_id)[0]
    match domain:
        case "scene":
            yield from _in_scene(hass, entity_id)
        case "script" if service != SERVICE_TURN_OFF:
            yield from _in_script(hass, SCRIPT_DOMAIN, entity_id, "script")
        case "automation" if service == "trigger" or not service:
            yield from _in_script(hass, AUTOMATION_DOMAIN, entity_id, "action_script")
        case _:
            found = behind(hass, entity_id)
            for inner in found.entity_ids - {entity_id}:
                yield Effect(effect.action, inner, effect.value)
            for sequence in found.sequences:
                yield from steps_effects(hass, sequence)


def _in_scene(hass: HomeAssistant, entity_id: str) -> Iterator[Effect]:
    """Yield the states that a scene sets; of those of other integrations, what it lists."""
    platform = hass.data.get(DATA_SCENES)
    scene = platform.entities.get(entity_id) if platform else None
    config = getattr(scene, "scene_config", None)
    if config is not None:
        for state in config.states.values():
            yield Effect(TO_STATE, state.entity_id, _state_set(state))
        return
    for listed in {
        *entities_in_scene(hass, entity_id),
        *members_of(hass, entity_id),
    } - {entity_id}:
        yield Effect(UNKNOWN, listed)


def _state_set(state: State) -> str:
    """Return the state that a scene sets; a position says more than the word does."""
    positions = ("current_position", "current_tilt_position")
    if any(state.attributes.get(name) for name in positions):
        return "open"
    return state.state


def _in_script(
    hass: HomeAssistant, integration: str, entity_id: str, attribute: str
) -> Iterator[Effect]:
    component = hass.data.get(integration)
    entity = component.get_entity(entity_id) if component else None
    script = getattr(entity, attribute, None)
    if isinstance(script, Script):
        yield from steps_effects(hass, script.sequence)


@callback
def steps_effects(hass: HomeAssistant, steps: Any) -> Iterator[Effect]:
    """Yield what the steps of a script do themselves, on whatever branch."""
    if isinstance(steps, list | tuple):
        for step in steps:
            yield from steps_effects(hass, step)
    elif isinstance(steps, Script):
        yield from steps_effects(hass, steps.sequence)
    elif isinstance(steps, Mapping) and steps.get("enabled") is not False:
        if "condition" not in steps:
            yield from _step(hass, steps)
        for key, inner in steps.items():
            if key not in _NOT_STEPS:
                yield from steps_effects(hass, inner)


def _step(hass: HomeAssistant, step: Mapping[str, Any]) -> Iterator[Effect]:
    """Yield what one step does."""
    if isinstance(scene := step.get("scene"), str):
        yield Effect("scene.turn_on", scene)
    elif action := next(
        (step[key] for key in ("action", "service", "service_template") if key in step),
        None,
    ):
        yield from service_effects(hass, action, step)
    elif "device_id" in step and "domain" in step and "type" in step:
        yield _device_action(hass, step)


def _device_action(hass: HomeAssistant, step: Mapping[str, Any]) -> Effect:
    domain, kind = str(step["domain"]), str(step["type"])
    action = f"{domain}.{_DEVICE_ACTIONS.get((domain, kind), kind)}"
    named = step.get(ATTR_ENTITY_ID)
    entity_id = (
        er.async_resolve_entity_id(er.async_get(hass), named)
        if isinstance(named, str)
        else None
    )
    return Effect(action, entity_id or f"{domain}.*", position_of(step))


@callback
def service_effects(
    hass: HomeAssistant, action: Any, step: Mapping[str, Any]
) -> Iterator[Effect]:
    """Yield what a service does that is called with a target, data or both."""
    if _is_template(action) or not isinstance(action, str):
        action = UNKNOWN
    domain, _, service = action.partition(".")
    data = step.get("data") or step.get("data_template") or {}
    data = data if isinstance(data, Mapping) else {}
    where = step.get("target")
    ids, open_ended = _targets(hass, domain, [where, data, step])
    value = position_of(data)
    for entity_id in ids:
        yield Effect(action, entity_id, value)
    if _is_template(where) or open_ended:
        yield Effect(action, f"{domain or '*'}.*", value)
    elif domain == SCRIPT_DOMAIN and service not in (*TURNS, "reload"):
        yield Effect("script.turn_on", script_entity(hass, service))
    elif not ids:
        yield Effect(action)
    if action == "scene.apply" and isinstance(states := data.get("entities"), Mapping):
        yield from _applied(states)


def _applied(states: Mapping[Any, Any]) -> Iterator[Effect]:
    for entity_id, state in states.items():
        plain = state if isinstance(state, str) else None
        yield Effect(TO_STATE, str(entity_id), plain)


@callback
def script_entity(hass: HomeAssistant, service: str) -> str:
    """Return the entity of the script that a service of scripts runs."""
    registry = er.async_get(hass)
    found = registry.async_get_entity_id(SCRIPT_DOMAIN, SCRIPT_DOMAIN, service)
    return found or f"{SCRIPT_DOMAIN}.{service}"


@callback
def position_of(data: Mapping[str, Any]) -> float | None:
    """Return the position that a service sets, None if it is not told."""
    value = data.get("position", data.get("tilt_position"))
    try:
        return None if value is None or _is_template(value) else float(value)
    except TypeError, ValueError:
        return None


def _targets(
    hass: HomeAssistant, domain: str, places: Iterable[Any]
) -> tuple[set[str], bool]:
    """Return the entities that are named, and whether there may be others."""
    selection: dict[str, list[str]] = {}
    open_ended = False
    for place in places:
        if not isinstance(place, Mapping):
            continue
        for key in _TARGET_KEYS:
            for one in _list(place.get(key)):
                everything = key == ATTR_ENTITY_ID and one == ENTITY_MATCH_ALL
                if everything or not isinstance(one, str) or _is_template(one):
                    open_ended = True
                else:
                    selection.setdefault(key, []).append(one)
    if not selection:
        return set(), open_ended
    registry = er.async_get(hass)
    named = [
        er.async_resolve_entity_id(registry, one) or one
        for one in selection.pop(ATTR_ENTITY_ID, [])
    ]
    selected = target.async_extract_referenced_entity_ids(
        hass,
        target.TargetSelection({**selection, ATTR_ENTITY_ID: named}),
        expand_group=False,
        primary_entities_only=False,
    )
    inside = {
        entity_id
        for entity_id in selected.indirectly_referenced
        if domain in ("", HOMEASSISTANT_DOMAIN, split_entity_id(entity_id)[0])
    }
    return selected.referenced | inside, open_ended


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, str):
        if _is_template(value):
            return [value]
        return [part.strip() for part in value.split(",") if part.strip()]
    return list(value) if isinstance(value, list | tuple | set) else [value]


def _is_template(value: Any) -> bool:
    return isinstance(value, template.Template) or (
        isinstance(value, str) and template.is_template_string(value)
    )
