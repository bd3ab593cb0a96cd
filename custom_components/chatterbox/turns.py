"""The agents whose turns are kept, and the event that tells of each turn."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .agent.turn_log import RunningTurn, async_get_turns
from .agent.turn_record import TurnRecord
from .const import DOMAIN, SUBENTRY_CONVERSATION

EVENT_TURN: Final = "chatterbox_turn"


@dataclass(frozen=True, slots=True)
class KnownAgent:
    """An agent that has an entity."""

    subentry_id: str
    entity_id: str
    name: str
    device_id: str | None


@callback
def async_agents(hass: HomeAssistant) -> Iterator[KnownAgent]:
    """Return all agents of all entries."""
    registry = er.async_get(hass)
    for entry in hass.config_entries.async_entries(DOMAIN):
        for subentry in entry.get_subentries_of_type(SUBENTRY_CONVERSATION):
            entity_id = registry.async_get_entity_id(
                Platform.CONVERSATION, DOMAIN, subentry.subentry_id
            )
            if entity_id is not None:
                device_id = registry.entities[entity_id].device_id
                yield KnownAgent(
                    subentry.subentry_id, entity_id, subentry.title, device_id
                )


@callback
def async_fire_turns(hass: HomeAssistant) -> None:
    """Fire an event for each turn that ends, from now on."""

    @callback
    def fire(turn: RunningTurn, ended: TurnRecord | None) -> None:
        if ended is None:
            return
        registered = er.async_get(hass).async_get(turn.agent.entity_id)
        hass.bus.async_fire(
            EVENT_TURN,
            {
                ATTR_ENTITY_ID: turn.agent.entity_id,
                ATTR_DEVICE_ID: registered.device_id if registered else None,
                "outcome": turn.outcome,
                "fault": turn.fault,
                "answered_by": turn.answered_by,
                **ended.figures,
            },
        )

    async_get_turns(hass).async_listen(fire)
