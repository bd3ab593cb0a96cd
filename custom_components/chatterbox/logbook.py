"""What the logbook says of an agent."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.components.logbook.const import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN, EVENT_DANGEROUS_ACTION
from .turns import EVENT_TURN, async_agents

type Words = Callable[[HomeAssistant, Mapping[str, Any]], str]
"""Returns what to say of an event's data."""


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None],
) -> None:
    """Describe the events of agents."""

    def describing(words: Words) -> Callable[[Event], dict[str, str]]:
        @callback
        def describe(event: Event) -> dict[str, str]:
            entity_id = event.data[ATTR_ENTITY_ID]
            return {
                LOGBOOK_ENTRY_NAME: _name(hass, entity_id),
                LOGBOOK_ENTRY_MESSAGE: words(hass, event.data),
                LOGBOOK_ENTRY_ENTITY_ID: entity_id,
            }

        return describe

    for event_type, words in _WORDS.items():
        async_describe_event(DOMAIN, event_type, describing(words))


def _name(hass: HomeAssistant, entity_id: str) -> str:
    if state := hass.states.get(entity_id):
        return state.name
    names = {agent.entity_id: agent.name for agent in async_agents(hass)}
    return names.get(entity_id, entity_id)


def phrase(hass: HomeAssistant, key: str, **values: Any) -> str:
    """Return a sentence of the translations' `common`, in Home Assistant's language."""
    words = async_get_cached_translations(hass, hass.config.language, "common", DOMAIN)
    sentence = words.get(f"component.{DOMAIN}.common.{key}", key)
    return sentence.format(**values)


def _turn(hass: HomeAssistant, data: Mapping[str, Any]) -> str:
    figures = {
        name: f"{value:.1f}" if isinstance(value, float) else value
        for name, value in data.items()
    }
    return phrase(hass, f"logbook_{data['outcome']}", **figures)


def _dangerous_action(_: HomeAssistant, data: Mapping[str, Any]) -> str:
    return str(data["message"])


_WORDS: Final[Mapping[str, Words]] = {
    EVENT_TURN: _turn,
    EVENT_DANGEROUS_ACTION: _dangerous_action,
}
