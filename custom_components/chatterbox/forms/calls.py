"""The fields of an agent's form for how many calls run at once, and how long."""

from typing import Final

from homeassistant.const import UnitOfTime
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.helpers.typing import VolDictType
import probatio as vol

from ..const import (
    CONF_INTEGRATION_CAPS,
    CONF_MAX_IN_FLIGHT,
    CONF_READ_ONLY_TOOLS,
    CONF_TOOL_DEADLINE,
    CONF_TOOL_DEADLINES,
)
from ..tools.dispatch.limits import (
    DEFAULT_DEADLINE,
    DEFAULT_MAX_IN_FLIGHT,
    INTEGRATION_CAPS,
)
from .choices import ROW_INTEGRATION, ROW_TOOL, Choices
from .widgets import number_box, rows, whole_number

_SECONDS: Final = number_box(1, 600, UnitOfTime.SECONDS)
_CALLS: Final = number_box(1, 50)


def dispatch_fields(choices: Choices) -> VolDictType:
    """Return the fields, with the values that an agent has without them."""
    return {
        vol.Required(CONF_TOOL_DEADLINE, default=int(DEFAULT_DEADLINE)): whole_number(
            _SECONDS
        ),
        vol.Optional(CONF_TOOL_DEADLINES): rows(
            CONF_TOOL_DEADLINES, ROW_TOOL, choices.timed, "seconds", _SECONDS
        ),
        vol.Optional(CONF_READ_ONLY_TOOLS): SelectSelector(
            SelectSelectorConfig(
                options=list(choices.timed),
                multiple=True,
                custom_value=True,
                mode=SelectSelectorMode.DROPDOWN,
            )
        ),
        vol.Required(CONF_MAX_IN_FLIGHT, default=DEFAULT_MAX_IN_FLIGHT): whole_number(
            _CALLS
        ),
        vol.Optional(
            CONF_INTEGRATION_CAPS,
            default=[
                {ROW_INTEGRATION: integration, "calls": calls}
                for integration, calls in INTEGRATION_CAPS.items()
            ],
        ): rows(
            CONF_INTEGRATION_CAPS,
            ROW_INTEGRATION,
            choices.integrations,
            "calls",
            _CALLS,
        ),
    }
