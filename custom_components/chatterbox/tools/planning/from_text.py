"""What a call that a model has written into its text must not do."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import llm

from ..intents.abilities import may_be_dangerous
from ..intents.things import exposed_things
from ..naming import unwrap
from ..resources import UNDECLARED, overlap
from ..services.harmful import harm_of
from ..services.tool import ServiceTool
from .footprint import footprint_of


@callback
def is_dangerous(
    hass: HomeAssistant,
    tool: llm.Tool,
    call: llm.ToolInput,
    llm_context: llm.LLMContext,
) -> bool:
    """Return whether a call may let somebody in, or harm the system."""
    inner = unwrap(tool)
    if isinstance(inner, ServiceTool) and harm_of(f"{inner.domain}.{inner.service}"):
        return True
    # Tools that declare nothing stand beside the home, as far as is known.
    writes = footprint_of(hass, tool, call, llm_context).writes - {UNDECLARED}
    things = exposed_things(hass, llm_context.assistant or "").all
    dangerous = {thing.entity_id for thing in things if may_be_dangerous(thing)}
    return overlap(writes, frozenset(dangerous))
