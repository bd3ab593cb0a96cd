"""The steps of a new model server's first agent: its form, the test, the entry."""

import asyncio
from typing import Any, Final, override

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_API_KEY, CONF_URL
from homeassistant.core import callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..agent.options import AgentOptions
from ..agent.trial import Trial, async_try_agent
from ..const import CONF_PROVIDER, CONF_TEST_MODEL, DOMAIN, SUBENTRY_CONVERSATION
from ..pipeline import async_has_pipelines
from ..providers.base import ModelInfo
from ..providers.discovery import server_title
from ..providers.registry import create_provider
from .agent import ModelCheck, agent_schema, form_values, new_agent, read_form
from .choices import async_choices
from .trial import async_describe_trial

PATIENCE: Final = 20.0
"""Seconds of the test after which one can go on without it."""

SHOWN_FOR: Final = 2.0
"""Seconds at least; the frontend misses the end of a shorter step."""


class FirstAgentFlow(ConfigFlow):
    """Goes on once the server has been found."""

    def __init__(self) -> None:
        self._title = ""
        self._data: dict[str, Any] = {}
        self._check = ModelCheck()
        self._models: tuple[ModelInfo, ...] = ()
        self._agent: dict[str, Any] | None = None
        self._trial: asyncio.Task[Trial] | None = None
        self._waiting: asyncio.Task[None] | None = None

    async def async_step_agent(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the first agent, and make the entry."""
        self._stop_trial()
        if user_input is None:
            return await self._async_show_agent({}, self._agent)
        if errors := self._check.errors(user_input, self._models):
            return await self._async_show_agent(errors, user_input)
        self._agent = user_input
        if user_input.get(CONF_TEST_MODEL):
            return await self.async_step_test_model()
        return await self.async_step_finish()

    async def async_step_test_model(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say a sentence to the model, and wait a while for what becomes of it."""
        if self._trial is None:
            self._trial = self.hass.async_create_background_task(
                self._async_try(), f"{DOMAIN} test"
            )
        if self._waiting is None and not self._trial.done():
            self._waiting = self.hass.async_create_task(self._async_wait(self._trial))
        if self._waiting is None or self._waiting.done():
            self._waiting = None
            return self.async_show_progress_done(next_step_id="tested")
        return self.async_show_progress(
            step_id="test_model",
            progress_action="test_model",
            progress_task=self._waiting,
            description_placeholders={"seconds": f"{PATIENCE:.0f}"},
        )

    async def _async_wait(self, trial: asyncio.Task[Trial]) -> None:
        await asyncio.gather(
            asyncio.wait((trial,), timeout=PATIENCE), asyncio.sleep(SHOWN_FOR)
        )

    @callback
    @override
    def async_remove(self) -> None:
        """Leave the test where the form is left."""
        self._stop_trial()

    def _stop_trial(self) -> None:
        if self._trial is not None:
            self._trial.cancel()
            self._trial = None

    async def _async_try(self) -> Trial:
        provider = create_provider(
            self._data[CONF_PROVIDER],
            async_get_clientsession(self.hass),
            self._data[CONF_URL],
            self._data[CONF_API_KEY] or None,
        )
        _, data = self._read_agent()
        options = AgentOptions.from_subentry(data, DOMAIN)
        return await async_try_agent(self.hass, provider, options)

    async def async_step_tested(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what became of the test, and let the agent be changed or made."""
        assert self._trial is not None
        if not self._trial.done():
            return self.async_show_menu(
                step_id="still_testing", menu_options=["test_model", "finish", "agent"]
            )
        step_id, placeholders = await async_describe_trial(
            self.hass, self._trial.result()
        )
        return self.async_show_menu(
            step_id=step_id,
            menu_options=["finish", "agent"],
            description_placeholders=placeholders,
        )

    # Home Assistant looks for a step by each name that a menu has.
    async_step_still_testing = async_step_tested
    async_step_tested_without_tools = async_step_tested
    async_step_tested_in_vain = async_step_tested

    async def async_step_finish(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Make the entry, tested or not."""
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
        assert self._agent is not None
        wish = CONF_TEST_MODEL
        return read_form({k: v for k, v in self._agent.items() if k != wish})

    async def _async_show_agent(
        self, errors: dict[str, str], user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
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

    def _abort_if_known(self, url: str, api_key: str) -> None:
        self._async_abort_entries_match({CONF_URL: url, CONF_API_KEY: api_key})
