"""What a press of a button under Settings > Repairs does."""

from typing import Any, override

from homeassistant.components.repairs import (
    ConfirmRepairFlow,
    RepairsFlow,
    RepairsFlowResult,
)
from homeassistant.core import HomeAssistant

from .const import CONF_PROVIDER, PROVIDER_RESPONSES


class OfferResponsesFlow(ConfirmRepairFlow):
    """Speaks to OpenAI with Responses from then on."""

    def __init__(self, entry_id: str) -> None:
        self._entry_id = entry_id

    @override
    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if user_input is not None and entry is not None:
            self.hass.config_entries.async_update_entry(
                entry, data={**entry.data, CONF_PROVIDER: PROVIDER_RESPONSES}
            )
        return await super().async_step_confirm(user_input)


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, Any] | None
) -> RepairsFlow:
    """Return what mends an issue; there is one kind of issue."""
    assert data is not None
    return OfferResponsesFlow(data["entry_id"])
