"""What a service's tool touches."""

from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm
import probatio

from ..services.tool import ServiceCall, ServiceTool
from .effects import effects_of, integration_resources
from .wrapped import with_sources

_NAMES_WHAT_IT_RUNS: Final = frozenset({"automation", "scene", "script"})
"""Domains whose services write what they set going, not what is their own."""


def service_resources(
    hass: HomeAssistant,
    tool: ServiceTool,
    tool_input: llm.ToolInput,
    llm_context: llm.LLMContext,
) -> frozenset[str]:
    """Return what a service call reads or writes.

    Its target and the entities in its data; without either, its integration. A call
    that cannot be resolved will fail without touching anything; as what it names
    may yet come to be, it is taken for a call on its whole domain.
    """
    try:
        call = tool.resolved(hass, tool_input, llm_context)
    except HomeAssistantError, probatio.Invalid:
        return integration_resources(hass, tool.domain)
    return call_resources(hass, call, reads=tool.annotations.read_only)


def call_resources(
    hass: HomeAssistant, call: ServiceCall, *, reads: bool
) -> frozenset[str]:
    """Return what a service call that is resolved reads or writes."""
    service = f"{call.domain}.{call.service}"
    if reads:
        found = with_sources(hass, {*(call.entity_ids or ()), *call.referenced})
    else:
        found = effects_of(hass, service, call.service_data, call.referenced).resources
    if call.entity_ids is None and call.domain not in _NAMES_WHAT_IT_RUNS:
        return found | integration_resources(hass, call.domain)
    return found
