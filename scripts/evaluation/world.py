"""A Home Assistant with a home in it, fresh for each task."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory
from typing import Final

from homeassistant import loader
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.config_entries import ConfigEntry, ConfigFlow
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    frame,
)
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]
    MockConfigEntry,
    MockModule,
    MockPlatform,
    async_test_home_assistant,
    mock_config_flow,
    mock_integration,
    mock_platform,
)

# Imported first, so that it wins over the custom components of the test tools.
import custom_components.chatterbox  # noqa: F401

from .entities import PLATFORM, HomeEntity, make_entity
from .home import EvaluationFileError, Home

COMPONENTS: Final = ("homeassistant", "intent", "conversation", "llm")
TIME_ZONE: Final = "Europe/Amsterdam"


@asynccontextmanager
async def fresh_home(home: Home, language: str = "en") -> AsyncIterator[HomeAssistant]:
    """Give a running Home Assistant that has this home, all of it as the file says.

    Raises EvaluationFileError if there is an entity that cannot be made.
    """
    with TemporaryDirectory() as folder:
        async with async_test_home_assistant(config_dir=folder) as hass:
            # Else Home Assistant's test tools let it find no custom integration.
            hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
            frame.async_setup(hass)
            try:
                await hass.config.async_set_time_zone(TIME_ZONE)
                hass.config.location_name = "Home"
                hass.config.language = language
                await _furnish(hass, home)
                yield hass
            finally:
                await hass.async_stop(force=True)


async def _furnish(hass: HomeAssistant, home: Home) -> None:
    for component in COMPONENTS:
        if not await async_setup_component(hass, component, {}):
            raise RuntimeError(f"Home Assistant cannot set up {component}")
    areas = _make_areas(hass, home)
    devices = {device.id: device for device in home.devices}
    entities: dict[str, list[HomeEntity]] = {}
    for spec in home.entities:
        entity = make_entity(spec, devices.get(spec.device or ""))
        entities.setdefault(spec.domain, []).append(entity)
    entry = await _add(hass, entities)
    if refused := [e.id for e in home.entities if hass.states.get(e.id) is None]:
        raise EvaluationFileError(
            f"{home.name}: Home Assistant does not take {', '.join(refused)}"
        )
    _place(hass, home, entry, areas)
    await hass.async_block_till_done()


def _make_areas(hass: HomeAssistant, home: Home) -> dict[str, str]:
    """Make the areas and their floors; returns area ids by the file's."""
    floors, areas = fr.async_get(hass), ar.async_get(hass)
    made: dict[str, str] = {}
    for area in home.areas:
        floor_id = None
        if area.floor:
            floor = floors.async_get_floor_by_name(area.floor)
            floor_id = (floor or floors.async_create(area.floor)).floor_id
        created = areas.async_create(
            area.name, floor_id=floor_id, aliases=set(area.aliases)
        )
        made[area.id] = created.id
    return made


async def _add(
    hass: HomeAssistant, entities: dict[str, list[HomeEntity]]
) -> MockConfigEntry:
    """Add the entities as an integration of their own."""
    domains = list(entities)

    async def set_up(hass: HomeAssistant, entry: ConfigEntry) -> bool:
        # One after the other, so that every fresh home has its states in one order.
        for domain in domains:
            await hass.config_entries.async_forward_entry_setups(entry, [domain])
        return True

    mock_integration(
        hass, MockModule(PLATFORM, async_setup_entry=set_up), built_in=False
    )
    mock_platform(hass, f"{PLATFORM}.config_flow", None)
    for domain in domains:
        platform = MockPlatform(async_setup_entry=_adder(entities[domain]))
        mock_platform(hass, f"{PLATFORM}.{domain}", platform)
    entry = MockConfigEntry(domain=PLATFORM, title="Home")
    entry.add_to_hass(hass)
    with mock_config_flow(PLATFORM, ConfigFlow):
        if not await hass.config_entries.async_setup(entry.entry_id):
            raise RuntimeError(f"Home Assistant cannot set up the home: {entry.reason}")
    await hass.async_block_till_done()
    return entry


def _adder(entities: list[HomeEntity]) -> Callable[..., object]:
    async def add(
        hass: HomeAssistant,
        entry: ConfigEntry,
        async_add_entities: AddConfigEntryEntitiesCallback,
    ) -> None:
        async_add_entities(entities)

    return add


def _place(
    hass: HomeAssistant, home: Home, entry: ConfigEntry, areas: dict[str, str]
) -> None:
    """Put devices and entities in their areas, and expose what is exposed."""
    devices, entities = dr.async_get(hass), er.async_get(hass)
    for device in home.devices:
        made = devices.async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(PLATFORM, device.id)},
            name=device.name,
        )
        if device.area:
            devices.async_update_device(made.id, area_id=areas[device.area])
    where = {device.id: device.area for device in home.devices}
    for spec in home.entities:
        # An entity is where its device is; only where it is elsewhere has it its own.
        elsewhere = spec.area != where.get(spec.device or "")
        entities.async_update_entity(
            spec.id,
            area_id=areas[spec.area] if spec.area and elsewhere else None,
            aliases=[er.COMPUTED_NAME, *spec.aliases],
        )
        async_expose_entity(hass, "conversation", spec.id, spec.exposed)


def device_id(hass: HomeAssistant, device: str) -> str | None:
    """Return Home Assistant's id of a device of the file."""
    (entry,) = hass.config_entries.async_entries(PLATFORM)
    found = (
        made.id
        for made in dr.async_entries_for_config_entry(
            dr.async_get(hass), entry.entry_id
        )
        if (PLATFORM, device) in made.identifiers
    )
    return next(found, None)
