"""Services that Home Assistant keeps for administrators."""

from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.helpers import service as service_helper


def is_for_admins(hass: HomeAssistant, action: str) -> bool:
    """Return whether ``domain.service`` was registered for administrators alone."""
    domain, _, name = action.strip().lower().partition(".")
    found = hass.services.async_services_for_domain(domain).get(name)
    handler = found.job.target if found else None
    # Home Assistant does not tell otherwise how a service was registered.
    checks = getattr(service_helper, "_async_admin_handler", None)
    return isinstance(handler, partial) and handler.func is checks
