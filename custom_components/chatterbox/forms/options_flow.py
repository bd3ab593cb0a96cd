"""Changing what holds for all agents of a model server."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.helpers.selector import BooleanSelector
import probatio as vol

from ..const import CONF_KEEP_RESULTS, CONF_KEEP_SENTENCES

_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_KEEP_RESULTS, default=True): BooleanSelector(),
        vol.Required(CONF_KEEP_SENTENCES, default=False): BooleanSelector(),
    }
)


class ChatterboxOptionsFlow(OptionsFlow):
    """Two switches; the entry is reloaded when one changes."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask, and keep the answer."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                _SCHEMA, self.config_entry.options
            ),
        )
