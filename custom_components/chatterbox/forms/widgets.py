"""Widgets that several forms use."""

from collections.abc import Sequence
from typing import Any

from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import probatio as vol


def number_box(
    lowest: int, highest: int, unit: str | None = None
) -> NumberSelectorConfig:
    """Return a box for a whole number, with its unit."""
    config = NumberSelectorConfig(
        min=lowest, max=highest, step=1, mode=NumberSelectorMode.BOX
    )
    if unit:
        config["unit_of_measurement"] = unit
    return config


def whole_number(config: NumberSelectorConfig) -> vol.All[int]:
    """Return a box for an int; the selector alone would give a float."""
    return vol.All(NumberSelector(config), vol.Coerce(int))


def actions(options: Sequence[SelectOptionDict]) -> SelectSelector:
    """Return a list of actions to search and choose from, in the order given."""
    return SelectSelector(
        SelectSelectorConfig(
            options=list(options), multiple=True, mode=SelectSelectorMode.DROPDOWN
        )
    )


def rows(
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
