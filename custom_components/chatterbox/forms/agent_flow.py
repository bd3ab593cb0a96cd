"""Adding agents to a model server, and changing them."""

from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SubentryFlowResult,
)
from homeassistant.const import CONF_MODEL

from ..const import CONF_PROVIDER, PROVIDER_OLLAMA
from ..pipeline import async_has_pipelines, async_is_in_pipeline
from .agent import (
    agent_schema,
    form_values,
    new_agent,
    read_form,
)
from .choices import async_choices
from .danger import danger_errors
from .failover import stand_in_options
from .model_flow import ModelSubentryFlow


class ConversationSubentryFlow(ModelSubentryFlow):
    """Add or change an agent; a server that is down does not keep one from it."""

    async def async_step_agent(self, user_input: dict[str, Any]) -> SubentryFlowResult:
        """Keep what the form says."""
        present = ""
        if self.source == SOURCE_RECONFIGURE:
            present = self._get_reconfigure_subentry().data[CONF_MODEL]
        errors = self._check.errors(user_input, self._models, present)
        if errors := errors | danger_errors(user_input):
            return await self._async_show_form(errors, user_input)
        title, data = read_form(user_input)
        return self._keep(title, data)

    @override
    async def _async_show_form(
        self, errors: dict[str, str], user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        offer_pipeline = async_has_pipelines(self.hass)
        if self.source == SOURCE_RECONFIGURE:
            subentry = self._get_reconfigure_subentry()
            title, data = subentry.title, dict(subentry.data)
            others = stand_in_options(self.hass, subentry.subentry_id)
            choices = await async_choices(self.hass, data, others)
            offer_pipeline &= not async_is_in_pipeline(self.hass, subentry)
        else:
            choices = await async_choices(self.hass, models=stand_in_options(self.hass))
            title, data = "", new_agent(self.hass, self._models, choices)
        schema = agent_schema(
            self.hass,
            self._models,
            data,
            choices,
            sections=True,
            use_in_pipeline=offer_pipeline,
            sizes_context=self._get_entry().data[CONF_PROVIDER] == PROVIDER_OLLAMA,
        )
        return self.async_show_form(
            step_id="agent",
            data_schema=self.add_suggested_values_to_schema(
                schema, user_input or form_values(title, data)
            ),
            errors=errors,
            description_placeholders={"not_exposed": choices.services.not_exposed},
        )
