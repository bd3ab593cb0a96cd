"""Adding a model server, changing it, and giving it a new key."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.const import CONF_API_KEY, CONF_NAME, CONF_URL
from homeassistant.core import callback

from .const import (
    CONF_PROVIDER,
    CONF_SERVICE,
    DOMAIN,
    PROVIDER_OPENAI,
    PROVIDER_RESPONSES,
    SUBENTRY_API,
    SUBENTRY_CONVERSATION,
    SUBENTRY_TASK,
)
from .forms.agent_flow import ConversationSubentryFlow
from .forms.first_agent import FirstAgentFlow
from .forms.options_flow import ChatterboxOptionsFlow
from .forms.server import (
    EXAMPLE_URL,
    NOT_SPOKEN,
    REAUTH_SCHEMA,
    RECONFIGURE_SCHEMA,
    SERVICE_SCHEMA,
    async_find,
    async_speaks,
    server_schema,
)
from .forms.services_flow import ServicesSubentryFlow
from .forms.task_flow import TaskSubentryFlow
from .migration import MINOR_VERSION, VERSION
from .providers.address import is_same_server, normalize_url
from .providers.base import ProviderError, ProviderErrorKind
from .providers.discovery import KNOWN_SERVICES, server_title


class ChatterboxConfigFlow(FirstAgentFlow, domain=DOMAIN):
    """Set up a model server with its first agent."""

    VERSION = VERSION
    MINOR_VERSION = MINOR_VERSION

    def __init__(self) -> None:
        super().__init__()
        self._service = ""

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        return ChatterboxOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        return {
            SUBENTRY_CONVERSATION: ConversationSubentryFlow,
            SUBENTRY_TASK: TaskSubentryFlow,
            SUBENTRY_API: ServicesSubentryFlow,
        }

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        if user_input is not None:
            self._service = user_input[CONF_SERVICE]
            return await self.async_step_server()
        return self.async_show_form(step_id="user", data_schema=SERVICE_SCHEMA)

    async def async_step_server(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask where it is, and go on once it has listed its models."""
        service = KNOWN_SERVICES[self._service]
        errors: dict[str, str] = {}
        if user_input is not None:
            self._data = {}
            self._title = user_input.get(CONF_NAME, "").strip()
            api_key = user_input.get(CONF_API_KEY, "")
            # At a service's own address it is known how it is spoken to.
            own = is_same_server(user_input[CONF_URL], service.url)
            # What stands in for OpenAI elsewhere rarely has its newest protocol.
            shared = (PROVIDER_OPENAI, PROVIDER_RESPONSES)
            likely = None if service.provider in shared else service.provider
            if not (
                errors := await self._async_connect(
                    user_input[CONF_URL],
                    api_key,
                    service.provider if own else None,
                    likely,
                )
            ):
                return await self.async_step_agent()
        return self.async_show_form(
            step_id="server",
            data_schema=self.add_suggested_values_to_schema(
                server_schema(self._service), user_input
            ),
            errors=errors,
            description_placeholders={
                "service": service.name or "…",
                "example_url": EXAMPLE_URL,
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
                entry.data[CONF_URL],
                user_input[CONF_API_KEY],
                entry.data[CONF_PROVIDER],
            )
            if not errors:
                return self.async_update_and_abort(entry, data=self._data)
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=REAUTH_SCHEMA,
            errors=errors,
            description_placeholders={
                "name": entry.title,
                "example_url": EXAMPLE_URL,
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
            picked = user_input.get(CONF_PROVIDER, entry.data[CONF_PROVIDER])
            errors = await self._async_connect(user_input[CONF_URL], api_key, picked)
            if picked != entry.data[CONF_PROVIDER]:
                if not errors:
                    errors = await self._async_check_picked()
                elif errors == {"base": ProviderErrorKind.NOT_A_MODEL_SERVER}:
                    # The address was right for the protocol before.
                    errors = {CONF_PROVIDER: NOT_SPOKEN}
            if not errors:
                return self.async_update_and_abort(
                    entry,
                    title=self._new_title(entry, user_input.get(CONF_NAME, "")),
                    data=self._data,
                )
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                RECONFIGURE_SCHEMA,
                user_input
                or {
                    CONF_URL: entry.data[CONF_URL],
                    CONF_NAME: entry.title,
                    CONF_PROVIDER: entry.data[CONF_PROVIDER],
                },
            ),
            errors=errors,
            description_placeholders={
                "name": entry.title,
                "example_url": EXAMPLE_URL,
            },
        )

    async def _async_connect(
        self,
        address: str,
        api_key: str,
        provider: str | None,
        likely: str | None = None,
    ) -> dict[str, str]:
        """Find the server and keep it in the flow; returns the form's errors."""
        api_key = api_key.strip()
        try:
            url = normalize_url(address)
        except ProviderError as err:
            return {"base": err.kind}
        self._abort_if_known(url, api_key)
        found = await async_find(self.hass, provider, url, api_key, likely)
        if isinstance(found, str):
            return {"base": found}
        self._abort_if_known(found.url, api_key)
        self._data |= {
            CONF_PROVIDER: found.provider,
            CONF_URL: found.url,
            CONF_API_KEY: api_key,
        }
        self._models = found.models
        return {}

    async def _async_check_picked(self) -> dict[str, str]:
        data = self._data
        picked = data[CONF_PROVIDER]
        if await async_speaks(self.hass, picked, data[CONF_URL], data[CONF_API_KEY]):
            return {}
        return {CONF_PROVIDER: NOT_SPOKEN}

    def _new_title(self, entry: ConfigEntry, typed: str) -> str:
        typed = typed.strip()
        if typed not in ("", server_title(entry.data[CONF_URL])):
            return typed
        return server_title(self._data[CONF_URL])
