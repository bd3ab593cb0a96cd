"""The conversation agent that the Assist pipeline speaks to."""

from contextlib import AbstractContextManager
from functools import partial
import logging
from typing import Literal, override

from homeassistant.components import conversation
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_URL, MATCH_ALL
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import TemplateError, Unauthorized
from homeassistant.helpers import intent
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .agent.chat_log import async_say
from .agent.follow_up import waits_for_answer
from .agent.foresight.ready import Readiness
from .agent.options import AgentOptions
from .agent.priming import Primed, should_prime
from .agent.prompt import build_prefix
from .agent.prompt_changes import async_when_idle
from .agent.timings import OwnWork, TurnTimings
from .agent.translation_lookup import async_sentence
from .agent.turn import Turn
from .agent.turn_fault import TurnFault
from .agent.turn_log import RunningTurn, async_get_turns
from .agent.turn_record import TurnAgent
from .const import CONF_KEEP_SENTENCES, DOMAIN, SUBENTRY_CONVERSATION
from .data import ChatterboxConfigEntry
from .entity import agent_device
from .issues import async_context_is_small
from .stand_ins import async_agent_models
from .tools.api import ChatterboxAPI
from .tools.cache.home import DATA_TOOL_CACHE
from .tools.cache.policy import CacheOptions
from .tools.look_ahead import ToolLookAhead
from .tools.reply_tool import Reply
from .tools.toolbox import Toolbox

_BUSY: tuple[type[Exception], ...] = tuple(
    filter(None, [getattr(conversation, "ConversationBusyError", None)])
)
"""Raised where a conversation has one turn at a time."""
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
        self._entry = entry
        self._options = AgentOptions.from_subentry(subentry.data, subentry.subentry_id)
        self._cache_options = CacheOptions.from_entry(subentry.data, entry.options)
        self._readiness = Readiness(subentry.subentry_id)
        self._attr_unique_id = subentry.subentry_id
        self._attr_device_info = agent_device(subentry)
        if self._options.llm_hass_api or self._options.services:
            self._attr_supported_features = (
                conversation.ConversationEntityFeature.CONTROL
            )

    @property
    @override
    def supported_languages(self) -> list[str] | Literal["*"]:
        return MATCH_ALL

    @override
    async def async_process(
        self, user_input: conversation.ConversationInput
    ) -> conversation.ConversationResult:
        try:
            return await super().async_process(user_input)
        except Unauthorized:
            key = "conversation_of_another"
        except _BUSY:
            key = "conversation_busy"
        response = intent.IntentResponse(language=user_input.language)
        response.async_set_error(
            intent.IntentResponseErrorCode.UNKNOWN,
            await async_sentence(self.hass, user_input.language, key),
        )
        return conversation.ConversationResult(response, user_input.conversation_id)

    @override
    async def _async_handle_message(
        self,
        user_input: conversation.ConversationInput,
        chat_log: conversation.ChatLog,
    ) -> conversation.ConversationResult:
        """Answer a sentence; whatever happens, something is said."""
        with self._timed(user_input.text) as turn:
            result = await self._async_answer(user_input, chat_log, turn)
        chat_log.async_trace({"timings": turn.as_dict(private=False)})
        return result

    def _timed(self, heard: str) -> AbstractContextManager[RunningTurn]:
        agent = TurnAgent(
            str(self.unique_id), self.entity_id, self._entry.title, self._options.model
        )
        keeps = self._entry.options.get(CONF_KEEP_SENTENCES, False)
        turns = async_get_turns(self.hass)
        return turns.turn(agent, TurnTimings(), heard if keeps else None)

    async def _async_answer(
        self,
        user_input: conversation.ConversationInput,
        chat_log: conversation.ChatLog,
        turn: RunningTurn,
    ) -> conversation.ConversationResult:
        # Taken once: the entry loses it if it is unloaded meanwhile.
        data = self._entry.runtime_data
        running = Turn(
            hass=self.hass,
            owner=self._entry,
            agent_id=self.entity_id,
            options=self._options,
            find_models=partial(
                async_agent_models, self.hass, self._entry, self._options
            ),
            cache_options=self._cache_options,
            api=self._api(),
            durations=data.durations,
            window=data.windows.window(
                self._options.model,
                chat_log.conversation_id,
                data.health.context_tokens(self._options),
                self._options.max_tokens,
            ),
            user_input=user_input,
            chat_log=chat_log,
            timings=turn.timings,
        )
        try:
            fault = await running.async_run()
        except Exception:
            # The pipeline ends a run unheard on any exception but its own.
            _LOGGER.exception("Unexpected error in a turn")
            fault = TurnFault("unknown")
        else:
            async_context_is_small(
                self.hass, self._entry, self._options, running.window
            )
        turn.answered_by = running.answered_by
        if fault:
            turn.fault = fault.key if fault.failed else None
            await self._async_say_fault(fault, user_input, chat_log, turn.timings)
        turn.timings.begin(OwnWork.FINISH)
        result = _result(user_input, chat_log, fault, running.reply)
        turn.answered = result.response.speech["plain"]["speech"]
        return result

    async def _async_say_fault(
        self,
        fault: TurnFault,
        user_input: conversation.ConversationInput,
        chat_log: conversation.ChatLog,
        timings: TurnTimings,
    ) -> None:
        """Say why the turn has no answer, in the person's language."""
        sentence = await async_sentence(
            self.hass, user_input.language, fault.key, fault.placeholders
        )
        if timings.ttfs is None:
            # Spoken from the result; streamed too, it would be shown twice.
            chat_log.async_add_assistant_content_without_tools(
                conversation.AssistantContent(self.entity_id, sentence)
            )
            return
        with timings.speech():
            await async_say(chat_log, self.entity_id, sentence)

    def _api(self) -> ChatterboxAPI:
        return ChatterboxAPI(
            self.hass,
            self._options.llm_hass_api,
            self._options.services,
            reply=self._options.reply,
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Have the server read the prompt when nobody speaks."""
        await super().async_added_to_hass()
        if self._primes:
            self.async_on_remove(async_when_idle(self.hass, self._async_prime))

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Go on under the new entity id, without being removed and added again."""

    @override
    async def async_prepare(self, language: str | None = None) -> None:
        """Get ready while the person still speaks."""
        toolbox = await self._async_prime()
        await self._async_refresh(toolbox)
        await self._entry.runtime_data.primer.async_connect()

    @property
    def _primes(self) -> bool:
        return should_prime(self._options.priming, self._entry.data[CONF_URL])

    async def _async_prime(self) -> Toolbox:
        """Have the server read the prompt if it should_prime; return nobody's tools."""
        nobody = conversation.ConversationInput(
            text="",
            context=Context(),
            conversation_id=None,
            device_id=None,
            satellite_id=None,
            language=self.hass.config.language,
            agent_id=self.entity_id,
        )
        toolbox = await self._api().async_get_api_instance(
            nobody.as_llm_context(DOMAIN)
        )
        try:
            prefix = build_prefix(self.hass, self._options, toolbox)
        except TemplateError:
            # The turn says so.
            return toolbox
        if self._primes:
            self._entry.runtime_data.primer.prime(Primed(self._options, prefix))
        return toolbox

    async def _async_refresh(self, toolbox: Toolbox) -> None:
        cache = self.hass.data.get(DATA_TOOL_CACHE)
        if self._options.foresight and cache is not None:
            toolbox.guard.options = self._options.danger
            await self._readiness.async_refresh(
                ToolLookAhead.of(toolbox, cache, self._cache_options)
            )


def _result(
    user_input: conversation.ConversationInput,
    chat_log: conversation.ChatLog,
    fault: TurnFault | None,
    reply: Reply | None,
) -> conversation.ConversationResult:
    result = conversation.async_get_result_from_chat_log(user_input, chat_log)
    spoken = result.response.speech["plain"]["speech"]
    told = reply.expect_answer if reply else None
    result.continue_conversation = waits_for_answer(spoken, told)
    if fault and fault.failed:
        result.response = intent.IntentResponse(language=user_input.language)
        result.response.async_set_error(intent.IntentResponseErrorCode.UNKNOWN, spoken)
    return result
