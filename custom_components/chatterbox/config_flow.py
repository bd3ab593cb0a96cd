"""Adding a model server, changing it, and giving it a new key."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, override

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.const import CONF_API_KEY, CONF_NAME, CONF_URL
from homeassistant.core import callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .agent.options import AgentOptions
from .agent.trial import Trial, async_try_agent
from .const import (
    CONF_PROVIDER,
    CONF_SERVICE,
    CONF_TEST_MODEL,
    DOMAIN,
    PROVIDER_OPENAI,
    PROVIDER_RESPONSES,
    SUBENTRY_CONVERSATION,
)
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
from .forms.trial import async_describe_trial
from .migration import MINOR_VERSION, VERSION
from .pipeline import async_has_pipelines
from .providers import create_provider
from .providers.address import is_same_server, normalize_url
from .providers.base import ModelInfo, ProviderError
from .providers.discovery import KNOWN_SERVICES, server_title

SHOWN_FOR: Final = 2.0
"""Seconds for which the test is shown at least: the frontend waits for ever for the end
of a step that ended before it was shown."""


class ChatterboxConfigFlow(ConfigFlow, domain=DOMAIN):
    """Set up a model server with its first agent."""

    VERSION = VERSION
    MINOR_VERSION = MINOR_VERSION

    def __init__(self) -> None:
        """Start without a server."""
        self._service = ""
        self._title = ""
        self._data: dict[str, Any] = {}
        self._check = ModelCheck()
        self._models: tuple[ModelInfo, ...] = ()
        self._agent: dict[str, Any] | None = None
        self._trial: asyncio.Task[Trial] | None = None

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

    async def async_step_agent(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the first agent, and make the entry."""
        if user_input is None:
            return await self._async_show_agent({}, self._agent)
        if errors := self._check.errors(user_input, self._models):
            return await self._async_show_agent(errors, user_input)
        self._agent = user_input
        if user_input.get(CONF_TEST_MODEL):
            self._trial = None
            return await self.async_step_test_model()
        return await self.async_step_finish()

    async def async_step_test_model(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say a sentence to the model, and wait for what becomes of it."""
        if self._trial is None:
            self._trial = self.hass.async_create_task(self._async_try())
        if not self._trial.done():
            return self.async_show_progress(
                step_id="test_model",
                progress_action="test_model",
                progress_task=self._trial,
            )
        return self.async_show_progress_done(next_step_id="tested")

    async def _async_try(self) -> Trial:
        provider = create_provider(
            self._data[CONF_PROVIDER],
            async_get_clientsession(self.hass),
            self._data[CONF_URL],
            self._data[CONF_API_KEY] or None,
        )
        _, data = self._read_agent()
        options = AgentOptions.from_subentry(data, DOMAIN)
        trial, _ = await asyncio.gather(
            async_try_agent(self.hass, provider, options), asyncio.sleep(SHOWN_FOR)
        )
        return trial

    async def async_step_tested(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what became of the test, and let the agent be changed or made."""
        assert self._trial is not None
        step_id, placeholders = await async_describe_trial(
            self.hass, self._trial.result()
        )
        return self.async_show_menu(
            step_id=step_id,
            menu_options=["finish", "agent"],
            description_placeholders=placeholders,
        )

    # Home Assistant looks for a step by each name that a menu has.
    async_step_tested_without_tools = async_step_tested
    async_step_tested_in_vain = async_step_tested

    async def async_step_finish(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Make the entry."""
        # The same form may have been filled in twice meanwhile.
        self._abort_if_known(self._data[CONF_URL], self._data[CONF_API_KEY])
        title, data = self._read_agent()
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

    def _read_agent(self) -> tuple[str, dict[str, Any]]:
        """Return the title and the data of the agent that the form describes."""
        assert self._agent is not None
        wish = CONF_TEST_MODEL
        return read_form({k: v for k, v in self._agent.items() if k != wish})

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
                schema,
                user_input or {**form_values("", agent), CONF_TEST_MODEL: True},
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
            if not (
                errors := await self._async_connect(
                    user_input[CONF_URL],
                    api_key,
                    user_input.get(CONF_PROVIDER, entry.data[CONF_PROVIDER]),
                )
            ):
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
        """Find the server and keep it in the flow; returns the form's errors.

        `provider` is how it is spoken to, None if that is to be guessed, and `likely`
        then the first guess.

        Raises AbortFlow if another entry has the same server with the same key.
        """
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

    def _new_title(self, entry: ConfigEntry, typed: str) -> str:
        """Return what a person calls the server, else its name at the new address."""
        typed = typed.strip()
        if typed not in ("", server_title(entry.data[CONF_URL])):
            return typed
        return server_title(self._data[CONF_URL])

    def _abort_if_known(self, url: str, api_key: str) -> None:
        """Raise AbortFlow if another entry has this address and key."""
        self._async_abort_entries_match({CONF_URL: url, CONF_API_KEY: api_key})
