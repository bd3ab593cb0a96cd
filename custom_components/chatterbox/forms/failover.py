"""The fields of an agent's form for what happens when its model does not answer."""

from collections.abc import Iterable, Iterator
from typing import Final

from homeassistant.const import CONF_MODEL, CONF_URL, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.helpers.typing import VolDictType
import probatio as vol

from ..const import (
    CONF_FIRST_TOKEN_TIMEOUT,
    CONF_HEDGE,
    CONF_LAST_RESORT,
    CONF_STAND_INS,
    DEFAULT_FIRST_TOKEN_TIMEOUT,
)
from ..providers.address import is_local
from ..stand_ins import async_all_models
from .choices import Choices
from .widgets import number_box, whole_number

SECTION_FAILOVER: Final = "failover"

OUTSIDE_MARK: Final = "☁️"
"""Beside a model whose server is not in the home's network."""


def failover_fields(choices: Choices) -> VolDictType:
    """Return the fields, with the values that an agent has without them."""
    return {
        **stand_in_field(choices.models),
        vol.Required(
            CONF_FIRST_TOKEN_TIMEOUT, default=DEFAULT_FIRST_TOKEN_TIMEOUT
        ): whole_number(number_box(1, 120, UnitOfTime.SECONDS)),
        vol.Required(CONF_HEDGE, default=False): BooleanSelector(),
        vol.Required(CONF_LAST_RESORT, default=True): BooleanSelector(),
    }


def stand_in_field(models: Iterable[SelectOptionDict]) -> VolDictType:
    """Return the field for the models that stand in, in order."""
    return {
        vol.Optional(CONF_STAND_INS): SelectSelector(
            SelectSelectorConfig(
                options=list(models), multiple=True, mode=SelectSelectorMode.DROPDOWN
            )
        )
    }


@callback
def stand_in_options(
    hass: HomeAssistant, own: str | None = None
) -> Iterator[SelectOptionDict]:
    """Yield the models that can stand in for an agent: those of all others."""
    for entry, subentry in async_all_models(hass):
        if subentry.subentry_id == own:
            continue
        mark = "" if is_local(entry.data[CONF_URL]) else f"{OUTSIDE_MARK} "
        model, title = subentry.data[CONF_MODEL], subentry.title
        what = entry.title if title == model else f"{model} · {entry.title}"
        yield SelectOptionDict(
            value=subentry.subentry_id,
            label=f"{mark}{title} ({what})",
        )
