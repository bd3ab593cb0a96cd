"""Whether the model server of an agent can be reached."""

from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import SUBENTRY_CONVERSATION
from .data import ChatterboxConfigEntry
from .entity import agent_device
from .health import ServerHealth

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ChatterboxConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add one for each agent of the entry."""
    for subentry in entry.get_subentries_of_type(SUBENTRY_CONVERSATION):
        async_add_entities(
            [ServerSensor(subentry, entry.runtime_data.health)],
            config_subentry_id=subentry.subentry_id,
        )


class ServerSensor(BinarySensorEntity):
    """On while the server answers, as far as its last request tells."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_translation_key = "server"

    def __init__(self, subentry: ConfigSubentry, health: ServerHealth) -> None:
        self._attr_unique_id = f"{subentry.subentry_id}_server"
        self._attr_device_info = agent_device(subentry)
        self._health = health

    @property
    @override
    def is_on(self) -> bool:
        return self._health.fault is None

    @override
    async def async_added_to_hass(self) -> None:
        self.async_on_remove(self._health.async_listen(self.async_write_ha_state))
