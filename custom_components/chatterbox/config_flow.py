"""Adding a model server, changing it, and giving it a new key."""

from collections.abc import Mapping
import logging
from typing import Any, Final, override

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.const import CONF_API_KEY, CONF_URL
from homeassistant.core import callback
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
import probatio as vol

from .const import (
    CONF_PROVIDER,
    DEFAULT_NAME,
    DOMAIN,
    PROVIDER_OPENAI,
    SUBENTRY_CONVERSATION,
)
from .forms.actions import async_service_choices
from .forms.agent import (
    agent_schema,
    form_errors,
    form_values,
    new_agent,
    read_form,
)
from .forms.agent_flow import ConversationSubentryFlow
from .forms.options_flow import ChatterboxOptionsFlow
from .pipeline import async_has_pipelines
from .providers import PROVIDERS
from .providers.base import ProviderError, ProviderErrorKind
from .providers.discovery import (
    KNOWN_SERVERS,
    FoundServer,
    async_find_server,
    is_same_server,
    normalize_url,
    server_title,
)

_LOGGER = logging.getLogger(__name__)

_EXAMPLE_URL: Final = "http://192.168.1.20:11434/v1"
"""Ollama on another machine, as the forms show it."""

_FORM_ERRORS: Final = frozenset(
    {
        ProviderErrorKind.INVALID_URL,
        ProviderErrorKind.CANNOT_CONNECT,
        ProviderErrorKind.TIMEOUT,
        ProviderErrorKind.INVALID_AUTH,
        ProviderErrorKind.NOT_A_MODEL_SERVER,
    }
)

_PASSWORD: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
_URL: Final = SelectSelector(
    SelectSelectorConfig(
        options=[
            SelectOptionDict(value=url, label=f"{name}: {url}")
            for name, url in KNOWN_SERVERS.items()
        ],
        mode=SelectSelectorMode.DROPDOWN,
        custom_value=True,
    )
)
_USER_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_PROVIDER, default=PROVIDER_OPENAI): SelectSelector(
            SelectSelectorConfig(
                options=list(PROVIDERS),
                mode=SelectSelectorMode.DROPDOWN,
                translation_key=CONF_PROVIDER,
            )
        ),
        vol.Required(CONF_URL): _URL,
        vol.Optional(CONF_API_KEY): _PASSWORD,
    }
)
_RECONFIGURE_SCHEMA: Final = vol.Schema(
    {vol.Required(CONF_URL): _URL, vol.Optional(CONF_API_KEY): _PASSWORD}
)
_REAUTH_SCHEMA: Final = vol.Schema({vol.Required(CONF_API_KEY): _PASSWORD})


class ChatterboxConfigFlow(ConfigFlow, domain=DOMAIN):
    """Set up a model server with its first agent."""

    VERSION = 1

    def __init__(self) -> None:
        """Start without a server."""
        self._data: dict[str, Any] = {}
        self._models: tuple[str, ...] = ()

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the form of what holds for all agents of a server."""
        return ChatterboxOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the one kind of thing that a server can have many of."""
        return {SUBENTRY_CONVERSATION: ConversationSubentryFlow}

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a server, and go on once it has listed its models."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._data = {CONF_PROVIDER: user_input[CONF_PROVIDER]}
            api_key = user_input.get(CONF_API_KEY, "")
            if not (errors := await self._async_connect(user_input[CONF_URL], api_key)):
                return await self.async_step_agent()
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(_USER_SCHEMA, user_input),
            errors=errors,
            description_placeholders={"example_url": _EXAMPLE_URL},
        )

    async def async_step_agent(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the first agent, and make the entry."""
        if user_input is None:
            return await self._async_show_agent({}, None)
        if errors := form_errors(user_input):
            return await self._async_show_agent(errors, user_input)
        # The same form may have been filled in twice meanwhile.
        self._abort_if_known(self._data[CONF_URL], self._data[CONF_API_KEY])
        title, data = read_form(user_input)
        return self.async_create_entry(
            title=server_title(self._data[CONF_URL]),
            data=self._data,
            subentries=[
                {
                    "subentry_type": SUBENTRY_CONVERSATION,
                    "title": title,
                    "data": data,
                    "unique_id": None,
                }
            ],
        )

    async def _async_show_agent(
        self, errors: dict[str, str], user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Show the first agent's form with what was typed, else what one starts from."""
        services = await async_service_choices(self.hass)
        agent = new_agent(self.hass, self._models, services)
        schema = agent_schema(
            self.hass,
            self._models,
            agent,
            services,
            sections=False,
            use_in_pipeline=async_has_pipelines(self.hass),
        )
        return self.async_show_form(
            step_id="agent",
            data_schema=self.add_suggested_values_to_schema(
                schema, user_input or form_values(DEFAULT_NAME, agent)
            ),
            errors=errors,
            description_placeholders={
                "model_count": str(len(self._models)),
                "not_exposed": services.not_exposed,
            },
        )

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Ask for a new key in place of the one that was refused."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Keep the new key once the server takes it."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            self._data = dict(entry.data)
            errors = await self._async_connect(
                entry.data[CONF_URL], user_input[CONF_API_KEY]
            )
            if not errors:
                return self.async_update_and_abort(entry, data=self._data)
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=_REAUTH_SCHEMA,
            errors=errors,
            description_placeholders={
                "name": entry.title,
                "example_url": _EXAMPLE_URL,
            },
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the address or the key."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            self._data = dict(entry.data)
            api_key = user_input.get(CONF_API_KEY, "")
            if not api_key and is_same_server(
                user_input[CONF_URL], entry.data[CONF_URL]
            ):
                api_key = entry.data.get(CONF_API_KEY, "")
            if not (errors := await self._async_connect(user_input[CONF_URL], api_key)):
                return self.async_update_and_abort(
                    entry, title=self._new_title(entry), data=self._data
                )
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                _RECONFIGURE_SCHEMA,
                user_input or {CONF_URL: entry.data[CONF_URL]},
            ),
            errors=errors,
            description_placeholders={
                "name": entry.title,
                "example_url": _EXAMPLE_URL,
            },
        )

    async def _async_connect(self, address: str, api_key: str) -> dict[str, str]:
        """Find the server and keep it in the flow; returns the form's errors.

        Raises AbortFlow if another entry has the same server with the same key.
        """
        api_key = api_key.strip()
        try:
            url = normalize_url(address)
        except ProviderError as err:
            return {"base": err.kind}
        self._abort_if_known(url, api_key)
        found = await self._async_find(url, api_key)
        if isinstance(found, str):
            return {"base": found}
        self._abort_if_known(found.url, api_key)
        self._data |= {CONF_URL: found.url, CONF_API_KEY: api_key}
        self._models = found.models
        return {}

    async def _async_find(self, url: str, api_key: str) -> FoundServer | str:
        """Return the server at an address, or the error that the form shows."""
        try:
            found = await async_find_server(
                async_get_clientsession(self.hass),
                self._data[CONF_PROVIDER],
                url,
                api_key or None,
            )
        except ProviderError as err:
            if err.kind in _FORM_ERRORS:
                _LOGGER.debug("The form's server does not answer: %s", err)
                return err.kind
            _LOGGER.warning("The server does not list its models: %s", err)
            return "unknown"
        except Exception:
            # Nothing has begun, and a form that says so helps more than a dead one.
            _LOGGER.exception("Unexpected error while looking for the model server")
            return "unknown"
        return found if found.models else "no_models"

    def _new_title(self, entry: ConfigEntry) -> str:
        """Return the title for a new address, or the one that a person gave."""
        if entry.title != server_title(entry.data[CONF_URL]):
            return entry.title
        return server_title(self._data[CONF_URL])

    def _abort_if_known(self, url: str, api_key: str) -> None:
        """Raise AbortFlow if another entry has this address and key."""
        self._async_abort_entries_match({CONF_URL: url, CONF_API_KEY: api_key})
