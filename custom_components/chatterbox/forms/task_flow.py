"""Adding models that do tasks for automations, and changing them."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SubentryFlowResult,
)
from homeassistant.const import CONF_MODEL, CONF_NAME, UnitOfTime
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.helpers.typing import VolDictType
import probatio as vol

from ..const import (
    CONF_EXTRA_BODY,
    CONF_MAX_TOKENS,
    CONF_PROVIDER,
    CONF_STAND_INS,
    CONF_TEMPERATURE,
    CONF_THINKING,
    CONF_TIMEOUT,
    PROVIDER_OLLAMA,
)
from ..providers.base import ModelInfo, Thinking
from .actions import with_missing
from .agent import SECTION_ADVANCED
from .failover import stand_in_field, stand_in_options
from .model_flow import ModelSubentryFlow
from .models import context_field, model_field
from .widgets import number_box, whole_number

DEFAULT_TASK_TIMEOUT: Final = 120
"""Seconds without a byte: nobody stands waiting, and pictures take long to read."""


class TaskSubentryFlow(ModelSubentryFlow):
    """Add or change a model that does tasks; a server that is down keeps nobody."""

    async def async_step_task(self, user_input: dict[str, Any]) -> SubentryFlowResult:
        """Keep what the form says."""
        errors = self._check.errors(
            user_input, self._models, self._present.get(CONF_MODEL, "")
        )
        if errors:
            return await self._async_show_form(errors, user_input)
        data = {**user_input, **user_input.pop(SECTION_ADVANCED, {})}
        data.pop(SECTION_ADVANCED, None)
        data[CONF_MODEL] = data[CONF_MODEL].strip()
        title = data.pop(CONF_NAME, "").strip() or data[CONF_MODEL]
        return self._keep(title, data)

    @property
    def _present(self) -> dict[str, Any]:
        if self.source != SOURCE_RECONFIGURE:
            return {}
        subentry = self._get_reconfigure_subentry()
        data = {CONF_NAME: subentry.title, **subentry.data}
        return {**data, SECTION_ADVANCED: data}

    @override
    async def _async_show_form(
        self, errors: dict[str, str], user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        sizes_context = self._get_entry().data[CONF_PROVIDER] == PROVIDER_OLLAMA
        own = None
        if self.source == SOURCE_RECONFIGURE:
            own = self._get_reconfigure_subentry().subentry_id
        schema = task_schema(
            self._models,
            with_missing(
                stand_in_options(self.hass, own),
                self._present.get(CONF_STAND_INS) or (),
            ),
            sizes_context=sizes_context,
        )
        return self.async_show_form(
            step_id="task",
            data_schema=self.add_suggested_values_to_schema(
                schema, user_input or self._present
            ),
            errors=errors,
        )


def task_schema(
    models: Sequence[ModelInfo],
    stand_ins: Iterable[SelectOptionDict],
    *,
    sizes_context: bool,
) -> vol.Schema:
    """Return the form's schema; see `agent_schema` for `sizes_context`."""
    advanced = _advanced_fields()
    if sizes_context:
        advanced = {**context_field(models), **advanced}
    return vol.Schema(
        {
            vol.Optional(CONF_NAME): TextSelector(),
            **model_field(models),
            **stand_in_field(stand_ins),
            vol.Optional(SECTION_ADVANCED): section(
                vol.Schema(advanced), {"collapsed": True}
            ),
        }
    )


def _advanced_fields() -> VolDictType:
    return {
        vol.Required(CONF_THINKING, default=Thinking.MODEL): SelectSelector(
            SelectSelectorConfig(
                options=list(Thinking),
                mode=SelectSelectorMode.DROPDOWN,
                translation_key=CONF_THINKING,
            )
        ),
        vol.Optional(CONF_TEMPERATURE): NumberSelector(
            NumberSelectorConfig(min=0, max=2, step=0.05, mode=NumberSelectorMode.BOX)
        ),
        vol.Optional(CONF_MAX_TOKENS): whole_number(number_box(1, 1_000_000)),
        vol.Required(CONF_TIMEOUT, default=DEFAULT_TASK_TIMEOUT): whole_number(
            number_box(1, 600, UnitOfTime.SECONDS)
        ),
        vol.Optional(CONF_EXTRA_BODY): ObjectSelector(),
    }
