"""One turn: from what a person says to what answers it, or what keeps it from that."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import datetime
import logging

from homeassistant.components import conversation
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import TemplateError

from ..const import DOMAIN
from ..tools.api import ChatterboxAPI
from ..tools.cache.home import DATA_TOOL_CACHE
from ..tools.cache.policy import CacheOptions
from ..tools.confirmation.pending import async_get_confirmations
from ..tools.dispatch.call_record import TaskOwner
from ..tools.dispatch.dispatcher import OrderedDispatcher, async_take_report
from ..tools.durations import ToolDurations
from ..tools.reply_tool import Reply
from ..tools.toolbox import Toolbox
from ..tools.turn_clock import TURN_TOO_LONG, TurnClock
from .claims import Claims
from .confirming import Confirming
from .dangerous_names import DangerousNames
from .foresight.foresee import Foresight, async_foresight
from .local_intents import LocalIntents
from .loop import AgenticLoop
from .missed_mentions import Sentence
from .models import AgentModel, ask_in_order
from .options import AgentOptions
from .preface import Preface
from .priming import Primed
from .prompt import Prefix, build_prefix, controls_home
from .recognition import Recognition
from .response import ResponseStream
from .timings import OwnSpan, OwnWork, TurnTimings
from .translation_lookup import async_sentence
from .turn_fault import TurnFault
from .turn_note import Speaker, async_get_speaker, noted, stays_in_log
from .turn_record import AnsweredBy
from .turnstile import async_get_turnstile
from .window import Window

_LOGGER = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Turn:
    """One sentence, to one agent."""

    hass: HomeAssistant
    owner: TaskOwner
    """What a write that has begun outlives the turn in."""
    agent_id: str
    options: AgentOptions
    find_models: Callable[[], Sequence[AgentModel]]
    """Returns the agent's own, then those that stand in for it."""
    cache_options: CacheOptions
    api: ChatterboxAPI
    durations: ToolDurations
    window: Window
    user_input: conversation.ConversationInput
    chat_log: conversation.ChatLog
    timings: TurnTimings
    answered_by: AnsweredBy = AnsweredBy.MODEL
    _models: Sequence[AgentModel] = ()
    reply: Reply | None = None
    """What closed the turn, if that was no plain answer."""

    async def async_run(self) -> TurnFault | None:
        """Answer; returns what kept the turn from that, which the caller says."""
        preparing = self.timings.begin(OwnWork.PREPARE)
        turnstile = async_get_turnstile(self.hass)
        await turnstile.pass_through()
        self._models = self.find_models()
        clock = TurnClock(self.options.longest_turn, self.options.longest_thinking)
        speaker = await async_get_speaker(
            self.hass, self.user_input.as_llm_context(DOMAIN)
        )
        try:
            # Tools come from anybody's APIs.
            async with asyncio.timeout_at(clock.until):
                toolbox = await self._async_provide(speaker)
        except TimeoutError:
            if not clock.over:
                raise
            return TurnFault(TURN_TOO_LONG)
        await turnstile.pass_through()
        try:
            prefix = build_prefix(self.hass, self.options, toolbox, speaker.name)
        except TemplateError as err:
            _LOGGER.warning("The agent's instructions cannot be rendered: %s", err)
            return TurnFault("prompt_template")
        return await self._async_answer(prefix, toolbox, clock, speaker, preparing)

    async def _async_answer(
        self,
        prefix: Prefix,
        toolbox: Toolbox,
        clock: TurnClock,
        speaker: Speaker,
        preparing: OwnSpan,
    ) -> TurnFault | None:
        """Hear an answer to the last turn's question, else ask the model."""
        self.timings.calls = toolbox.spans
        # Home Assistant's own has the time in it, which no server's cache survives.
        self.chat_log.content[0] = conversation.SystemContent(prefix.system)
        text = self.user_input.text
        assistant = toolbox.llm_context.assistant or ""
        claims = Claims(
            self.user_input.language, sentence=Sentence(self.hass, assistant, text)
        )
        confirming = self._confirming(toolbox, speaker)
        dangerous = DangerousNames(
            self.hass, assistant, self.options.danger.additions, text
        )
        with (
            self._begin(toolbox, clock, claims),
            closing(self._foresight(toolbox, speaker, dangerous)) as foresight,
            self._note(speaker, await foresight.lines(), toolbox) as notes,
            closing(Recognition(self.hass, self.user_input, toolbox)) as recognition,
        ):
            last_resort = LocalIntents(
                recognition, self.timings, self.options.last_resort
            )
            loop = AgenticLoop(
                options=self.options,
                agent_id=self.agent_id,
                chat_log=self.chat_log,
                toolbox=toolbox,
                clock=clock,
                tools=prefix.tools,
                notes=notes,
                claims=claims,
                confirming=confirming,
                timings=self.timings,
                window=self.window,
                responses=await self._responses(
                    prefix, toolbox, clock, claims, last_resort, dangerous
                ),
                last_resort=last_resort,
            )
            if closed := await confirming.async_answered():
                self.timings.confirmation_time = confirming.waited
                self.timings.text_spoken()
                preparing.end()
                self.reply = closed
                return None
            recognition.start()
            preparing.end()
            self.timings.foreseen = foresight.shown
            said = len(self.chat_log.content)
            fault = await loop.run()
            self._note_who(loop, fault)
            finishing = self.timings.begin(OwnWork.FINISH)
            if fault is None:
                await foresight.learn(self.chat_log.content[said:])
        finishing.end()
        self.reply = loop.reply
        return fault

    def _note_who(self, loop: AgenticLoop, fault: TurnFault | None) -> None:
        own = self._models[0]
        if loop.last_resort.used:
            self.answered_by = AnsweredBy.INTENTS
            _LOGGER.info(
                "Home Assistant's own intents stood in for %s of %s",
                own.options.model,
                own.server,
            )
        elif stand_in := loop.responses.spans.stand_in:
            self.answered_by = AnsweredBy.STAND_IN
            _LOGGER.info(
                "%s of %s stood in for %s of %s",
                stand_in.model,
                stand_in.server,
                own.options.model,
                own.server,
            )
        if fault and not fault.error and not loop.last_resort.used:
            _LOGGER.warning("The model gave no whole answer: %s", fault.key)

    async def _async_provide(self, speaker: Speaker) -> Toolbox:
        # Else it may keep those of the last turn.
        self.chat_log.llm_api = None
        await self.chat_log.async_provide_llm_data(
            speaker.llm_context,
            self.api,
            user_extra_system_prompt=self.user_input.extra_system_prompt,
        )
        toolbox = self.chat_log.llm_api
        assert isinstance(toolbox, Toolbox)
        return toolbox

    def _begin(
        self, toolbox: Toolbox, clock: TurnClock, claims: Claims
    ) -> OrderedDispatcher:
        return toolbox.begin_turn(
            self.owner,
            self.options.dispatch,
            clock=clock,
            sentence=self.user_input.text,
            objection=claims.objection,
            conversation_id=self.chat_log.conversation_id,
            stays_in_log=stays_in_log(self.chat_log),
            cache=self.hass.data.get(DATA_TOOL_CACHE),
            cache_options=self.cache_options,
            durations=self.durations,
        )

    def _foresight(
        self, toolbox: Toolbox, speaker: Speaker, dangerous: DangerousNames
    ) -> Foresight:
        """Begin to look up what the sentence foretells, unless it answers a question."""
        foresight = async_foresight(
            self.hass,
            self.owner,
            toolbox,
            cache=self.hass.data.get(DATA_TOOL_CACHE),
            options=self.cache_options,
            durations=self.durations,
            agent=self.options.key if self.options.foresight else None,
            person=speaker.user.id if speaker.user and speaker.name else None,
            sentence=self.user_input.text,
            dangerous=dangerous,
        )
        confirmations = async_get_confirmations(self.hass)
        if not confirmations.is_asked(self.chat_log.conversation_id):
            foresight.start()
        return foresight

    def _confirming(self, toolbox: Toolbox, speaker: Speaker) -> Confirming:
        confirming = Confirming(
            hass=self.hass,
            owner=self.owner,
            agent_id=self.agent_id,
            options=self.options.danger,
            user_input=self.user_input,
            chat_log=self.chat_log,
            toolbox=toolbox,
            speaker=speaker.name,
        )
        confirming.begin()
        return confirming

    async def _responses(
        self,
        prefix: Prefix,
        toolbox: Toolbox,
        clock: TurnClock,
        claims: Claims,
        last_resort: LocalIntents,
        dangerous: DangerousNames,
    ) -> ResponseStream:
        primed = Primed(self.options, prefix)
        self.timings.primed = self._models[0].primer.is_warm(primed)
        asking, spans = ask_in_order(
            self._models, prefix, self.timings, last_resort.can_do
        )
        return ResponseStream(
            models=asking,
            spans=spans,
            agent_id=self.agent_id,
            chat_log=self.chat_log,
            toolbox=toolbox,
            clock=clock,
            claims=claims,
            recognition=last_resort.recognition,
            turnstile=async_get_turnstile(self.hass),
            timings=self.timings,
            dangerous=dangerous,
            voice=self._is_voice,
            preface=await self._async_preface(toolbox),
            plain=self.options.plain_speech and self._is_voice,
        )

    def _note(
        self, speaker: Speaker, foreseen: list[str], toolbox: Toolbox
    ) -> AbstractContextManager[Mapping[datetime, str]]:
        report = async_take_report(self.hass, self.chat_log.conversation_id)
        return noted(
            self.chat_log,
            speaker,
            describe=controls_home(self.options),
            more=(self.chat_log.extra_system_prompt, report),
            foreseen=foreseen,
            hear=toolbox.guard.heard_words,
        )

    async def _async_preface(self, toolbox: Toolbox) -> Preface | None:
        if not self.options.preface:
            return None
        return Preface(
            await async_sentence(self.hass, self.user_input.language, "one_moment"),
            self.durations,
            toolbox.has_result,
        )

    @property
    def _is_voice(self) -> bool:
        """Whether the answer is spoken by a satellite, with no page beside it."""
        return bool(self.user_input.device_id or self.user_input.satellite_id)
