"""A home in which some things are exposed to Assist and some are hidden."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, override

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.light import ColorMode, LightEntity
from homeassistant.components.media_player import (
    MediaPlayerEntity,
    MediaPlayerEntityFeature,
    MediaPlayerState,
)
from homeassistant.components.notify import NotifyEntity
from homeassistant.config_entries import ConfigEntry, ConfigFlow
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
    llm,
)
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.service import async_set_service_schema
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockPlatform,
    mock_config_flow,
    mock_integration,
    mock_platform,
)

from custom_components.chatterbox.tools.services.catalog import async_get_catalog
from custom_components.chatterbox.tools.services.tool import ServiceTool

ASSISTANT = "conversation"
HIDDEN = (
    "light.den",
    "light.cellar",
    "media_player.den",
    "notify.den",
    "group.secrets",
)


@dataclass
class Home:
    """The home, and every call that reached an entity."""

    hass: HomeAssistant
    devices: dict[str, str] = field(default_factory=dict)
    """Name to id."""
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    """Entity id, what was called, with what."""

    @property
    def reached(self) -> set[str]:
        """Return the entities that were called."""
        return {entity_id for entity_id, _, _ in self.calls}

    def satellite(self, area: str) -> str:
        """Return the id of a satellite's device in an area."""
        (entry,) = self.hass.config_entries.async_entries("test")
        device = dr.async_get(self.hass).async_get_or_create(
            config_entry_id=entry.entry_id, identifiers={("test", "satellite")}
        )
        found = ar.async_get(self.hass).async_get_area_by_name(area)
        assert found
        dr.async_get(self.hass).async_update_device(device.id, area_id=found.id)
        return device.id

    async def tool(self, service: str) -> ServiceTool:
        """Return the tool of one service."""
        (tool,) = await async_get_catalog(self.hass).async_get_tools(
            [service], ASSISTANT
        )
        return tool

    async def call(
        self, service: str, device_id: str | None = None, **args: Any
    ) -> llm.ToolResult:
        """Call a service's tool. Raises what it raises."""
        tool = await self.tool(service)
        return await tool.async_call(
            self.hass, llm.ToolInput(tool.name, args), context(device_id)
        )


def context(device_id: str | None = None) -> llm.LLMContext:
    """Return the context of a sentence that a satellite heard."""
    return llm.LLMContext(
        platform="chatterbox",
        context=Context(),
        language="en",
        assistant=ASSISTANT,
        device_id=device_id,
    )


class _Recorded(Entity):
    _attr_should_poll = False

    def __init__(
        self, home: Home, unique_id: str, name: str, device: str | None
    ) -> None:
        self.home = home
        self._attr_unique_id = unique_id
        self._attr_name = name
        if device:
            self._attr_device_info = dr.DeviceInfo(
                identifiers={("test", device)}, name=device
            )

    def record(self, what: str, **data: Any) -> None:
        self.home.calls.append((self.entity_id, what, data))


class Lamp(_Recorded, LightEntity):
    """A lamp that can be dimmed."""

    _attr_supported_color_modes: ClassVar = {ColorMode.BRIGHTNESS}
    _attr_color_mode = ColorMode.BRIGHTNESS
    _attr_is_on = False

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        self.record("turn_on", **kwargs)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        self.record("turn_off", **kwargs)


class Player(_Recorded, MediaPlayerEntity):
    """A player that joins others."""

    _attr_state = MediaPlayerState.PLAYING
    _attr_supported_features = (
        MediaPlayerEntityFeature.GROUPING
        | MediaPlayerEntityFeature.VOLUME_SET
        | MediaPlayerEntityFeature.PLAY_MEDIA
    )

    @override
    async def async_join_players(self, group_members: list[str]) -> None:
        self.record("join", group_members=group_members)
        for member in group_members:
            self.home.calls.append((member, "joined", {}))

    @override
    async def async_set_volume_level(self, volume: float) -> None:
        self.record("volume_set", volume=volume)

    @override
    async def async_play_media(
        self, media_type: str, media_id: str, **kwargs: Any
    ) -> None:
        self.record("play_media", media_id=media_id)


class Phone(_Recorded, NotifyEntity):
    """A phone that shows messages."""

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        self.record("send_message", message=message)


async def make_home(hass: HomeAssistant) -> Home:
    """Return a home: a kitchen, a bedroom, a den and a cellar that are hidden."""
    home = Home(hass)
    await async_setup_component(hass, "homeassistant", {})
    entities = {
        "light": [
            Lamp(home, "kitchen", "Kitchen light", "Ceiling"),
            Lamp(home, "den", "Den lamp", "Ceiling"),
            Lamp(home, "bedroom", "Bedroom light", None),
            Lamp(home, "cellar", "Cellar lamp", "Boiler"),
        ],
        "media_player": [
            Player(home, "tv", "TV", "Screen"),
            Player(home, "radio", "Radio", None),
            Player(home, "den_player", "Den player", "Projector"),
        ],
        "notify": [
            Phone(home, "phone", "Phone", None),
            Phone(home, "den_phone", "Den phone", None),
        ],
    }
    await _set_up(hass, entities)
    await async_setup_component(hass, "scene", {})
    await async_setup_component(
        hass,
        "group",
        {
            "group": {
                "mixed": {"entities": ["light.kitchen", "light.den"]},
                "secrets": {"entities": ["light.den", "light.cellar"]},
                "cover": {"entities": ["light.den"]},
            }
        },
    )
    _name(hass, home)
    await hass.async_block_till_done()
    for state in hass.states.async_all():
        async_expose_entity(
            hass, ASSISTANT, state.entity_id, state.entity_id not in HIDDEN
        )
    await hass.async_block_till_done()
    return home


_TURN_ON = "light.turn_on"
_SCRIPT: dict[str, Any] = {
    "fields": {
        "where": {"selector": {"text": None}},
        "loose": {},
        "way": {"selector": {"select": {"options": ["one", "all"]}}},
        "room": {"selector": {"area": {}}},
        "rooms": {"selector": {"area": {"multiple": True}}},
        "storey": {"selector": {"floor": {}}},
        "thing": {"selector": {"device": {}}},
        "tag": {"selector": {"label": {}}},
    },
    "sequence": [
        {
            "action": _TURN_ON,
            "continue_on_error": True,
            "target": {
                "entity_id": "{{ where | default(loose) | default([], true) }}",
                "area_id": "{{ rooms | default([room | default('none')]) }}",
                "floor_id": "{{ storey | default([]) }}",
                "device_id": "{{ thing | default([]) }}",
                "label_id": "{{ tag | default([]) }}",
            },
        }
    ],
}


_PARTY: dict[str, Any] = {
    "sequence": [{"action": _TURN_ON, "target": {"entity_id": "light.bedroom"}}]
}


async def make_attacked_home(hass: HomeAssistant) -> Home:
    """Return the home with a script that hands on its fields, and a group of lamps."""
    home = await make_home(hass)
    await hass.config.async_update(external_url="https://home.example.org")
    assert await async_setup_component(
        hass, "script", {"script": {"on": _SCRIPT, "party": _PARTY}}
    )
    await group_lamps(hass)
    mixed = lr.async_get(hass).async_create("Mixed").label_id
    for entity_id in ("light.bedroom", "light.cellar"):
        er.async_get(hass).async_update_entity(entity_id, labels={mixed})
    await hass.async_block_till_done()
    for entity_id in ("script.on", "script.party", "light.all_lamps"):
        async_expose_entity(hass, ASSISTANT, entity_id, True)
    return home


async def group_lamps(hass: HomeAssistant) -> None:
    """Set up a group that looks like a lamp; one of its members is hidden."""
    entry = MockConfigEntry(
        domain="group",
        title="All lamps",
        options={
            "group_type": "light",
            "name": "All lamps",
            "entities": ["light.kitchen", "light.den"],
            "hide_members": False,
            "all": False,
        },
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


def register_remote(home: Home, schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Register a service that takes anything, and return what reaches it."""
    calls: list[dict[str, Any]] = []
    home.hass.services.async_register(
        "test", "remote", lambda call: calls.append(dict(call.data))
    )
    async_set_service_schema(home.hass, "test", "remote", schema)
    return calls


async def _set_up(hass: HomeAssistant, entities: dict[str, list[Entity]]) -> None:
    async def set_up_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
        await hass.config_entries.async_forward_entry_setups(entry, list(entities))
        return True

    mock_integration(
        hass, MockModule("test", async_setup_entry=set_up_entry), built_in=False
    )
    mock_platform(hass, "test.config_flow", None)
    for domain, of_domain in entities.items():

        async def add(
            _hass: HomeAssistant,
            _entry: ConfigEntry,
            async_add: AddConfigEntryEntitiesCallback,
            of_domain: list[Entity] = of_domain,
        ) -> None:
            async_add(of_domain)

        mock_platform(hass, f"test.{domain}", MockPlatform(async_setup_entry=add))
    entry = MockConfigEntry(domain="test", title="Test")
    entry.add_to_hass(hass)
    with mock_config_flow("test", ConfigFlow):
        assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


def _name(hass: HomeAssistant, home: Home) -> None:
    """Give the entities their ids, areas, floors, labels and aliases."""
    floors, areas = fr.async_get(hass), ar.async_get(hass)
    labels, registry = lr.async_get(hass), er.async_get(hass)
    ground = floors.async_create("Ground floor")
    below = floors.async_create("Underground")
    kitchen = areas.async_create("Kitchen", floor_id=ground.floor_id)
    bedroom = areas.async_create("Bedroom", floor_id=ground.floor_id)
    cellar = areas.async_create("Cellar", floor_id=below.floor_id)
    secret = labels.async_create("Secret").label_id
    cosy = labels.async_create("Cosy").label_id
    for entity_id, new_id, changes in (
        ("light.ceiling_kitchen_light", "light.kitchen", {"area_id": kitchen.id}),
        (
            "light.ceiling_den_lamp",
            "light.den",
            {"area_id": kitchen.id, "aliases": ["Hideaway"], "labels": {secret}},
        ),
        (
            "light.bedroom_light",
            "light.bedroom",
            {"area_id": bedroom.id, "labels": {cosy}},
        ),
        ("light.boiler_cellar_lamp", "light.cellar", {"area_id": cellar.id}),
        ("media_player.screen_tv", "media_player.tv", {"area_id": bedroom.id}),
        ("media_player.radio", "media_player.radio", {"area_id": kitchen.id}),
        ("media_player.projector_den_player", "media_player.den", {}),
        ("notify.phone", "notify.phone", {}),
        ("notify.den_phone", "notify.den", {}),
    ):
        if registry.async_get(entity_id) is None:
            known = [id_ for id_ in registry.entities if "." in id_]
            raise AssertionError(f"{entity_id} is not one of {known}")
        change = {} if new_id == entity_id else {"new_entity_id": new_id}
        registry.async_update_entity(entity_id, **change, **changes)
    home.devices = {
        str(device.name): device.id for device in dr.async_get(hass).devices
    }
