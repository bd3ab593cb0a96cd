"""Adding agents to a model server, and changing them."""

import logging
from typing import Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_MODEL

from ..const import CONF_PROVIDER, PROVIDER_OLLAMA
from ..data import ChatterboxConfigEntry
from ..pipeline import async_has_pipelines, async_is_in_pipeline
from ..providers.base import ModelInfo, ProviderError
from ..providers.discovery import async_describe_models
from .agent import (
    ModelCheck,
    agent_schema,
    form_values,
    new_agent,
    read_form,
)
from .choices import async_choices
from .danger import danger_errors
from .failover import stand_in_options

_LOGGER = logging.getLogger(__name__)


class ConversationSubentryFlow(ConfigSubentryFlow):
    """Add or change an agent; a server that is down does not keep one from it."""

    def __init__(self) -> None:
        self._models: list[ModelInfo] = []
        self._check = ModelCheck()

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add an agent."""
        return await self._async_begin()

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change an agent."""
        return await self._async_begin()

    async def async_step_agent(self, user_input: dict[str, Any]) -> SubentryFlowResult:
        """Keep what the form says."""
        present = ""
        if self.source == SOURCE_RECONFIGURE:
            present = self._get_reconfigure_subentry().data[CONF_MODEL]
        errors = self._check.errors(user_input, self._models, present)
        if errors := errors | danger_errors(user_input):
            return await self._async_show_form(errors, user_input)
        title, data = read_form(user_input)
        if self.source != SOURCE_RECONFIGURE:
            return self.async_create_entry(title=title, data=data)
        return self.async_update_and_abort(
            self._get_entry(), self._get_reconfigure_subentry(), title=title, data=data
        )

    async def _async_begin(self) -> SubentryFlowResult:
        entry: ChatterboxConfigEntry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="entry_not_loaded")
        errors: dict[str, str] = {}
        try:
            self._models = await async_describe_models(entry.runtime_data.provider)
        except ProviderError as err:
            _LOGGER.debug("No models for the form: %s", err)
            errors[CONF_MODEL] = "models_not_listed"
        return await self._async_show_form(errors)

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
