"""A small house with real entities, areas and floors, exposed to Assist."""

from dataclasses import dataclass, field
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import (
    async_expose_entity,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
)
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

COMPONENTS = ("homeassistant", "intent", "llm", "light", "cover")


@dataclass
class House:
    """What is in it, and what its services were called with."""

    hass: HomeAssistant
    calls: list[ServiceCall] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    """Entity ids whose service calls fail."""

    def area(self, name: str, floor: str | None = None, *aliases: str) -> str:
        """Make an area, with its floor."""
        floors = fr.async_get(self.hass)
        floor_id = None
        if floor:
            entry = floors.async_get_floor_by_name(floor)
            floor_id = (entry or floors.async_create(floor)).floor_id
        areas = ar.async_get(self.hass)
        return areas.async_create(name, floor_id=floor_id, aliases=set(aliases)).id

    def entity(
        self,
        entity_id: str,
        name: str,
        state: str = "off",
        *,
        area: str | None = None,
        aliases: tuple[str, ...] = (),
        exposed: bool = True,
        **attributes: Any,
    ) -> None:
        """Put an entity in an area."""
        domain, object_id = entity_id.split(".")
        registry = er.async_get(self.hass)
        registry.async_get_or_create(
            domain, "test", entity_id, suggested_object_id=object_id, original_name=name
        )
        registry.async_update_entity(
            entity_id,
            area_id=area,
            aliases=[er.COMPUTED_NAME, *aliases],
        )
        self.hass.states.async_set(
            entity_id, state, {"friendly_name": name, **attributes}
        )
        async_expose_entity(self.hass, "conversation", entity_id, exposed)

    def satellite(self, name: str, area: str | None = None) -> str:
        """Return the device id of a satellite in an area."""
        entry = MockConfigEntry(domain="test", state=ConfigEntryState.LOADED)
        entry.add_to_hass(self.hass)
        devices = dr.async_get(self.hass)
        device = devices.async_get_or_create(
            config_entry_id=entry.entry_id, identifiers={("test", name)}, name=name
        )
        devices.async_update_device(device.id, area_id=area)
        return device.id

    async def handle(self, call: ServiceCall) -> None:
        """Act as the service would: change the state, or fail."""
        self.calls.append(call)
        entity_ids = call.data.get("entity_id", ())
        for entity_id in [entity_ids] if isinstance(entity_ids, str) else entity_ids:
            if entity_id in self.failing:
                raise HomeAssistantError(f"{entity_id} does not answer")
            state = {"turn_on": "on", "turn_off": "off"}.get(call.service, "open")
            old = self.hass.states.get(entity_id)
            self.hass.states.async_set(
                entity_id, state, old.attributes if old else None, context=call.context
            )


async def make_house(hass: HomeAssistant, *components: str) -> House:
    """Set up the components, these too, and the services of lights and covers."""
    house = House(hass)
    for component in (*COMPONENTS, *components):
        assert await async_setup_component(hass, component, {})
    await hass.async_block_till_done()
    for service in ("turn_on", "turn_off"):
        hass.services.async_register("light", service, house.handle)
    for service in ("open_cover", "close_cover"):
        hass.services.async_register("cover", service, house.handle)
    return house
