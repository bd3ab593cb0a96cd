"""What services touch."""

from typing import Any

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import (
    async_expose_entity,
)
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest

from custom_components.chatterbox.tools.services.catalog import async_get_catalog

from .touching import KITCHEN, SCRIPTS, touched


@pytest.mark.usefixtures("demo_home")
@pytest.mark.parametrize(
    ("service", "args", "expected"),
    [
        ("light.turn_on", {"name": "Bed Light"}, {"light.bed_light"}),
        ("light.turn_on", {"area": "Kitchen"}, KITCHEN),
        ("cover.close_cover", {"name": "Hall Window"}, {"cover.hall_window"}),
        (
            "media_player.join",
            {"name": "Walkman", "group_members": ["media_player.bedroom"]},
            {"media_player.walkman", "media_player.bedroom"},
        ),
    ],
)
async def test_services(
    hass: HomeAssistant, service: str, args: dict[str, Any], expected: set[str]
) -> None:
    """Their target, and what else their data names."""
    (tool,) = await async_get_catalog(hass).async_get_tools(
        [service], conversation.DOMAIN
    )
    assert touched(hass, tool, args) == expected


@pytest.mark.usefixtures("demo_home")
async def test_a_service_that_cannot_be_resolved_touches_its_domain(
    hass: HomeAssistant,
) -> None:
    """An earlier call may bring about what it names."""
    (tool,) = await async_get_catalog(hass).async_get_tools(
        ["light.turn_on"], conversation.DOMAIN
    )
    assert "light.*" in touched(hass, tool, {"name": "nothing"})
    assert "light.*" in touched(hass, tool, {"bogus": 1})


@pytest.mark.usefixtures("demo_home")
async def test_services_without_a_target(hass: HomeAssistant) -> None:
    """A script's own service is the script; another's is its integration."""
    assert await async_setup_component(
        hass, "script", {"script": {"named": {"sequence": SCRIPTS["named"]}}}
    )
    async_expose_entity(hass, conversation.DOMAIN, "script.named", True)
    tools = await async_get_catalog(hass).async_get_tools(
        ["script.named", "homeassistant.check_config"], conversation.DOMAIN
    )
    check_config, script = tools
    assert touched(hass, script, {}) >= {"script.named", "light.bed_light", *KITCHEN}
    assert "integration:homeassistant" in touched(hass, check_config, {})
