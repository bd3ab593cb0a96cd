"""Ask the model, run what it calls, ask again."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from homeassistant.components import conversation
from homeassistant.helpers import llm

from ..providers.base import (
    Finished,
    FinishReason,
    LLMProvider,
    Message,
    ModelEvent,
    ModelRequest,
    ProviderError,
    ProviderErrorKind,
    TextDelta,
    ThinkingDelta,
    ToolCall,
    ToolSpec,
    Usage,
    UserMessage,
)
from ..providers.calls import is_written
from ..tools.reply import Reply
from ..tools.toolbox import Toolbox
from ..tools.turn_clock import TURN_TOO_LONG, OutOfTimeError, TurnClock
from .claims import Claims
from .confirming import Confirming
from .messages import build_messages
from .options import AgentOptions
from .plain_speech import PlainSpeech, plain
from .recognition import Recognition
from .sentences import Preface, async_say
from .timings import DispatchSpan, ModelCallSpan, OwnWork, TurnTimings
from .turn_note import NOTE_BEGIN, NOTE_END

type Deltas = AsyncGenerator[conversation.AssistantContentDeltaDict]

EMPTY_ANSWER: Final = "empty_answer"
MAX_ITERATIONS: Final = "max_iterations"
ANSWER_NOW: Final = "The results are above. Answer the person now, in one sentence."
DONE: Final = "done"
NOT_DONE: Final = "not_done"
PARTLY_DONE: Final = "partly_done"
TOO_MANY_CALLS: Final = "too_many_calls"
MAX_CALLS_IN_RESPONSE: Final = 32
"""More than a sentence needs; a model that makes more has lost its way."""
MAX_CALLS_IN_TURN: Final = 100
CALLS_LEFT_OUT: Final = (
    f"A response may make {MAX_CALLS_IN_RESPONSE} calls. Yours was ended there, and"
    " nothing after that has run."
)
CUT_OFF: Final = {
    FinishReason.LENGTH: "answer_cut_off",
    FinishReason.CONTENT_FILTER: "content_filter",
}


@dataclass(frozen=True, slots=True)
class TurnFault:
    """Why a turn did not end in an answer."""

    key: str
    """Translation key of the sentence that the person hears."""
    error: ProviderError | None = None
    placeholders: Mapping[str, str] = field(default_factory=dict)
    """For the sentence."""
    failed: bool = True
    """Whether the person asked for something that was not done."""


@dataclass(slots=True)
class _Response:
    """What became of one call of the model."""

    text: bool = False
    finish: FinishReason = FinishReason.UNKNOWN
    error: ProviderError | None = None
    dispatch: DispatchSpan | None = None
    speech: PlainSpeech | None = None
    """Takes out what is for eyes, where a voice speaks."""
    out_of: str | None = None
    """The limit that ended it, as the key of its sentence."""
    asks: bool = False
    """It has a call for which the person will be asked."""

    def audible(self, text: str, *, last: bool = False) -> str:
        """Return what is spoken of a text."""
        if self.speech is None:
            return text
        text = self.speech.feed(text)
        return text + self.speech.end() if last else text


@dataclass(frozen=True, slots=True)
class _AskAgain:
    """The model has something to see."""

    more: tuple[Message, ...] = ()
    """Beside the log."""


@dataclass(slots=True, kw_only=True)
class AgenticLoop:
    """One turn over a chat log that holds what the person said."""

    provider: LLMProvider
    options: AgentOptions
    agent_id: str
    chat_log: conversation.ChatLog
    toolbox: Toolbox
    clock: TurnClock
    tools: tuple[ToolSpec, ...]
    notes: Mapping[datetime, str] = field(default_factory=dict)
    """The notes that go before what was said, by when it was said."""
    preface: Preface | None = None
    claims: Claims = field(default_factory=lambda: Claims("en"))
    recognition: Recognition | None = None
    server: str | None = None
    """The name of the server that is asked, for the timings."""
    confirming: Confirming | None = None
    """Asks the person before what is dangerous."""
    timings: TurnTimings = field(default_factory=TurnTimings)
    reply: Reply | None = None
    """What closed the turn, if a response that acts did."""
    asked_to_answer: bool = False
    """The model said nothing to its results and was asked for words once more."""
    plain: bool = False
    """Whether a voice speaks, which nobody looks at."""
    calls: int = 0
    """Calls of the model so far."""

    async def run(self) -> TurnFault | None:
        """Go round until the model has seen every result and answered.

        Everything that is said goes through the chat log's delta stream. Returns what
        kept the turn from ending in an answer; the caller says so.
        """
        more: tuple[Message, ...] = ()
        for _ in range(self.options.max_iterations):
            if self.clock.over:
                return TurnFault(TURN_TOO_LONG)
            response = await self._ask(more)
            if response.error:
                return TurnFault(response.error.kind, response.error)
            if closing := await self._closing():
                self.reply = closing
                self.timings.text_spoken()
                return None
            verdict = self._limited(response) or await self._judge(response)
            if not isinstance(verdict, _AskAgain):
                return verdict
            more = verdict.more
        return TurnFault(MAX_ITERATIONS)

    def _limited(self, response: _Response) -> _AskAgain | TurnFault | None:
        """Return what follows where a limit has ended a response."""
        if response.out_of == TOO_MANY_CALLS and self.calls < MAX_CALLS_IN_TURN:
            return _AskAgain((_reminder(CALLS_LEFT_OUT),))
        return TurnFault(response.out_of) if response.out_of else None

    async def _judge(self, response: _Response) -> _AskAgain | TurnFault | None:
        """Return whether the model is asked again, or how the turn ends."""
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
        return None if response.text else self._wordless()

    def _wordless(self) -> _AskAgain | TurnFault:
        """Ask once more for words after results; then say what is in hand."""
        if not self.chat_log.unresponded_tool_results or self.asked_to_answer:
            return self._in_hand()
        self.asked_to_answer = True
        return _AskAgain((_reminder(ANSWER_NOW),))

    async def _act(self, call: llm.ToolInput) -> TurnFault | None:
        """Do what Home Assistant understands and the model would not call."""
        self.claims.called(call, self.toolbox.find(call.tool_name))
        self.toolbox.begin_response()
        self.toolbox.begin_call(call.id, call.tool_name)

        async def deltas() -> Deltas:
            yield {"role": "assistant"}
            yield {"tool_calls": [call]}
            self.toolbox.end_response(whole=True)

        async for content in self.chat_log.async_add_delta_content_stream(
            self.agent_id, deltas()
        ):
            if isinstance(content, conversation.ToolResultContent):
                self.claims.answered(content.tool_call_id, content.result)
        if self.confirming and (question := await self.confirming.async_ask()):
            self.reply = question
            return None
        self.claims.begin_response()
        return self._in_hand()

    def _in_hand(self) -> TurnFault:
        """Return what is said where the model has results and no word for them."""
        if self.claims.undone:
            return self._undone()
        if done := self.claims.done:
            return TurnFault(DONE, placeholders={"done": done}, failed=False)
        return TurnFault(EMPTY_ANSWER)

    def _undone(self) -> TurnFault:
        """Return what is said where the model would not say what failed."""
        done = self.claims.done
        return TurnFault(
            PARTLY_DONE if done else NOT_DONE,
            placeholders={"failed": self.claims.undone, "done": done},
        )

    async def _closing(self) -> Reply | None:
        """Ask the person, or speak the reply of the response, where there is one."""
        if self.confirming and (question := await self.confirming.async_ask()):
            return question
        if reply := self.toolbox.reply:
            with self.timings.speech():
                say = plain(reply.say) if self.plain else ""
                await async_say(self.chat_log, self.agent_id, say or reply.say)
        return reply

    async def _ask(self, more: tuple[Message, ...]) -> _Response:
        """Call the model once, and wait for the results of what it calls.

        `more` are messages that are not of the log.
        """
        cut = self.confirming.cut if self.confirming else None
        with self.timings.own_work(OwnWork.REQUEST):
            request = self.options.request(
                build_messages(self.chat_log.content, self.notes, cut) + more,
                self.tools,
            )
            response = _Response(speech=PlainSpeech() if self.plain else None)
            self.toolbox.begin_response()
            self.claims.begin_response()
        async for content in self.chat_log.async_add_delta_content_stream(
            self.agent_id, self._deltas(request, response)
        ):
            if isinstance(content, conversation.ToolResultContent):
                self.claims.answered(content.tool_call_id, content.result)
        if response.dispatch:
            self.timings.dispatch_ended(response.dispatch)
        return response

    async def _deltas(self, request: ModelRequest, response: _Response) -> Deltas:
        """Yield the answer as the chat log takes it.

        Never raises ProviderError: the log drops what came before an exception, which
        the person may have heard already, and leaves its calls without results.
        """
        yield {"role": "assistant"}
        whole = False
        with self.timings.model_call(self.server, self.options.model) as span:
            try:
                async with aclosing(self.provider.stream(request)) as events:
                    in_time = self.clock.within(events)
                    async for delta in self._translate(in_time, response, span):
                        yield delta
                if text := response.audible(self.claims.end_response(), last=True):
                    self._heard(text, response)
                    yield {"content": text}
                whole = response.finish not in CUT_OFF and not response.out_of
            except ProviderError as err:
                response.error = err
                span.finish_reason, span.failed = err.kind, True
            except OutOfTimeError as err:
                if span.ttft is None:
                    # No word, no thought: it is the server that does not answer.
                    response.error = ProviderError(
                        ProviderErrorKind.TIMEOUT, "Nothing but blanks came in time"
                    )
                response.out_of = span.finish_reason = err.key
                span.failed = True
            finally:
                self.toolbox.end_response(whole=whole)

    async def _translate(
        self,
        events: AsyncIterator[ModelEvent],
        response: _Response,
        span: ModelCallSpan,
    ) -> Deltas:
        """Yield a delta for each event that has one."""
        async for event in events:
            match event:
                case TextDelta(text):
                    span.token_came()
                    # Empty text would be a silent answer to Home Assistant.
                    if text := await self._released(text, response):
                        span.said()
                        self._heard(text, response)
                        yield {"content": text}
                case ThinkingDelta(text):
                    span.thought()
                    yield {"thinking_content": text}
                case ToolCall():
                    span.token_came()
                    if self._too_many(response):
                        return
                    self.clock.progress()
                    call = self._begin(event, response)
                    if not response.asks and (words := await self._words_before(call)):
                        yield {"content": words}
                    yield {"tool_calls": [call]}
                case Usage():
                    span.input_tokens = event.input_tokens
                    span.output_tokens = event.output_tokens
                    span.cached_tokens = event.cached_tokens
                case Finished(reason):
                    response.finish = span.finish_reason = reason

    def _heard(self, text: str, response: _Response) -> None:
        """Note that a text is spoken."""
        if text.strip():
            self.clock.progress()
            self.timings.text_spoken()
            response.text = True

    def _too_many(self, response: _Response) -> bool:
        """Return whether one more call is too many for the response or the turn."""
        if (
            response.dispatch is None or response.dispatch.tools < MAX_CALLS_IN_RESPONSE
        ) and self.calls < MAX_CALLS_IN_TURN:
            self.calls += 1
            return False
        response.out_of = TOO_MANY_CALLS
        return True

    async def _released(self, text: str, response: _Response) -> str:
        """Return what may be heard of all that the model has said up to this."""
        if response.asks:
            # It would say of the call what is not so yet.
            return ""
        if self.recognition and not (self.claims.acted or response.text):
            self.claims.expect(await self.recognition.action())
        return response.audible(self.claims.release(text))

    def _begin(self, call: ToolCall, response: _Response) -> llm.ToolInput:
        """Return the call as the chat log starts it, which it does at once."""
        if response.dispatch:
            response.dispatch.tools += 1
        else:
            response.dispatch = self.timings.dispatch_began()
        self.toolbox.begin_call(
            call.id, call.name, call.error, written=is_written(call.id)
        )
        if not call.error:
            response.asks |= self.toolbox.will_ask(call.name, dict(call.arguments))
        tool_input = llm.ToolInput(
            id=call.id, tool_name=call.name, tool_args=dict(call.arguments)
        )
        self.claims.called(tool_input, self.toolbox.find(call.name))
        return tool_input

    async def _words_before(self, call: llm.ToolInput) -> str | None:
        """Return what to say before a slow call, if nothing was said in this turn."""
        if self.preface is None or self.timings.ttfs is not None:
            return None
        if words := await self.preface.before(call):
            self.timings.text_spoken()
        return words


def _reminder(text: str) -> UserMessage:
    """Return a line of ours that the model reads after the results."""
    return UserMessage(f"{NOTE_BEGIN} {text}{NOTE_END}")
