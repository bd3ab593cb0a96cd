"""The forms of a model server: which one it is, where it is, and its key."""

from collections.abc import Sequence
import logging
from typing import Final

from homeassistant.const import CONF_API_KEY, CONF_NAME, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.typing import VolDictType
from homeassistant.util.package import is_docker_env
import probatio as vol

from ..const import CONF_PROVIDER, CONF_SERVICE
from ..providers.address import is_this_machine
from ..providers.base import LASTING, ProviderError, ProviderErrorKind
from ..providers.discovery import (
    KNOWN_SERVICES,
    FoundServer,
    async_find_server,
    async_is_spoken,
)
from ..providers.registry import PROVIDERS

_LOGGER = logging.getLogger(__name__)

EXAMPLE_URL: Final = "http://192.168.1.20:11434"

KEY_MISSING: Final = "key_missing"
LOCALHOST_IN_CONTAINER: Final = "localhost_in_container"
NO_MODELS: Final = "no_models"
NOT_SPOKEN: Final = "not_spoken"
UNKNOWN: Final = "unknown"

FORM_ERRORS: Final = LASTING
"""What the forms have words of their own for, beside the five above."""

_TEXT: Final = TextSelector()
_PASSWORD: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))


def _service_options() -> Sequence[SelectOptionDict]:
    return [
        SelectOptionDict(value=service_id, label=service.name or service_id)
        for service_id, service in KNOWN_SERVICES.items()
    ]


SERVICE_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_SERVICE): SelectSelector(
            SelectSelectorConfig(
                options=_service_options(),
                mode=SelectSelectorMode.LIST,
                translation_key=CONF_SERVICE,
            )
        )
    }
)
RECONFIGURE_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_URL): _TEXT,
        vol.Optional(CONF_API_KEY): _PASSWORD,
        vol.Optional(CONF_NAME): _TEXT,
        vol.Optional(CONF_PROVIDER): SelectSelector(
            SelectSelectorConfig(
                options=list(PROVIDERS),
                mode=SelectSelectorMode.DROPDOWN,
                translation_key=CONF_PROVIDER,
            )
        ),
    }
)
REAUTH_SCHEMA: Final = vol.Schema({vol.Required(CONF_API_KEY): _PASSWORD})


def server_schema(service_id: str) -> vol.Schema:
    """Return the form for the address and the key of a service that was picked."""
    service = KNOWN_SERVICES[service_id]
    fields: VolDictType = {}
    # A field that is filled in by a default cannot be emptied.
    url = {"suggested_value": service.url} if service.url else None
    fields[vol.Required(CONF_URL, description=url)] = _TEXT
    key = vol.Required if service.online else vol.Optional
    fields[key(CONF_API_KEY)] = _PASSWORD
    fields[vol.Optional(CONF_NAME)] = _TEXT
    return vol.Schema(fields)


async def async_find(
    hass: HomeAssistant,
    provider: str | None,
    url: str,
    api_key: str,
    likely: str | None = None,
) -> FoundServer | str:
    """Return the server at an address, or the error that the form shows."""
    try:
        found = await async_find_server(
            async_get_clientsession(hass),
            provider,
            url,
            api_key or None,
            likely=likely,
        )
    except ProviderError as err:
        if err.kind in FORM_ERRORS:
            _LOGGER.debug("The form's server does not answer: %s", err)
            return _more_telling(err.kind, url, api_key)
        _LOGGER.warning("The server does not list its models: %s", err)
        return UNKNOWN
    except Exception:
        # Nothing has begun, and a form that says so helps more than a dead one.
        _LOGGER.exception("Unexpected error while looking for the model server")
        return UNKNOWN
    return found if found.models else NO_MODELS


async def async_speaks(
    hass: HomeAssistant, provider: str, url: str, api_key: str
) -> bool:
    """Return whether a server has a protocol that was picked, as far as it can be told."""
    session = async_get_clientsession(hass)
    try:
        return await async_is_spoken(session, provider, url, api_key or None)
    except ProviderError as err:
        _LOGGER.debug("Whether the server speaks %s is not known: %s", provider, err)
        return True


def _more_telling(kind: ProviderErrorKind, url: str, api_key: str) -> str:
    """Return the form's error for a fault, in view of what was typed."""
    if kind is ProviderErrorKind.INVALID_AUTH and not api_key:
        return KEY_MISSING
    if (
        kind is ProviderErrorKind.CANNOT_CONNECT
        and is_this_machine(url)
        and is_docker_env()
    ):
        return LOCALHOST_IN_CONTAINER
    return kind
