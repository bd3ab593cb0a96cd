"""What the entities of one agent have in common."""

from typing import override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_MODEL, EntityCategory
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity

from .agent.turn_log import RunningTurn, async_get_turns
from .agent.turn_record import TurnRecord
from .const import DOMAIN


def agent_device(subentry: ConfigSubentry) -> DeviceInfo:
    """Return the device that stands for an agent."""
    return DeviceInfo(
        identifiers={(DOMAIN, subentry.subentry_id)},
        name=subentry.title,
        manufacturer="Chatterbox",
        model=subentry.data[CONF_MODEL],
        entry_type=DeviceEntryType.SERVICE,
    )


class TurnEntity(Entity):
    """Tells something of an agent's turns when one has ended."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, subentry: ConfigSubentry, key: str) -> None:
        self._subentry_id = subentry.subentry_id
        self._attr_unique_id = f"{subentry.subentry_id}_{key}"
        self._attr_translation_key = key
        self._attr_device_info = agent_device(subentry)

    @callback
    def turn_ended(self, turn: TurnRecord) -> None:
        """Take what there is to tell of a turn, before the state is written."""

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        turns = async_get_turns(self.hass)
        for turn in turns.last(self._subentry_id):
            self.turn_ended(turn)
        self.async_on_remove(turns.async_listen(self._on_turn))

    @callback
    def _on_turn(self, turn: RunningTurn, ended: TurnRecord | None) -> None:
        if ended is not None and ended.subentry_id == self._subentry_id:
            self.turn_ended(ended)
            self.async_write_ha_state()
