"""A home with two weather entities whose service can be watched, and can be down."""

from dataclasses import dataclass, field
from typing import override

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.weather import (
    Forecast,
    WeatherEntity,
    WeatherEntityFeature,
)
from homeassistant.config_entries import ConfigEntry, ConfigFlow
from homeassistant.const import UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar, entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockPlatform,
    mock_config_flow,
    mock_integration,
    mock_platform,
)

GARDEN, CABIN = "weather.garden", "weather.cabin"
FORECASTS = "weather.get_forecasts"


class Weather(WeatherEntity):
    """The weather at a place, from a server that the test plays."""

    _attr_should_poll = False
    _attr_condition = "sunny"
    _attr_native_temperature_unit = UnitOfTemperature.CELSIUS
    _attr_supported_features = (
        WeatherEntityFeature.FORECAST_DAILY | WeatherEntityFeature.FORECAST_HOURLY
    )

    def __init__(self, home: WeatherHome, name: str) -> None:
        """Take the name, which is the unique id too."""
        self._home = home
        self._attr_name = name
        self._attr_unique_id = name

    @override
    async def async_forecast_daily(self) -> list[Forecast]:
        return self._home.ask(self.entity_id)

    @override
    async def async_forecast_hourly(self) -> list[Forecast]:
        return self._home.ask(self.entity_id)

    def become(self, condition: str) -> None:
        """Show another condition."""
        self._attr_condition = condition
        self.async_write_ha_state()

    def go_away(self) -> None:
        """Be out of reach."""
        self._attr_available = False
        self.async_write_ha_state()


@dataclass
class WeatherHome:
    """The home, and the requests that reached its weather service."""

    hass: HomeAssistant
    requests: list[str] = field(default_factory=list)
    """Entity ids."""
    down: bool = False
    entities: dict[str, Weather] = field(default_factory=dict)
    entry: MockConfigEntry = field(init=False)

    def ask(self, entity_id: str) -> list[Forecast]:
        """Answer a request. Raises HomeAssistantError when the service is down."""
        self.requests.append(entity_id)
        if self.down:
            raise HomeAssistantError("the weather service does not answer")
        return [
            Forecast(
                datetime="2030-01-01T12:00:00+00:00",
                native_temperature=float(len(self.requests)),
            )
        ]


async def make_weather_home(hass: HomeAssistant) -> WeatherHome:
    """Set up the home, with all exposed; the cabin is in the area of that name."""
    home = WeatherHome(hass)
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})

    async def set_up(hass: HomeAssistant, entry: ConfigEntry) -> bool:
        await hass.config_entries.async_forward_entry_setups(entry, ["weather"])
        return True

    async def unload(hass: HomeAssistant, entry: ConfigEntry) -> bool:
        return await hass.config_entries.async_unload_platforms(entry, ["weather"])

    async def add(
        hass: HomeAssistant,
        entry: ConfigEntry,
        async_add_entities: AddConfigEntryEntitiesCallback,
    ) -> None:
        home.entities = {
            GARDEN: Weather(home, "Garden"),
            CABIN: Weather(home, "Cabin"),
        }
        async_add_entities(home.entities.values())

    mock_integration(
        hass,
        MockModule("sky", async_setup_entry=set_up, async_unload_entry=unload),
        built_in=False,
    )
    mock_platform(hass, "sky.config_flow", None)
    mock_platform(hass, "sky.weather", MockPlatform(async_setup_entry=add))
    home.entry = MockConfigEntry(domain="sky", title="Sky")
    home.entry.add_to_hass(hass)
    with mock_config_flow("sky", ConfigFlow):
        assert await hass.config_entries.async_setup(home.entry.entry_id)
    await hass.async_block_till_done()
    area = ar.async_get(hass).async_create("Cabin")
    er.async_get(hass).async_update_entity(
        CABIN, area_id=area.id, aliases=[er.COMPUTED_NAME, "Hut", "The lake"]
    )
    for entity_id in (GARDEN, CABIN):
        async_expose_entity(hass, "conversation", entity_id, True)
    await hass.async_block_till_done()
    return home
