"""The conversation agent that the Assist pipeline speaks to."""

import logging
from typing import Literal, override

from homeassistant.components import conversation
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import MATCH_ALL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, intent
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .agent.loop import AgenticLoop, TurnFault, async_say
from .agent.options import AgentOptions
from .agent.speech import async_sentence
from .agent.timings import TurnTimings
from .agent.tool_specs import build_tool_specs
from .const import DOMAIN, SUBENTRY_CONVERSATION
from .data import ChatterboxConfigEntry
from .tools.toolbox import ChatterboxAPI, Toolbox

_LOGGER = logging.getLogger(__name__)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ChatterboxConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add an entity for each agent of the entry."""
    for subentry in entry.get_subentries_of_type(SUBENTRY_CONVERSATION):
        async_add_entities(
            [ChatterboxConversationEntity(entry, subentry)],
            config_subentry_id=subentry.subentry_id,
        )


class ChatterboxConversationEntity(conversation.ConversationEntity):
    """One agent."""

    _attr_has_entity_name = True
    _attr_name = None
    _attr_supports_streaming = True

    def __init__(self, entry: ChatterboxConfigEntry, subentry: ConfigSubentry) -> None:
        """Read what the user chose."""
        self._entry = entry
        self._options = AgentOptions.from_subentry(subentry.data)
        self._attr_unique_id = subentry.subentry_id
        self._attr_device_info = dr.DeviceInfo(
            identifiers={(DOMAIN, subentry.subentry_id)},
            name=subentry.title,
            manufacturer="Chatterbox",
            model=self._options.model,
            entry_type=dr.DeviceEntryType.SERVICE,
        )
        if self._options.llm_hass_api or self._options.services:
            self._attr_supported_features = (
                conversation.ConversationEntityFeature.CONTROL
            )

    @property
    @override
    def supported_languages(self) -> list[str] | Literal["*"]:
        """Return all: the model decides."""
        return MATCH_ALL

    @override
    async def _async_handle_message(
        self,
        user_input: conversation.ConversationInput,
        chat_log: conversation.ChatLog,
    ) -> conversation.ConversationResult:
        """Answer a sentence; whatever happens, something is said."""
        timings = TurnTimings()
        try:
            fault = await self._async_turn(user_input, chat_log, timings)
        except Exception:
            # The pipeline ends a run unheard on any exception but its own.
            _LOGGER.exception("Unexpected error in a turn")
            fault = TurnFault("unknown")
        if fault:
            await async_say(
                chat_log,
                self.entity_id,
                await async_sentence(self.hass, user_input.language, fault.key),
            )
        timings.turn_ended()
        chat_log.async_trace({"timings": timings.as_dict()})
        return _result(user_input, chat_log, fault)

    async def _async_turn(
        self,
        user_input: conversation.ConversationInput,
        chat_log: conversation.ChatLog,
        timings: TurnTimings,
    ) -> TurnFault | None:
        """Run the loop; returns what kept it from an answer."""
        try:
            await chat_log.async_provide_llm_data(
                user_input.as_llm_context(DOMAIN),
                ChatterboxAPI(self.hass, self._options.llm_hass_api),
                self._options.prompt,
                user_input.extra_system_prompt,
            )
        except conversation.ConverseError:
            return TurnFault("prompt_template")
        toolbox = chat_log.llm_api
        assert isinstance(toolbox, Toolbox)
        with toolbox.order_calls(
            self._entry, self._options.dispatch, chat_log.conversation_id
        ):
            fault = await AgenticLoop(
                provider=self._entry.runtime_data.provider,
                options=self._options,
                agent_id=self.entity_id,
                chat_log=chat_log,
                toolbox=toolbox,
                tools=build_tool_specs(toolbox),
                timings=timings,
            ).run()
        health = self._entry.runtime_data.health
        if fault and fault.error:
            health.failed(fault.error)
        else:
            health.answered()
            if fault:
                _LOGGER.warning("The model gave no whole answer: %s", fault.key)
        return fault


def _result(
    user_input: conversation.ConversationInput,
    chat_log: conversation.ChatLog,
    fault: TurnFault | None,
) -> conversation.ConversationResult:
    """Return the result, marked as an error if the turn had a fault."""
    result = conversation.async_get_result_from_chat_log(user_input, chat_log)
    if fault:
        spoken = result.response.speech["plain"]["speech"]
        result.response = intent.IntentResponse(language=user_input.language)
        result.response.async_set_error(intent.IntentResponseErrorCode.UNKNOWN, spoken)
    return result
