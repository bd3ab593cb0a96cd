"""What a call touches, asked as the dispatcher asks."""

from typing import Any

from homeassistant.components import conversation
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import llm

from custom_components.chatterbox.tools.planning.footprint import footprint_of
from custom_components.chatterbox.tools.resources import Footprint

KITCHEN = {"light.kitchen_lights", "light.ceiling_lights"}
SCRIPTS = {
    "named": [
        {"action": "light.turn_on", "target": {"entity_id": "light.bed_light"}},
        {"action": "light.turn_on", "target": {"area_id": "kitchen"}},
        {"delay": 5},
    ],
    "nested": [{"action": "script.turn_on", "target": {"entity_id": "script.named"}}],
    "templated": [
        {"action": "light.turn_on", "target": {"entity_id": "{{ lamp }}"}},
        {"action": "light.turn_on", "target": {"entity_id": "light.bed_light"}},
    ],
    "speaking": [
        {
            "action": "light.turn_on",
            "target": {"entity_id": "light.bed_light"},
            "data": {"brightness": "{{ 5 }}"},
        }
    ],
    "silent": [{"event": "something"}],
}


def footprint(
    hass: HomeAssistant,
    tool: llm.Tool,
    args: dict[str, Any],
    device_id: str | None = None,
) -> Footprint:
    """Return what a call reads and writes."""
    return footprint_of(
        hass,
        tool,
        llm.ToolInput(tool.name, args),
        llm.LLMContext("test", Context(), "en", conversation.DOMAIN, device_id),
    )


def touched(
    hass: HomeAssistant,
    tool: llm.Tool,
    args: dict[str, Any],
    device_id: str | None = None,
) -> set[str]:
    """Return what a call writes, or reads if it writes nothing."""
    found = footprint(hass, tool, args, device_id)
    return set(found.writes or found.reads)
