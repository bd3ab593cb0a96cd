"""One response of the model, from the server into the chat log."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from homeassistant.components import conversation
from homeassistant.helpers import llm

from ..providers.base import (
    Finished,
    FinishReason,
    ModelEvent,
    ModelRequest,
    ProviderError,
    ProviderErrorKind,
    TextDelta,
    ThinkingDelta,
    ToolCall,
    Usage,
)
from ..providers.calls import is_written
from ..providers.failover import Failover
from ..providers.untrusted_text import tools_in_text
from ..tools.toolbox import Toolbox
from ..tools.turn_clock import OutOfTimeError, TurnClock
from .chat_log import Deltas
from .claims import Claims
from .dangerous_names import DangerousNames
from .models import ModelSpans
from .plain_speech import PlainSpeech
from .preface import Preface
from .recognition import Recognition
from .timings import DispatchSpan, TurnTimings
from .turn_fault import CUT_OFF, TOO_MANY_CALLS
from .turnstile import Turnstile
from .unspoken import Unspoken

MAX_CALLS_IN_RESPONSE: Final = 32
"""More than a sentence needs; a model that makes more has lost its way."""
MAX_CALLS_IN_TURN: Final = 100


@dataclass(slots=True)
class Response:
    """What became of one call of the model."""

    unspoken: Unspoken
    writes: bool
    """Whether a call in its text is read."""
    text: bool = False
    finish: FinishReason = FinishReason.UNKNOWN
    error: ProviderError | None = None
    dispatch: DispatchSpan | None = None
    speech: PlainSpeech | None = None
    out_of: str | None = None
    """The limit that ended it, as the key of its sentence."""
    asks: bool = False
    """It has a dangerous call that will not run before a person was asked, if at all."""

    def audible(self, text: str, *, last: bool = False) -> str:
        """Return what is spoken of a text."""
        if self.speech is None:
            return text
        text = self.speech.feed(text)
        return text + self.speech.end() if last else text


@dataclass(slots=True, kw_only=True)
class ResponseStream:
    """Streams the responses of one turn into its chat log."""

    models: Failover
    spans: ModelSpans
    agent_id: str
    chat_log: conversation.ChatLog
    toolbox: Toolbox
    clock: TurnClock
    claims: Claims
    recognition: Recognition
    turnstile: Turnstile
    timings: TurnTimings
    preface: Preface | None = None
    dangerous: DangerousNames
    voice: bool = False
    """Whether a satellite speaks, with no page beside it."""
    plain: bool = False
    """Whether it says nothing that is for eyes."""
    calls: int = 0
    heard: bool = False
    """The model has said something in this turn."""

    async def ask(self, request: ModelRequest) -> Response:
        """Call the model once, and wait for the results of what it calls."""
        self.toolbox.begin_response()
        response = Response(
            Unspoken(
                bool(request.tools),
                placeholders=self.plain,
                dangerous=None if self.toolbox.guard.runs_all else self.dangerous,
                voice=self.voice,
            ),
            writes=bool(tools_in_text(request)),
            speech=PlainSpeech() if self.plain else None,
        )
        self.claims.begin_response()
        async for content in self.chat_log.async_add_delta_content_stream(
            self.agent_id, self._deltas(request, response)
        ):
            if isinstance(content, conversation.ToolResultContent):
                self.claims.asked = await self.recognition.asked()
                self.claims.answered(content.tool_call_id, content.result)
        if response.dispatch:
            self.timings.dispatch_ended(response.dispatch)
        return response

    async def _deltas(self, request: ModelRequest, response: Response) -> Deltas:
        """Yield the answer for the chat log, which would drop it at an exception."""
        yield {"role": "assistant"}
        self.spans.begin()
        try:
            async with aclosing(self._answer(request, response)) as deltas:
                async for delta in deltas:
                    yield delta
            if text := await self._rest(response):
                self._heard(text, response)
                yield {"content": text}
        finally:
            self.spans.end()

    async def _answer(self, request: ModelRequest, response: Response) -> Deltas:
        whole = False
        try:
            async with aclosing(self.models.stream(request)) as events:
                in_time = self.clock.within(events)
                async for delta in self._translate(in_time, response):
                    yield delta
            whole = response.finish not in CUT_OFF and not response.out_of
        except ProviderError as err:
            response.error = err
        except OutOfTimeError as err:
            self._out_of_time(response, err.key)
        finally:
            self.toolbox.end_response(whole=whole)

    def _out_of_time(self, response: Response, key: str) -> None:
        span = self.spans.span
        response.out_of = key
        if span.ttft is None:
            # No word, no thought: it is the server that does not answer.
            response.error = ProviderError(
                ProviderErrorKind.TIMEOUT, "Nothing but blanks came in time"
            )
            self.models.give_up(response.error)
        span.finish_reason, span.failed = key, True

    async def _translate(
        self,
        events: AsyncIterator[ModelEvent],
        response: Response,
    ) -> Deltas:
        async for event in events:
            span = self.spans.span
            match event:
                case TextDelta(text):
                    span.token_came()
                    self._waive(response)
                    text = response.unspoken.feed(text)
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
                    await self._before_calls(response)
                    call = llm.ToolInput(
                        id=event.id,
                        tool_name=event.name,
                        tool_args=dict(event.arguments),
                    )
                    if not event.error:
                        response.asks |= self.toolbox.will_wait(call)
                    if text := await self._before_call(event, response):
                        yield {"content": text}
                    self._begin(event, call, response)
                    if not response.asks and (words := await self._words_before(call)):
                        yield {"content": words}
                    yield {"tool_calls": [call]}
                case Usage():
                    span.input_tokens = event.input_tokens
                    span.output_tokens = event.output_tokens
                    span.cached_tokens = event.cached_tokens
                case Finished(reason):
                    response.finish = span.finish_reason = reason

    def _waive(self, response: Response) -> None:
        """Hold no first sentence that neither announces a call nor replaces one."""
        announces = response.writes and not self.spans.calls_natively
        replaces = self.claims.listens and not self.calls
        response.unspoken.announces &= announces or replaces

    async def _rest(self, response: Response) -> str:
        if response.asks or (response.unspoken.whole and response.dispatch):
            return ""
        text = await self._released(response.unspoken.end(), response)
        if response.error or response.out_of:
            return text
        return text + response.audible(self.claims.end_response(), last=True)

    async def _before_calls(self, response: Response) -> None:
        """Leave the event loop to others, but not between two calls."""
        if response.dispatch is None:
            await self.turnstile.pass_through()

    async def _before_call(self, call: ToolCall, response: Response) -> str:
        """Return what was held back, unless it does no more than announce the call."""
        written = is_written(call.id)
        self.spans.called(written=written)
        if written or response.unspoken.whole:
            response.unspoken.drop()
        if text := await self._released(response.unspoken.end(), response):
            self._heard(text, response)
        return text

    def _heard(self, text: str, response: Response) -> None:
        if text.strip():
            self.clock.progress()
            self.timings.text_spoken()
            response.text = self.heard = True

    def _too_many(self, response: Response) -> bool:
        """Return whether one more call is too many for the response or the turn."""
        if (
            response.dispatch is None or response.dispatch.tools < MAX_CALLS_IN_RESPONSE
        ) and self.calls < MAX_CALLS_IN_TURN:
            self.calls += 1
            return False
        response.out_of = TOO_MANY_CALLS
        return True

    async def _released(self, text: str, response: Response) -> str:
        if response.asks or not text:
            # It would say of the call what is not so yet.
            return ""
        if not (self.claims.acted or response.text):
            self.claims.expect(await self.recognition.action())
        return response.audible(self.claims.release(text))

    def _begin(
        self, call: ToolCall, tool_input: llm.ToolInput, response: Response
    ) -> None:
        """Begin a call, which the chat log starts at once."""
        if response.dispatch:
            response.dispatch.tools += 1
        else:
            response.dispatch = self.timings.dispatch_began()
        self.toolbox.begin_call(
            call.id, call.name, call.error, written=is_written(call.id)
        )
        self.claims.called(tool_input, self.toolbox.find(call.name))

    async def _words_before(self, call: llm.ToolInput) -> str | None:
        """Return what to say before a slow call, if nothing was said in this turn."""
        if self.preface is None or self.timings.ttfs is not None:
            return None
        if words := await self.preface.before(call):
            self.timings.text_spoken()
        return words
