"""What a service's tool touches."""

from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm
import probatio

from ..resources import WHOLE_HOME
from ..services.tool import ServiceCall, ServiceTool
from .effects import integration_resources, with_effects, with_group_members

_TURNS_ON: Final = frozenset({"turn_on", "toggle"})
"""Services by which a scene takes effect and a script runs."""

_BEYOND_ITS_TARGET: Final = frozenset({"automation.trigger", "scene.apply"})
"""Services that write what no argument of theirs names."""


def service_resources(
    hass: HomeAssistant,
    tool: ServiceTool,
    args: dict[str, Any],
    llm_context: llm.LLMContext,
) -> frozenset[str]:
    """Return what a service call reads or writes.

    Its target and the entities in its data; without either, its integration. A call
    that cannot be resolved will fail without touching anything; as what it names
    may yet come to be, it is taken for a call on its whole domain.
    """
    try:
        call = tool.resolve(hass, args, llm_context)
    except HomeAssistantError, probatio.Invalid:
        return integration_resources(hass, tool.domain)
    return call_resources(hass, call)


def call_resources(hass: HomeAssistant, call: ServiceCall) -> frozenset[str]:
    """Return what a service call that is resolved reads or writes."""
    if f"{call.domain}.{call.service}" in _BEYOND_ITS_TARGET:
        return frozenset({WHOLE_HOME})
    named = {*(call.entity_ids or ()), *call.referenced}
    if call.domain == "script" and call.entity_ids is None:
        named.add(f"script.{call.service}")
        return with_effects(hass, named)
    found = (
        with_effects(hass, named)
        if call.service in _TURNS_ON
        else with_group_members(hass, named)
    )
    if call.entity_ids is None:
        return found | integration_resources(hass, call.domain)
    return found
