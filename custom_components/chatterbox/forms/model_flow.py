"""What the forms of agents and of tasks share: both pick one of a server's models."""

from abc import abstractmethod
import logging
from typing import Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_MODEL

from ..data import ChatterboxConfigEntry
from ..providers.base import ModelInfo, ProviderError
from ..providers.discovery import async_describe_models
from .agent import ModelCheck

_LOGGER = logging.getLogger(__name__)


class ModelSubentryFlow(ConfigSubentryFlow):
    """Add or change what uses a model; a server that is down keeps nobody from it."""

    def __init__(self) -> None:
        self._models: list[ModelInfo] = []
        self._check = ModelCheck()

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add one."""
        return await self._async_begin()

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change one."""
        return await self._async_begin()

    @abstractmethod
    async def _async_show_form(
        self, errors: dict[str, str], user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show the form, with what was filled in if it is shown again."""

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

    def _keep(self, title: str, data: dict[str, Any]) -> SubentryFlowResult:
        if self.source != SOURCE_RECONFIGURE:
            return self.async_create_entry(title=title, data=data)
        return self.async_update_and_abort(
            self._get_entry(), self._get_reconfigure_subentry(), title=title, data=data
        )
