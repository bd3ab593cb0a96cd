"""Widgets that several forms use."""

from collections.abc import Sequence
from typing import Any, Literal

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
    lowest: int,
    highest: int,
    unit: str | None = None,
    step: float | Literal["any"] = 1,
) -> NumberSelectorConfig:
    """Return a box for a number, a whole one unless it has another step."""
    config = NumberSelectorConfig(
        min=lowest, max=highest, step=step, mode=NumberSelectorMode.BOX
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


def picker(options: Sequence[SelectOptionDict]) -> dict[str, Any]:
    """Return a list to pick one name from, for a row; no other name is taken."""
    return {"select": {"options": list(options), "mode": SelectSelectorMode.DROPDOWN}}


def rows(
    key: str,
    name: str,
    options: Sequence[SelectOptionDict],
    number: str,
    config: NumberSelectorConfig,
    **more: dict[str, Any],
) -> ObjectSelector:
    """Return a list of names with a number each, and with `more` fields besides."""
    return ObjectSelector(
        ObjectSelectorConfig(
            fields={
                name: {"selector": picker(options), "required": True},
                number: {"selector": {"number": dict(config)}, "required": True},
                **{field: {"selector": selector} for field, selector in more.items()},
            },
            multiple=True,
            label_field=name,
            description_field=number,
            translation_key=key,
        )
    )
