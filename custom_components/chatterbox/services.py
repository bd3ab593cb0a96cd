"""The actions: to see and drop what the cache of results holds, and to see the turns."""

from difflib import get_close_matches
from typing import Any, Final

from homeassistant.auth.permissions.const import POLICY_READ
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

from .agent.foresight.learnt import async_get_learnt
from .agent.turn_log import KEPT_TURNS, async_get_turns
from .const import DOMAIN
from .forms.choices import async_api_tools
from .tools.cache.cache import ToolResultCache
from .tools.cache.entries import Entry
from .tools.cache.home import DATA_TOOL_CACHE
from .turns import async_agents

SERVICE_GET_CACHE: Final = "get_cache"
SERVICE_CLEAR_CACHE: Final = "clear_cache"
SERVICE_INVALIDATE_CACHE: Final = "invalidate_cache"
SERVICE_GET_TURNS: Final = "get_turns"
ATTR_AGENT: Final = "agent"
ATTR_LIMIT: Final = "limit"
ATTR_TOOL: Final = "tool"
ATTR_ARGUMENTS: Final = "arguments"

_CLEAR_SCHEMA: Final = vol.Schema({})
_GET_SCHEMA: Final = vol.Schema({vol.Optional(ATTR_TOOL): cv.string})
_INVALIDATE_SCHEMA: Final = vol.Schema(
    {vol.Required(ATTR_TOOL): cv.string, vol.Optional(ATTR_ARGUMENTS): dict}
)
_TURNS_SCHEMA: Final = vol.Schema(
    {
        vol.Optional(ATTR_AGENT): cv.entity_id,
        vol.Optional(ATTR_LIMIT, default=10): vol.All(
            vol.Coerce(int), vol.Range(min=1, max=KEPT_TURNS)
        ),
    }
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions; those on the cache are for admins only."""
    hass.services.async_register(
        DOMAIN,
        SERVICE_GET_TURNS,
        _get_turns,
        _TURNS_SCHEMA,
        SupportsResponse.ONLY,
    )
    async_register_admin_service(
        hass,
        DOMAIN,
        SERVICE_GET_CACHE,
        _get_cache,
        _GET_SCHEMA,
        SupportsResponse.ONLY,
    )
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


async def _get_cache(call: ServiceCall) -> ServiceResponse:
    cache = _cache(call)
    now = cache.now()
    names = None
    if tool := call.data.get(ATTR_TOOL):
        names = await _async_names(call.hass, cache, tool)
    return {
        "results": [
            {
                **_described(entry, now),
                "left": round(max(0.0, entry.left(now)), 1),
                "hits": entry.hits,
            }
            for entry in cache.entries.all()
            if not entry.is_over(now) and (not names or entry.terms.key.tool in names)
        ]
    }


async def _get_turns(call: ServiceCall) -> ServiceResponse:
    """Return the last turns, what was said only to admins. Raises ServiceValidationError."""
    hass, wanted = call.hass, call.data.get(ATTR_AGENT)
    user = None
    if call.context.user_id:
        user = await hass.auth.async_get_user(call.context.user_id)
    agents = [a for a in async_agents(hass) if wanted in (None, a.entity_id)]
    if wanted and not agents:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="not_an_agent",
            translation_placeholders={"entity_id": wanted},
        )
    if user is not None:
        may_read = user.permissions.check_entity
        agents = [a for a in agents if may_read(a.entity_id, POLICY_READ)]
    turns = async_get_turns(hass)
    return {
        agent.entity_id: [
            turn.as_dict(private=user is None or user.is_admin)
            for turn in turns.last(agent.subentry_id)[-call.data[ATTR_LIMIT] :]
        ]
        for agent in agents
    }


async def _clear_cache(call: ServiceCall) -> ServiceResponse:
    """Drop everything; returns how much it was, and to an admin what."""
    cache = _cache(call)
    async_get_learnt(call.hass).clear()
    doomed = cache.entries.all()
    cache.clear()
    return await _async_removed(call, cache, doomed)


async def _invalidate_cache(call: ServiceCall) -> ServiceResponse:
    cache = _cache(call)
    names = await _async_names(call.hass, cache, call.data[ATTR_TOOL])
    args: dict[str, Any] | None = call.data.get(ATTR_ARGUMENTS)
    if args is not None and isinstance(entity_id := args.get("entity_id"), str):
        args = {**args, "entity_id": [entity_id]}
    before = cache.entries.all()
    for name in names:
        cache.invalidate(name, args)
    left = set(cache.entries.all())
    return await _async_removed(call, cache, [e for e in before if e not in left])


async def _async_names(
    hass: HomeAssistant, cache: ToolResultCache, tool: str
) -> set[str]:
    """Return the names that results are kept under. Raises ServiceValidationError."""
    # An action's tool has a name of its own, which is how the model calls it.
    tool = tool.strip()
    names = {tool, tool.replace("__", ".", 1)}
    known = {entry.terms.key.tool for entry in cache.entries.all()}
    if names & known:
        return names
    known |= {
        f"{domain}.{service}"
        for domain, services in hass.services.async_services().items()
        for service in services
    }
    known |= set(await async_api_tools(hass))
    if not names & known:
        closest = get_close_matches(tool, sorted(known), n=1, cutoff=0)
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="unknown_tool",
            translation_placeholders={"tool": tool, "closest": closest[0]},
        )
    return names


def _cache(call: ServiceCall) -> ToolResultCache:
    if (cache := call.hass.data.get(DATA_TOOL_CACHE)) is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="no_cache"
        )
    return cache


async def _async_removed(
    call: ServiceCall, cache: ToolResultCache, entries: list[Entry]
) -> JsonObjectType:
    """Return what was removed; the arguments, which people said, to an admin only."""
    removed: JsonObjectType = {"removed": len(entries)}
    user_id = call.context.user_id
    user = await call.hass.auth.async_get_user(user_id) if user_id else None
    if user and user.is_admin:
        now = cache.now()
        removed["results"] = [_described(entry, now) for entry in entries]
    return removed


def _described(entry: Entry, now: float) -> JsonObjectType:
    return {
        "tool": entry.terms.key.tool,
        "arguments": entry.terms.key.arguments,
        "age": round(entry.age(now), 1),
    }
