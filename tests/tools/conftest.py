"""Fixtures for the tests of tools."""

from homeassistant.components import conversation, demo
from homeassistant.components.homeassistant.exposed_entities import (
    async_expose_entity,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    intent,
)
from homeassistant.setup import async_setup_component
import pytest

from custom_components.chatterbox.tools.cache import cache

from .cache.caching import Clock


@pytest.fixture
async def demo_home(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set up the demo home, with the kitchen and ceiling lights in one area.

    Intents return at once where they would wait 0.2 seconds for a service.
    """
    monkeypatch.setattr(intent.DynamicServiceIntentHandler, "service_timeout", 0)
    monkeypatch.setattr(
        demo,
        "COMPONENTS_WITH_CONFIG_ENTRY_DEMO_PLATFORM",
        [Platform.CLIMATE, Platform.COVER, Platform.LIGHT, Platform.MEDIA_PLAYER],
    )
    monkeypatch.setattr(demo, "COMPONENTS_WITH_DEMO_PLATFORM", [])
    for component in ("homeassistant", "conversation", "intent", "demo"):
        assert await async_setup_component(hass, component, {})
    await hass.async_block_till_done()
    area = ar.async_get(hass).async_create("Kitchen")
    for entity_id in ("light.kitchen_lights", "light.ceiling_lights"):
        entity = er.async_get(hass).async_get(entity_id)
        dr.async_get(hass).async_update_device(entity.device_id, area_id=area.id)
    for state in hass.states.async_all():
        async_expose_entity(hass, conversation.DOMAIN, state.entity_id, True)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Give the cache of tool results a clock that moves only when told to."""
    clock = Clock()
    monkeypatch.setattr(cache, "time", clock)
    return clock
