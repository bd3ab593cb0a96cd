"""Offering actions to agents that are not ours, and changing which."""

from typing import Any, Final

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import TextSelector
import probatio as vol

from ..const import CONF_SERVICES
from .agent import SECTION_ACTIONS, SECTION_RESULTS, action_fields, result_fields
from .choices import Choices, async_choices
from .danger import SECTION_DANGER, also_dangerous
from .widgets import actions

DEFAULT_NAME: Final = "Chatterbox"
_SECTIONS: Final = {
    SECTION_ACTIONS: action_fields,
    SECTION_DANGER: lambda _: also_dangerous(),
    SECTION_RESULTS: result_fields,
}


def services_schema(choices: Choices) -> vol.Schema:
    """Return the form's schema."""
    return vol.Schema(
        {
            vol.Optional(CONF_NAME): TextSelector(),
            vol.Optional(CONF_SERVICES): actions(choices.services.options),
            **{
                vol.Optional(name): section(
                    vol.Schema(fields_of(choices)), {"collapsed": True}
                )
                for name, fields_of in _SECTIONS.items()
            },
        }
    )


class ServicesSubentryFlow(ConfigSubentryFlow):
    """Add or change an LLM API; the model server has no part in it."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add one."""
        choices = await async_choices(self.hass)
        at_first = {CONF_SERVICES: list(choices.services.at_first)}
        return self._show_form(choices, {CONF_NAME: DEFAULT_NAME, **at_first})

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change one."""
        subentry = self._get_reconfigure_subentry()
        data = dict(subentry.data)
        shown = {CONF_NAME: subentry.title, **data, **dict.fromkeys(_SECTIONS, data)}
        return self._show_form(await async_choices(self.hass, data), shown)

    async def async_step_services(
        self, user_input: dict[str, Any]
    ) -> SubentryFlowResult:
        """Keep what the form says."""
        data: dict[str, Any] = {}
        for key, value in user_input.items():
            data.update(value if key in _SECTIONS else {key: value})
        title = data.pop(CONF_NAME, "").strip() or DEFAULT_NAME
        if self.source != SOURCE_RECONFIGURE:
            return self.async_create_entry(title=title, data=data)
        return self.async_update_and_abort(
            self._get_entry(), self._get_reconfigure_subentry(), title=title, data=data
        )

    def _show_form(self, choices: Choices, shown: dict[str, Any]) -> SubentryFlowResult:
        return self.async_show_form(
            step_id="services",
            data_schema=self.add_suggested_values_to_schema(
                services_schema(choices), shown
            ),
            description_placeholders={"not_exposed": choices.services.not_exposed},
        )
