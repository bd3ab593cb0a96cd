"""The fields of an agent's form for how many calls run at once, and how long."""

from typing import Any, Final

from homeassistant.const import UnitOfTime
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
)
from homeassistant.helpers.typing import VolDictType
import probatio as vol

from .const import (
    CONF_INTEGRATION_CAPS,
    CONF_MAX_IN_FLIGHT,
    CONF_TOOL_DEADLINE,
    CONF_TOOL_DEADLINES,
)
from .tools.limits import DEFAULT_DEADLINE, DEFAULT_MAX_IN_FLIGHT, INTEGRATION_CAPS

_SECONDS: Final = NumberSelectorConfig(
    min=1,
    max=600,
    step=1,
    mode=NumberSelectorMode.BOX,
    unit_of_measurement=UnitOfTime.SECONDS,
)
_CALLS: Final = NumberSelectorConfig(min=1, max=50, step=1, mode=NumberSelectorMode.BOX)


def dispatch_fields() -> VolDictType:
    """Return the fields, with the values that an agent has without them."""
    return {
        vol.Required(CONF_TOOL_DEADLINE, default=int(DEFAULT_DEADLINE)): _whole_number(
            _SECONDS
        ),
        vol.Optional(CONF_TOOL_DEADLINES): _rows(
            CONF_TOOL_DEADLINES, "tool", "seconds", _SECONDS
        ),
        vol.Required(CONF_MAX_IN_FLIGHT, default=DEFAULT_MAX_IN_FLIGHT): _whole_number(
            _CALLS
        ),
        vol.Optional(
            CONF_INTEGRATION_CAPS,
            default=[
                {"integration": integration, "calls": calls}
                for integration, calls in INTEGRATION_CAPS.items()
            ],
        ): _rows(CONF_INTEGRATION_CAPS, "integration", "calls", _CALLS),
    }


def _whole_number(config: NumberSelectorConfig) -> vol.All[int]:
    """Return a box for an int; the selector alone would give a float."""
    return vol.All(NumberSelector(config), vol.Coerce(int))


def _rows(
    key: str, name: str, number: str, config: NumberSelectorConfig
) -> ObjectSelector:
    """Return a list of names that have a number each."""
    box: dict[str, Any] = {"number": dict(config)}
    return ObjectSelector(
        ObjectSelectorConfig(
            fields={
                name: {"selector": {"text": {}}, "required": True},
                number: {"selector": box, "required": True},
            },
            multiple=True,
            label_field=name,
            description_field=number,
            translation_key=key,
        )
    )
