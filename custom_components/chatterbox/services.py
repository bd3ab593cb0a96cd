"""The actions: to see what the tool result cache holds, and drop it."""

from typing import Any, Final

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
from homeassistant.util.json import JsonObjectType
import probatio as vol

from .const import DOMAIN
from .tools.cache.cache import ToolResultCache
from .tools.cache.entries import Entry
from .tools.cache.home import DATA_TOOL_CACHE

SERVICE_CLEAR_CACHE: Final = "clear_cache"
SERVICE_INVALIDATE_CACHE: Final = "invalidate_cache"
ATTR_TOOL: Final = "tool"
ATTR_ARGUMENTS: Final = "arguments"

_CLEAR_SCHEMA: Final = vol.Schema({})
_INVALIDATE_SCHEMA: Final = vol.Schema(
    {vol.Required(ATTR_TOOL): cv.string, vol.Optional(ATTR_ARGUMENTS): dict}
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions, for admins only."""
    async_register_admin_service(
        hass,
        DOMAIN,
        SERVICE_CLEAR_CACHE,
        _clear_cache,
        _CLEAR_SCHEMA,
        SupportsResponse.OPTIONAL,
    )
    async_register_admin_service(
        hass,
        DOMAIN,
        SERVICE_INVALIDATE_CACHE,
        _invalidate_cache,
        _INVALIDATE_SCHEMA,
        SupportsResponse.OPTIONAL,
    )


async def _clear_cache(call: ServiceCall) -> ServiceResponse:
    """Drop everything; returns what it was."""
    cache = _cache(call)
    doomed = cache.entries.all()
    cache.clear()
    return _removed(cache, doomed)


async def _invalidate_cache(call: ServiceCall) -> ServiceResponse:
    """Drop the results of one tool, or of one call of it; returns what they were."""
    cache = _cache(call)
    # An action's tool has a name of its own, which is how the model calls it.
    names = {call.data[ATTR_TOOL].strip()}
    names |= {name.replace("__", ".", 1) for name in names}
    args: dict[str, Any] | None = call.data.get(ATTR_ARGUMENTS)
    if args is not None and isinstance(entity_id := args.get("entity_id"), str):
        args = {**args, "entity_id": [entity_id]}
    before = cache.entries.all()
    for name in names:
        cache.invalidate(name, args)
    left = set(cache.entries.all())
    return _removed(cache, [entry for entry in before if entry not in left])


def _cache(call: ServiceCall) -> ToolResultCache:
    """Return the cache. Raises ServiceValidationError if no entry is loaded."""
    if (cache := call.hass.data.get(DATA_TOOL_CACHE)) is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="no_cache"
        )
    return cache


def _removed(cache: ToolResultCache, entries: list[Entry]) -> JsonObjectType:
    """Return what was removed, as the action's response."""
    now = cache.now()
    return {
        "removed": len(entries),
        "results": [
            {
                "tool": entry.terms.key.tool,
                "arguments": entry.terms.key.arguments,
                "age": round(entry.age(now), 1),
            }
            for entry in entries
        ],
    }
