"""Which calls can be run on some of what they match."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent, llm

from ..naming import handler_of, unwrap
from ..services.tool import ServiceTool


def can_narrow(hass: HomeAssistant, tool: llm.Tool) -> bool:
    """Return whether a tool can be run on some of what it matches."""
    inner = unwrap(tool)
    if isinstance(inner, ServiceTool):
        return True
    return isinstance(inner, llm.IntentTool) and isinstance(
        handler_of(hass, inner), intent.DynamicServiceIntentHandler
    )
