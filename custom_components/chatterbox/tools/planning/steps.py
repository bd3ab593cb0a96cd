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
)
from homeassistant.helpers import config_validation as cv, template

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
_DATA_KEYS: Final = (CONF_SERVICE_DATA, "data_template", CONF_TARGET)


@dataclass(frozen=True, slots=True)
class ServiceStep:
    """A step that calls a service."""

    service: str
    """``domain.service``"""
    data: Mapping[str, Any]
    """As written, with the target in it; may hold templates."""


def service_steps(steps: Any) -> Iterator[ServiceStep | None]:
    """Yield every service that some steps may call, None for what cannot be known.

    `steps` is one step or several, validated or as a person wrote them.
    """
    if isinstance(steps, Mapping):
        yield from _of_step(steps)
    elif isinstance(steps, Sequence) and not isinstance(steps, str):
        for step in steps:
            yield from service_steps(step)
    elif steps is not None:
        yield None


def _of_step(step: Mapping[str, Any]) -> Iterator[ServiceStep | None]:
    """Yield what one step may call."""
    if step.get(CONF_ENABLED) is False:
        return
    try:
        kind = cv.determine_script_action(dict(step))
    except ValueError:
        yield None
        return
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
        # An event, or a kind of step that is yet to come.
        yield None


_BRANCHES: Final[Mapping[str, Callable[[Mapping[str, Any]], Sequence[Any]]]] = {
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


def _listed(options: Any) -> Sequence[Mapping[str, Any]]:
    """Return one option or several as several."""
    return [options] if isinstance(options, Mapping) else options


def _service(step: Mapping[str, Any]) -> ServiceStep | None:
    """Return the service that a step calls; None where a template chooses it."""
    service = next(
        (
            step[key]
            for key in (CONF_ACTION, CONF_SERVICE, CONF_SERVICE_TEMPLATE)
            if key in step
        ),
        None,
    )
    if not isinstance(service, str) or is_template(service) or "." not in service:
        return None
    data: dict[str, Any] = {}
    if ATTR_ENTITY_ID in step:
        data[ATTR_ENTITY_ID] = step[ATTR_ENTITY_ID]
    for key in _DATA_KEYS:
        part = step.get(key) or {}
        if not isinstance(part, Mapping):
            return None
        data |= part
    return ServiceStep(service.strip().lower(), data)


def _device_action(step: Mapping[str, Any]) -> ServiceStep | None:
    """Return a device's action as the service that it stands for, if it names one."""
    domain, kind = step.get(CONF_DOMAIN), step.get(CONF_TYPE)
    entity_id = step.get(ATTR_ENTITY_ID)
    if not (domain and kind and entity_id and step.get(CONF_DEVICE_ID)):
        return None
    return ServiceStep(f"{domain}.{kind}", {ATTR_ENTITY_ID: entity_id})


def is_template(value: Any) -> bool:
    """Return whether a value is a template, or has one in it."""
    match value:
        case template.Template():
            return True
        case str():
            return template.is_template_string(value)
        case Mapping():
            return any(map(is_template, value.values()))
        case list() | tuple() | set():
            return any(map(is_template, value))
        case _:
            return False
