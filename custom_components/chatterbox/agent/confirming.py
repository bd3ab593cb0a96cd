"""Asks a person before what is dangerous, and hears the answer before any model does."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
import logging
from typing import Any

from homeassistant.components import conversation
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import device_registry as dr, llm

from ..const import EVENT_DANGEROUS_ACTION
from ..tools.confirmation.answers import answer_language, is_affirmation
from ..tools.confirmation.codes import CUT, CodeCutter, attempted
from ..tools.confirmation.guard import CHANGED, Outcome
from ..tools.confirmation.options import DangerOptions, Policy
from ..tools.confirmation.pending import (
    WAIT,
    Asker,
    Confirmations,
    Deed,
    Pending,
    async_get_confirmations,
)
from ..tools.dispatch.call_record import TaskOwner
from ..tools.reply_tool import SETTLE, Reply
from ..tools.toolbox import Toolbox
from .chat_log import async_call, async_say
from .messages import Cut
from .plain_speech import plain
from .translation_lookup import async_sentence

_LOGGER = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Confirming:
    """What one turn asks of the person, and what the turn before has asked."""

    hass: HomeAssistant
    owner: TaskOwner
    agent_id: str
    options: DangerOptions
    user_input: conversation.ConversationInput
    chat_log: conversation.ChatLog
    toolbox: Toolbox
    speaker: str | None = None
    waited: float | None = None
    """Seconds that the person took to answer; None if this turn is no answer."""

    def begin(self) -> None:
        """Tell the guard of the turn's tools who can be asked, and what is wanted."""
        guard = self.toolbox.guard
        guard.options = self.options
        guard.asker = self._asker
        guard.language = self._language
        guard.lockout = self._store.lockout(self.agent_id)
        guard.report = self._report

    @property
    def cut(self) -> Cut:
        """Return what keeps codes out of what a model reads."""
        withheld = self._store.withheld(self.chat_log.conversation_id)
        cutter = CodeCutter(self.options.code)
        return lambda said: CUT if said.created in withheld else cutter(said.content)

    async def async_answered(self) -> Reply | None:
        """Act on an answer to the last turn's question; None if it is none."""
        pending = self._store.take(self.chat_log.conversation_id)
        if pending is None or not self._is_answer_to(pending):
            return None
        self.waited = self._store.clock() - (pending.deadline - WAIT)
        if pending.by_code:
            return await self._async_code(pending)
        if self._language != pending.language or pending.language is None:
            return None
        if not is_affirmation(self.user_input.text, pending.language):
            return None
        return await self._async_run(pending)

    async def async_ask(
        self, *, heard: bool = False, spoken: bool = False
    ) -> Reply | None:
        """Ask aloud for what the calls of the last response wait for, if they do.

        What the model was `heard` to say may have sounded as if it were done. What is
        only `spoken` has nothing for eyes in it.
        """
        guard = self.toolbox.guard
        if not guard.asked:
            return None
        by_code = self.options.policy is Policy.CODE
        key = "code_question" if by_code else "confirm_question"
        actions = await self._async_actions(
            (deed for call in guard.asked for deed in call.deeds),
            self.user_input.language,
        )
        question = (await self._async_words(key)).format(actions=actions)
        if heard:
            question = f"{await self._async_words('not_done_yet')} {question}"
        if spoken:
            question = plain(question) or question
        pending = Pending(
            asker=self._asker,
            calls=tuple(guard.asked),
            question=question,
            language=self._language,
            by_code=by_code,
            deadline=self._store.clock() + WAIT,
        )
        return await self._async_ask(pending)

    async def _async_ask(self, pending: Pending) -> Reply:
        await self._async_say(pending.question)
        self._store.ask(pending)
        return Reply(pending.question, expect_answer=True)

    async def _async_code(self, pending: Pending) -> Reply | None:
        """Compare a code; it is withheld from every model, right or wrong."""
        language = self._language
        if (said := attempted(self.user_input.text, language)) is None:
            return None
        content = self.chat_log.content[-1]
        self._store.withhold(self.chat_log.conversation_id, content.created)
        lockout = self._store.lockout(self.agent_id)
        if lockout.check(said, self.options.code):
            return await self._async_run(pending)
        _LOGGER.warning("A wrong code was given to %s", self.agent_id)
        if lockout.is_locked:
            for call in pending.calls:
                self._report(Outcome.REFUSED, call.deeds)
            return await self._async_close("code_locked")
        question = await self._async_words("code_wrong")
        again = Pending(
            asker=pending.asker,
            calls=pending.calls,
            question=question,
            language=pending.language,
            by_code=True,
            deadline=self._store.clock() + WAIT,
        )
        return await self._async_ask(again)

    async def _async_run(self, pending: Pending) -> Reply:
        toolbox = self.toolbox
        toolbox.guard.grant(pending.calls)
        calls = [
            llm.ToolInput(tool_name=call.tool_name, tool_args=dict(call.args))
            for call in pending.calls
        ]
        ended = await async_call(self.chat_log, self.agent_id, toolbox, calls)
        for left in toolbox.guard.revoke():
            self._report(Outcome.REFUSED, left.deeds)
        return await self._async_close(
            await self._async_outcome([content.result for content in ended])
        )

    async def _async_outcome(self, results: Iterable[llm.ToolResult]) -> str:
        errors = [result.data.get("error") for result in results if result.error]
        if CHANGED in errors:
            return "confirmed_changed"
        settled = await self.toolbox.async_settle(SETTLE)
        if errors or settled.failed:
            return "confirmed_failed"
        return "confirmed_started" if settled.under_way else "confirmed_done"

    async def _async_close(self, key: str) -> Reply:
        sentence = await self._async_words(key)
        await self._async_say(sentence)
        return Reply(sentence, expect_answer=False)

    async def _async_say(self, sentence: str) -> None:
        await async_say(self.chat_log, self.agent_id, sentence)

    async def _async_words(self, key: str) -> str:
        return await async_sentence(self.hass, self.user_input.language, key)

    async def _async_actions(self, deeds: Iterable[Deed], language: str) -> str:
        names: dict[str, dict[str, None]] = {}
        for deed in deeds:
            names.setdefault(deed.harm, {}).update(dict.fromkeys(deed.names))
        parts = [
            (await async_sentence(self.hass, language, f"danger_{harm}")).format(
                names=", ".join(of_harm)
            )
            for harm, of_harm in names.items()
        ]
        return ", ".join(parts)

    def _is_answer_to(self, pending: Pending) -> bool:
        """Return whether this comes next, from whom was asked, to what was said last."""
        if pending.asker != self._asker:
            return False
        if pending.by_code is not (self.options.policy is Policy.CODE):
            return False
        last = [
            content
            for content in self.chat_log.content[1:]
            if isinstance(
                content, conversation.AssistantContent | conversation.UserContent
            )
        ][-2:]
        return (
            len(last) > 1
            and isinstance(last[0], conversation.AssistantContent)
            and last[0].agent_id == self.agent_id
            and last[0].content == pending.question
        )

    @property
    def _store(self) -> Confirmations:
        return async_get_confirmations(self.hass)

    @property
    def _language(self) -> str | None:
        return answer_language(self.hass, self.user_input.language)

    @property
    def _asker(self) -> Asker:
        said = self.user_input
        return Asker(
            agent_id=self.agent_id,
            conversation_id=self.chat_log.conversation_id,
            device_id=said.device_id,
            satellite_id=said.satellite_id,
            user_id=said.context.user_id,
            automated=said.context.parent_id is not None,
        )

    def _report(self, outcome: Outcome, deeds: tuple[Deed, ...]) -> None:
        self.owner.async_create_task(
            self.hass,
            self._async_report(outcome, deeds, self.user_input.context),
            "chatterbox logbook",
        )

    async def _async_report(
        self, outcome: Outcome, deeds: tuple[Deed, ...], context: Context
    ) -> None:
        words = partial(async_sentence, self.hass, self.hass.config.language)
        actions = await self._async_actions(deeds, self.hass.config.language)
        state = self.hass.states.get(self.agent_id)
        message = (await words(f"logbook_{outcome}")).format(
            actions=actions,
            person=self.speaker or await words("logbook_somebody"),
            place=self._place() or await words("logbook_no_satellite"),
        )
        data: dict[str, Any] = {
            "entity_id": self.agent_id,
            "name": state.name if state else self.agent_id,
            "outcome": outcome.value,
            "message": message,
            "device_id": self.user_input.device_id,
        }
        self.hass.bus.async_fire(EVENT_DANGEROUS_ACTION, data, context=context)

    def _place(self) -> str | None:
        if (device_id := self.user_input.device_id) is None:
            return None
        device = dr.async_get(self.hass).async_get(device_id)
        return (device.name_by_user or device.name) if device else device_id
