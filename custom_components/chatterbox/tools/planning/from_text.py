"""What a call that a model has written into its text must not do."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import llm

from ..exposure.danger import Additions, must_be_named
from ..exposure.exposed import exposed_entities
from ..naming import unwrap
from ..resources import UNDECLARED, overlap
from ..services.harmful import why_harmful
from ..services.tool import ServiceTool
from .footprint import footprint_of


@callback
def is_dangerous(
    hass: HomeAssistant,
    tool: llm.Tool,
    call: llm.ToolInput,
    llm_context: llm.LLMContext,
    additions: Additions,
) -> bool:
    """Return whether a call may let somebody in, harm the system, or what a user added."""
    inner = unwrap(tool)
    names = {tool.name, inner.name}
    if isinstance(inner, ServiceTool):
        action = f"{inner.domain}.{inner.service}"
        names.add(action)
        if why_harmful(action):
            return True
    if not names.isdisjoint(additions.services):
        return True
    # Tools that declare nothing stand beside the home, as far as is known.
    writes = footprint_of(hass, tool, call, llm_context).writes - {UNDECLARED}
    dangerous = {
        exposed.entity_id
        for exposed in exposed_entities(hass, llm_context.assistant or "")
        if must_be_named(hass, exposed.entity_id, additions)
    }
    return overlap(writes, frozenset(dangerous))
