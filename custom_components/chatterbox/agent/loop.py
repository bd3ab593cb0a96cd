"""Ask the model, run what it calls, ask again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from homeassistant.components import conversation
from homeassistant.helpers import llm

from ..providers.base import Message, ProviderError, ToolSpec, UserMessage
from ..tools.instructions import (
    ANSWER_NOW,
    CALLS_LEFT_OUT,
    NO_NOTES,
    NO_TOOL_NAMES,
    NO_WORDS,
    READ_FIRST,
)
from ..tools.reply_tool import Reply
from ..tools.toolbox import Toolbox
from ..tools.turn_clock import TURN_TOO_LONG, TurnClock
from .chat_log import async_call, async_say
from .claims import Claims
from .confirming import Confirming
from .echoes import without_echoes
from .local_intents import LocalIntents
from .messages import build_messages
from .options import AgentOptions
from .plain_speech import plain
from .response import (
    MAX_CALLS_IN_RESPONSE,
    MAX_CALLS_IN_TURN,
    Response,
    ResponseStream,
)
from .timings import OwnWork, TurnTimings
from .turn_fault import (
    CUT_OFF,
    DONE,
    EMPTY_ANSWER,
    MAX_ITERATIONS,
    NOT_DONE,
    PARTLY_DONE,
    TOO_MANY_CALLS,
    TurnFault,
)
from .turn_note import NOTE_BEGIN, NOTE_END
from .window import Window


@dataclass(frozen=True, slots=True)
class _AskAgain:
    more: tuple[Message, ...] = ()


@dataclass(slots=True, kw_only=True)
class AgenticLoop:
    """One turn over a chat log that holds what the person said."""

    options: AgentOptions
    agent_id: str
    chat_log: conversation.ChatLog
    toolbox: Toolbox
    clock: TurnClock
    tools: tuple[ToolSpec, ...]
    notes: Mapping[datetime, str]
    claims: Claims
    confirming: Confirming
    timings: TurnTimings
    responses: ResponseStream
    last_resort: LocalIntents
    window: Window
    reply: Reply | None = None
    asked_to_answer: bool = False

    async def run(self) -> TurnFault | None:
        """Go round until the model has answered; returns what kept it from that."""
        more: tuple[Message, ...] = ()
        for _ in range(self.options.max_iterations):
            if self.clock.over:
                return TurnFault(TURN_TOO_LONG)
            response = await self._ask(more)
            if self._is_too_long(response):
                continue
            if response.error and not self._goes_on(response):
                return await self._unanswered(response.error)
            if closing := await self._closing():
                self.reply = closing
                self.timings.text_spoken()
                return None
            verdict = self._limited(response) or await self._judge(response)
            if not isinstance(verdict, _AskAgain):
                return verdict
            more = verdict.more
        return TurnFault(MAX_ITERATIONS)

    def _is_too_long(self, response: Response) -> bool:
        """Return whether to ask once more with less of the history."""
        if not response.error or response.text or response.dispatch:
            return False
        if not self.window.learn(response.error):
            return False
        self.responses.models.take_back()
        return True

    def _goes_on(self, response: Response) -> bool:
        """Return whether another model may answer from what the calls have done."""
        ran = response.dispatch is not None and not response.text
        return ran and self.responses.models.can_go_on

    async def _unanswered(self, error: ProviderError) -> TurnFault | None:
        """Do what Home Assistant understands by itself, else say what is wrong."""
        if not self.clock.over and (call := await self.last_resort.call()):
            self.last_resort.used = True
            return await self._act(call)
        return TurnFault(error.kind, error)

    def _limited(self, response: Response) -> _AskAgain | TurnFault | None:
        if (
            response.out_of == TOO_MANY_CALLS
            and self.responses.calls < MAX_CALLS_IN_TURN
        ):
            return _AskAgain(
                (_reminder(CALLS_LEFT_OUT.format(most=MAX_CALLS_IN_RESPONSE)),)
            )
        return TurnFault(response.out_of) if response.out_of else None

    async def _judge(self, response: Response) -> _AskAgain | TurnFault | None:
        if response.dispatch:
            return self._in_hand() if self.toolbox.goes_in_circles else _AskAgain()
        if self.claims.held:
            if self.claims.reminded and self.claims.expected:
                return await self._act(self.claims.expected)
            if self.claims.reminded:
                return self._undone()
            return _AskAgain((_reminder(self.claims.reminder()),))
        if key := CUT_OFF.get(response.finish):
            return TurnFault(key)
        answered = response.text and not response.unspoken.ended
        return None if answered else self._wordless(response)

    def _wordless(self, response: Response) -> _AskAgain | TurnFault:
        """Ask once more for words after results; then say what is in hand."""
        if response.unspoken.ended:
            why = NO_TOOL_NAMES if response.unspoken.tool else READ_FIRST
            return self._once_more(why)
        if response.unspoken.echoes.found:
            return self._once_more(NO_NOTES)
        return self._once_more(ANSWER_NOW if self.responses.calls else NO_WORDS)

    def _once_more(self, why: str) -> _AskAgain | TurnFault:
        """Ask for an answer once more in a turn; then say what is in hand."""
        if self.asked_to_answer:
            return self._in_hand()
        self.asked_to_answer = True
        return _AskAgain((_reminder(why),))

    async def _act(self, call: llm.ToolInput) -> TurnFault | None:
        self.claims.called(call, self.toolbox.find(call.tool_name))
        for content in await async_call(
            self.chat_log, self.agent_id, self.toolbox, [call]
        ):
            self.claims.answered(content.tool_call_id, content.result)
        if question := await self.confirming.async_ask():
            self.reply = question
            return None
        self.claims.begin_response()
        return self._in_hand()

    def _in_hand(self) -> TurnFault:
        if self.claims.undone:
            return self._undone()
        if done := self.claims.done:
            return TurnFault(DONE, placeholders={"done": done}, failed=False)
        return TurnFault(EMPTY_ANSWER)

    def _undone(self) -> TurnFault:
        done = self.claims.done
        if not self.claims.undone:
            return self._in_hand()
        return TurnFault(
            PARTLY_DONE if done else NOT_DONE,
            placeholders={"failed": self.claims.undone, "done": done},
        )

    async def _ask(self, more: tuple[Message, ...]) -> Response:
        with self.timings.own_work(OwnWork.REQUEST):
            await self.responses.turnstile.pass_through()
            messages = build_messages(
                self.chat_log.content, self.notes, self.confirming.cut
            )
            messages = self.window.fit(messages, more, self.tools)
            request = self.options.request(messages, self.tools)
        response = await self.responses.ask(request)
        if calls := self.timings.model_calls:
            self.window.counted(calls[-1].input_tokens)
        return response

    async def _closing(self) -> Reply | None:
        if question := await self.confirming.async_ask(
            heard=self.responses.heard, spoken=self.responses.plain
        ):
            return question
        if reply := self.toolbox.reply:
            with self.timings.speech():
                own = without_echoes(reply.say)
                say = plain(own) if self.responses.plain else ""
                await async_say(self.chat_log, self.agent_id, say or own)
        return reply


def _reminder(text: str) -> UserMessage:
    return UserMessage(f"{NOTE_BEGIN} {text}{NOTE_END}")
