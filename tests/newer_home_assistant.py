"""What pytest-homeassistant-custom-component lacks for a newer Home Assistant.

A pytest plugin that is loaded before that one. Each shim asks whether it is needed, and
can go once the pinned version of that plugin has what it gives.
"""

# The order is the plugin's own: `homeassistant` puts httpx2 in httpx's place before
# respx takes that, and the patches come before anything that they patch is imported.
import homeassistant  # noqa: F401, I001
from pytest_homeassistant_custom_component import (  # type: ignore[import-untyped]  # noqa: F401
    patch_json,
    patch_recorder,
    patch_time,
)

from homeassistant.components import logger
from homeassistant.components.logger import helpers as logger_helpers

if not hasattr(logger, "_clear_logger_overwrites"):
    logger._clear_logger_overwrites = (  # type: ignore[attr-defined]
        logger_helpers._clear_logger_overwrites
    )
