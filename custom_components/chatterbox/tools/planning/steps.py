"""What the steps of a script call, whichever branch is taken."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.const import (
    ATTR_ENTITY_ID,
    CONF_ACTION,
    CONF_CHOOSE,
    CONF_DEFAULT,
    CONF_DEVICE_ID,
    CONF_DOMAIN,
    CONF_ELSE,
    CONF_ENABLED,
    CONF_PARALLEL,
    CONF_REPEAT,
    CONF_SCENE,
    CONF_SEQUENCE,
    CONF_SERVICE,
    CONF_SERVICE_DATA,
    CONF_SERVICE_TEMPLATE,
    CONF_TARGET,
    CONF_THEN,
    CONF_TYPE,
    ENTITY_MATCH_ALL,
)
from homeassistant.helpers import config_validation as cv, template
from homeassistant.helpers.script import Script

from ..exposure.danger import UNKNOWN
from ..target_keys import SELECTION_KEYS

type Step = Mapping[str, Any]

_CALLS_NOTHING: Final = frozenset(
    {
        cv.SCRIPT_ACTION_CHECK_CONDITION,
        cv.SCRIPT_ACTION_DELAY,
        cv.SCRIPT_ACTION_SET_CONVERSATION_RESPONSE,
        cv.SCRIPT_ACTION_STOP,
        cv.SCRIPT_ACTION_VARIABLES,
        cv.SCRIPT_ACTION_WAIT_FOR_TRIGGER,
        cv.SCRIPT_ACTION_WAIT_TEMPLATE,
    }
)
_BRANCHES: Final[Mapping[str, Callable[[Step], Sequence[Any]]]] = {
    cv.SCRIPT_ACTION_CHOOSE: lambda step: [
        *(option.get(CONF_SEQUENCE) for option in _listed(step[CONF_CHOOSE])),
        step.get(CONF_DEFAULT),
    ],
    cv.SCRIPT_ACTION_IF: lambda step: [step.get(CONF_THEN), step.get(CONF_ELSE)],
    cv.SCRIPT_ACTION_REPEAT: lambda step: [step[CONF_REPEAT].get(CONF_SEQUENCE)],
    cv.SCRIPT_ACTION_PARALLEL: lambda step: [step[CONF_PARALLEL]],
    cv.SCRIPT_ACTION_SEQUENCE: lambda step: [step[CONF_SEQUENCE]],
}
"""The steps inside a step, of every branch."""

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


_DATA_KEYS: Final = (CONF_SERVICE_DATA, "data_template", CONF_TARGET)


@dataclass(frozen=True, slots=True)
class ServiceStep:
    """A step that calls a service."""

    service: str
    """``domain.service``, `UNKNOWN` where a template chooses it."""
    data: Mapping[str, Any]
    """As written, with the target in it; may hold templates."""


def service_steps(steps: Any) -> Iterator[ServiceStep | None]:
    """Yield every service that some steps may call, None for what cannot be known."""
    if isinstance(steps, Script):
        steps = steps.sequence
    if isinstance(steps, Mapping):
        yield from _of_step(steps)
    elif isinstance(steps, Sequence) and not isinstance(steps, str):
        for step in steps:
            yield from service_steps(step)
    elif steps is not None:
        yield None


def _of_step(step: Step) -> Iterator[ServiceStep | None]:
    if step.get(CONF_ENABLED) is False:
        return
    try:
        kind = cv.determine_script_action(dict(step))
    except ValueError:
        kind = ""
    if kind in _CALLS_NOTHING:
        return
    if kind in _BRANCHES:
        for branch in _BRANCHES[kind](step):
            yield from service_steps(branch)
    elif kind == cv.SCRIPT_ACTION_CALL_SERVICE:
        yield _service(step)
    elif kind == cv.SCRIPT_ACTION_ACTIVATE_SCENE:
        yield ServiceStep("scene.turn_on", {ATTR_ENTITY_ID: step[CONF_SCENE]})
    elif kind == cv.SCRIPT_ACTION_DEVICE_AUTOMATION:
        yield _device_action(step)
    else:
        yield None
        if kind != cv.SCRIPT_ACTION_FIRE_EVENT:
            # A kind of step that is yet to come: what can be told of it is told.
            for inside in step.values():
                if isinstance(inside, Mapping | list):
                    yield from service_steps(inside)


def _listed(options: Any) -> Sequence[Step]:
    """Return one option or several as several."""
    return [options] if isinstance(options, Mapping) else options


def _service(step: Step) -> ServiceStep:
    keys = (CONF_ACTION, CONF_SERVICE, CONF_SERVICE_TEMPLATE)
    service = next((step[key] for key in keys if key in step), None)
    if not isinstance(service, str) or is_template(service) or "." not in service:
        service = UNKNOWN
    return ServiceStep(service.strip().lower(), call_data(step))


def call_data(step: Step) -> dict[str, Any]:
    """Return the data of a call with all its targets, wherever they are written."""
    found: dict[str, Any] = {}
    at_top = {key: step[key] for key in SELECTION_KEYS if key in step}
    for part in (*map(step.get, _DATA_KEYS), at_top):
        # A template in place of it all may name anything.
        named = part if isinstance(part, Mapping) else {ATTR_ENTITY_ID: part}
        for key, value in named.items():
            also = found.get(key) if key in SELECTION_KEYS else None
            found[key] = value if also is None else [value, also]
    return found


def _device_action(step: Step) -> ServiceStep | None:
    """Return a device's action as the service that it stands for."""
    domain, kind = step.get(CONF_DOMAIN), step.get(CONF_TYPE)
    if not (domain and kind and step.get(CONF_DEVICE_ID)):
        return None
    service = _DEVICE_ACTIONS.get((str(domain), str(kind)), str(kind))
    # Without an entity it may be any.
    data = {ATTR_ENTITY_ID: ENTITY_MATCH_ALL, **step}
    return ServiceStep(f"{domain}.{service}", data | {CONF_DEVICE_ID: None})


def flattened(value: Any) -> Iterator[str]:
    """Yield ids however they were written: one, several, or with commas."""
    if isinstance(value, str):
        if not is_template(value):
            yield from (part for each in value.split(",") if (part := each.strip()))
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from flattened(one)


def is_template(value: Any) -> bool:
    """Return whether a value is a template, or has one in it."""
    match value:
        case template.Template():
            return True
        case str():
            return template.is_template_string(value)
        case Mapping():
            return any(map(is_template, value.values()))
        case list() | tuple() | set() | frozenset():
            return any(map(is_template, value))
        case _:
            return False
