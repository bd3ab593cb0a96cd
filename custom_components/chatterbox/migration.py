"""Entries that earlier versions wrote."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.const import CONF_PROMPT
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import llm

from .const import (
    CONF_ADMIN_WITHOUT_USER,
    CONF_INTEGRATION_CAPS,
    CONF_MAX_IN_FLIGHT,
    CONF_MAX_ITERATIONS,
    CONF_PREFACE,
    CONF_PRIMING,
    CONF_REPLY,
    CONF_TIMEOUT,
    CONF_TOOL_DEADLINE,
    SUBENTRY_CONVERSATION,
)
from .data import ChatterboxConfigEntry

VERSION: Final = 1
MINOR_VERSION: Final = 3

DEFAULTS_1_1: Final[Mapping[str, Any]] = {
    CONF_PROMPT: llm.DEFAULT_INSTRUCTIONS_PROMPT,
    CONF_MAX_ITERATIONS: 10,
    CONF_TIMEOUT: 30,
    CONF_TOOL_DEADLINE: 10,
    CONF_MAX_IN_FLIGHT: 8,
    CONF_INTEGRATION_CAPS: [
        {"integration": "zha", "calls": 4},
        {"integration": "deconz", "calls": 4},
        {"integration": "mqtt", "calls": 4},
        {"integration": "zwave_js", "calls": 4},
        {"integration": "hue", "calls": 5},
    ],
    CONF_REPLY: True,
    CONF_PREFACE: True,
    CONF_PRIMING: "auto",
}
"""What the form of 1.1 (0.1.0) stored of what nobody had touched, but for rights."""


async def async_migrate(hass: HomeAssistant, entry: ChatterboxConfigEntry) -> bool:
    """Bring an entry up to date; False if a later major version wrote it."""
    if entry.version > VERSION:
        return False
    if entry.version == 1 and entry.minor_version < 2:
        _follow_defaults(hass, entry, DEFAULTS_1_1)
        hass.config_entries.async_update_entry(entry, minor_version=2)
    if entry.version == 1 and entry.minor_version < 3:
        _keep_admin_actions(hass, entry)
        hass.config_entries.async_update_entry(entry, minor_version=3)
    return True


@callback
def _follow_defaults(
    hass: HomeAssistant, entry: ChatterboxConfigEntry, defaults: Mapping[str, Any]
) -> None:
    for subentry in entry.get_subentries_of_type(SUBENTRY_CONVERSATION):
        changed = {
            key: value
            for key, value in subentry.data.items()
            if key not in defaults or value != defaults[key]
        }
        hass.config_entries.async_update_subentry(entry, subentry, data=changed)


@callback
def _keep_admin_actions(hass: HomeAssistant, entry: ChatterboxConfigEntry) -> None:
    for subentry in entry.get_subentries_of_type(SUBENTRY_CONVERSATION):
        hass.config_entries.async_update_subentry(
            entry, subentry, data={CONF_ADMIN_WITHOUT_USER: True, **subentry.data}
        )
