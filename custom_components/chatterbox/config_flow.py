"""Adding a model server, changing it, and giving it a new key."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.const import CONF_API_KEY, CONF_NAME, CONF_URL
from homeassistant.core import callback

from .const import CONF_PROVIDER, CONF_SERVICE, DOMAIN, SUBENTRY_CONVERSATION
from .forms.agent import (
    ModelCheck,
    agent_schema,
    form_values,
    new_agent,
    read_form,
)
from .forms.agent_flow import ConversationSubentryFlow
from .forms.choices import async_choices
from .forms.options_flow import ChatterboxOptionsFlow
from .forms.server import (
    EXAMPLE_URL,
    REAUTH_SCHEMA,
    RECONFIGURE_SCHEMA,
    SERVICE_SCHEMA,
    async_find,
    server_schema,
)
from .migration import MINOR_VERSION, VERSION
from .pipeline import async_has_pipelines
from .providers.address import is_same_server, normalize_url
from .providers.base import ProviderError
from .providers.discovery import KNOWN_SERVICES, server_title


class ChatterboxConfigFlow(ConfigFlow, domain=DOMAIN):
    """Set up a model server with its first agent."""

    VERSION = VERSION
    MINOR_VERSION = MINOR_VERSION

    def __init__(self) -> None:
        """Start without a server."""
        self._service = ""
        self._title = ""
        self._data: dict[str, Any] = {}
        self._models: tuple[str, ...] = ()
        self._check = ModelCheck()

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
        """Ask which service it is."""
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
            self._data = {
                CONF_PROVIDER: user_input.get(CONF_PROVIDER, service.provider)
            }
            self._title = user_input.get(CONF_NAME, "").strip()
            api_key = user_input.get(CONF_API_KEY, "")
            if not (errors := await self._async_connect(user_input[CONF_URL], api_key)):
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

    async def async_step_agent(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the first agent, and make the entry."""
        if user_input is None:
            return await self._async_show_agent({}, None)
        if errors := self._check.errors(user_input, self._models):
            return await self._async_show_agent(errors, user_input)
        # The same form may have been filled in twice meanwhile.
        self._abort_if_known(self._data[CONF_URL], self._data[CONF_API_KEY])
        title, data = read_form(user_input)
        return self.async_create_entry(
            title=self._title or server_title(self._data[CONF_URL]),
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
        choices = await async_choices(self.hass)
        agent = new_agent(self.hass, self._models, choices)
        schema = agent_schema(
            self.hass,
            self._models,
            agent,
            choices,
            sections=False,
            use_in_pipeline=async_has_pipelines(self.hass),
        )
        return self.async_show_form(
            step_id="agent",
            data_schema=self.add_suggested_values_to_schema(
                schema, user_input or form_values("", agent)
            ),
            errors=errors,
            description_placeholders={
                "model_count": str(len(self._models)),
                "not_exposed": choices.services.not_exposed,
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
            if not (errors := await self._async_connect(user_input[CONF_URL], api_key)):
                return self.async_update_and_abort(
                    entry,
                    title=self._new_title(entry, user_input.get(CONF_NAME, "")),
                    data=self._data,
                )
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                RECONFIGURE_SCHEMA,
                user_input or {CONF_URL: entry.data[CONF_URL], CONF_NAME: entry.title},
            ),
            errors=errors,
            description_placeholders={
                "name": entry.title,
                "example_url": EXAMPLE_URL,
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
        found = await async_find(self.hass, self._data[CONF_PROVIDER], url, api_key)
        if isinstance(found, str):
            return {"base": found}
        self._abort_if_known(found.url, api_key)
        self._data |= {CONF_URL: found.url, CONF_API_KEY: api_key}
        self._models = found.models
        return {}

    def _new_title(self, entry: ConfigEntry, typed: str) -> str:
        """Return what a person calls the server, else its name at the new address."""
        typed = typed.strip()
        if typed not in ("", server_title(entry.data[CONF_URL])):
            return typed
        return server_title(self._data[CONF_URL])

    def _abort_if_known(self, url: str, api_key: str) -> None:
        """Raise AbortFlow if another entry has this address and key."""
        self._async_abort_entries_match({CONF_URL: url, CONF_API_KEY: api_key})
