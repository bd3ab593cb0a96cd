"""The card, served and registered by the integration."""

import hashlib
from pathlib import Path
from typing import Final

from homeassistant.components.frontend import add_extra_js_url
from homeassistant.components.http.server import StaticPathConfig
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration

from ..const import DOMAIN

CARD: Final = "chatterbox-timeline-card.js"
URL: Final = f"/{DOMAIN}/{CARD}"


async def async_register_card(hass: HomeAssistant) -> None:
    """Serve the card, anew after a change, and have every page load it."""
    path = Path(__file__).parent / CARD
    integration = await async_get_integration(hass, DOMAIN)
    content = await hass.async_add_executor_job(path.read_bytes)
    digest = hashlib.sha256(content).hexdigest()[:8]
    await hass.http.async_register_static_paths(
        [StaticPathConfig(URL, str(path), cache_headers=True)]
    )
    add_extra_js_url(hass, f"{URL}?v={integration.version}-{digest}")
