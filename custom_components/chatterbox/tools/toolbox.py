"""The tools of one turn and the way to call them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, override

from homeassistant.components.conversation.trace import (
    ConversationTraceEventType,
    async_conversation_trace_append,
)
from homeassistant.helpers import llm

from .cache.cache import CachingDispatcher, ToolResultCache
from .cache.policy import CacheOptions
from .call_span import CallOutcome, CallSpan, call_spanned
from .calls import Dispatcher, ToolError, error_result
from .checked_call import async_call_checked
from .confirmation.guard import DangerGuard
from .dispatch.call_record import TaskOwner
from .dispatch.dispatcher import OrderedDispatcher, Settled
from .dispatch.limits import CallPlan, DispatchOptions
from .durations import ToolDurations
from .instructions import ONLY_BY_CALL
from .intents.understood import understood
from .naming import unwrap
from .planning.cache_terms import CacheTermsOf
from .planning.from_text import is_dangerous
from .planning.plan import plan_call, resolve_call
from .repeats import Repeats
from .reply_tool import Objection, Reply, ReplyGate, ReplyTool, nothing_to_object
from .run_tool import run_tool
from .tool_names import ToolNames
from .turn_clock import ASK_A_PERSON, TurnClock

OUT_OF_TIME: Final = "The turn's time is used up. What had begun may still complete; the rest did not run."


@dataclass
class Toolbox(llm.APIInstance):
    """The tools of one turn, and one way to call them that never raises."""

    origins: Mapping[int, str] = field(default_factory=dict, repr=False)
    dispatch: Dispatcher = field(init=False, repr=False)
    guard: DangerGuard = field(init=False, repr=False)
    """Lets nothing dangerous run without a person; by default nobody can be asked."""
    _caching: CachingDispatcher | None = field(default=None, init=False, repr=False)
    _ordered: OrderedDispatcher | None = field(default=None, init=False, repr=False)
    _gate: ReplyGate = field(default_factory=ReplyGate, init=False, repr=False)
    _durations: ToolDurations = field(
        default_factory=ToolDurations, init=False, repr=False
    )
    spans: list[CallSpan] = field(default_factory=list, init=False, repr=False)
    _clock: TurnClock | None = field(default=None, init=False, repr=False)
    _written: set[str] = field(default_factory=set, init=False, repr=False)
    _rejected: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    _objection: Objection = field(default=nothing_to_object, init=False, repr=False)
    _meant: dict[str, llm.ToolInput] = field(
        default_factory=dict, init=False, repr=False
    )
    """Calls by id that were looked at before they run, with what they resolved to."""
    _sentence: str = field(default="", init=False, repr=False)

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        self._names = ToolNames(self.tools)
        self._repeats = Repeats(self.api.hass)
        self.guard = DangerGuard(
            hass=self.api.hass,
            llm_context=self.llm_context,
            find=self.find,
            run=self.run_tool,
        )
        self.dispatch = self.guard

    def begin_turn(
        self,
        owner: TaskOwner,
        options: DispatchOptions,
        *,
        clock: TurnClock | None = None,
        sentence: str = "",
        objection: Objection = nothing_to_object,
        conversation_id: str | None = None,
        stays_in_log: bool = False,
        cache: ToolResultCache | None = None,
        cache_options: CacheOptions | None = None,
        durations: ToolDurations | None = None,
    ) -> OrderedDispatcher:
        """Order the calls of the turn, in tasks of the owner, before the cache.

        Call it in the turn's own task, and close what it returns. `stays_in_log`: the
        chat log keeps the turn though it is cancelled.
        """
        hass, llm_context = self.api.hass, self.llm_context
        self._clock = clock
        self._sentence = sentence
        self._objection = objection
        if durations is not None:
            self._durations = durations
        inner: Dispatcher = self.guard
        if cache is not None:
            terms = self.terms(cache_options or CacheOptions())
            inner = self._caching = CachingDispatcher(inner, cache, terms)

        def plan(call: llm.ToolInput) -> CallPlan:
            tool = self._names[call.tool_name]
            return plan_call(hass, tool, call, llm_context, options)

        self.dispatch = self._ordered = OrderedDispatcher(
            hass,
            inner,
            plan=plan,
            owner=owner,
            options=options,
            context=llm_context.context,
            conversation_id=conversation_id,
            stays_in_log=stays_in_log,
        )
        return self._ordered

    def terms(self, options: CacheOptions) -> CacheTermsOf:
        """Return what tells on what terms the cache may answer a call."""
        return CacheTermsOf(
            self.api.hass, self.llm_context, options, self.find, self._origin
        )

    def begin_response(self) -> None:
        """Note that the model is asked again, and has seen all results so far."""
        self._repeats.begin_response()
        self.guard.begin_response()
        if self._ordered:
            self._ordered.begin_response()
            self._gate = ReplyGate(self._ordered.async_settle, self._objection)
        else:
            self._gate = ReplyGate(objection=self._objection)

    def begin_call(
        self,
        call_id: str,
        name: str,
        error: str | None = None,
        *,
        written: bool = False,
    ) -> None:
        """Note a call; with an error it will not run, `written` in text it does no danger."""
        if error:
            self._rejected[call_id] = error
        if written:
            self._written.add(call_id)
        self._gate.began(call_id, None if error else self.find(name))

    def end_response(self, *, whole: bool) -> None:
        """Note that the response has no more calls; not whole if it was cut off."""
        self._gate.close(whole=whole)

    @property
    def reply(self) -> Reply | None:
        """What the response closes the turn with, once its calls have succeeded."""
        return self._gate.reply

    async def has_result(self, tool_input: llm.ToolInput) -> bool:
        """Return whether the cache answers a call at once."""
        if self._caching is None or (call := self._look_at(tool_input)) is None:
            return False
        return await self._caching.has_result(call)

    def find(self, name: str) -> llm.Tool | None:
        """Return the tool that a model means by a name."""
        return self._names.find(name)

    def _origin(self, tool: llm.Tool) -> str | None:
        while (origin := self.origins.get(id(tool))) is None and hasattr(tool, "tool"):
            tool = tool.tool
        return origin

    @override
    async def async_call_tool(self, tool_input: llm.ToolInput) -> llm.ToolResult:
        async_conversation_trace_append(
            ConversationTraceEventType.TOOL_CALL,
            {"tool_name": tool_input.tool_name, "tool_args": tool_input.tool_args},
        )
        gate = self._gate
        result = None
        with call_spanned(tool_input.tool_name) as span:
            self.spans.append(span)
            try:
                result = await self._call_in_time(tool_input, gate)
                if span.outcome is None:
                    span.end(CallOutcome.FAILED if result.error else CallOutcome.DONE)
            finally:
                gate.ended(tool_input.id, result)
        return result

    async def _call_in_time(
        self, tool_input: llm.ToolInput, gate: ReplyGate
    ) -> llm.ToolResult:
        if (clock := self._clock) is None:
            return await self._call(tool_input, gate)
        tool = self.find(tool_input.tool_name)
        if tool and tool.name in ASK_A_PERSON:
            with clock.person_answers():
                return await self._call(tool_input, gate)
        if clock.over:
            return error_result(OUT_OF_TIME)
        try:
            async with asyncio.timeout_at(clock.until):
                return await self._call(tool_input, gate)
        except TimeoutError:
            return error_result(OUT_OF_TIME)

    async def _call(self, tool_input: llm.ToolInput, gate: ReplyGate) -> llm.ToolResult:
        if reason := self._rejected.pop(tool_input.id, None):
            return error_result(reason)
        if (tool := self.find(tool_input.tool_name)) is None:
            return error_result(self._names.unknown(tool_input.tool_name))
        if isinstance(tool, ReplyTool):
            return await gate.async_reply(tool_input)
        if earlier := self._repeats.earlier(tool_input):
            return earlier
        try:
            call = self._meant.pop(tool_input.id, None) or self._resolved(
                tool, tool_input
            )
            self._refuse_danger_from_text(tool, call)
            result = await self.dispatch(call)
        except ToolError as err:
            result = error_result(f"{tool.name} failed: {err}")
        self._repeats.ended(tool, tool_input, result)
        self.guard.heard(tool, result)
        return result

    def _refuse_danger_from_text(self, tool: llm.Tool, call: llm.ToolInput) -> None:
        additions = self.guard.options.additions
        if call.id in self._written and is_dangerous(
            self.api.hass, tool, call, self.llm_context, additions
        ):
            raise ToolError(ONLY_BY_CALL)

    @property
    def goes_in_circles(self) -> bool:
        """Whether the model made a call for the third time with nothing changed."""
        return self._repeats.too_often

    def _resolved(self, tool: llm.Tool, tool_input: llm.ToolInput) -> llm.ToolInput:
        """Return the call by the tool's own name, as it is meant. Raises ToolError."""
        hass = self.api.hass
        args = understood(
            hass,
            unwrap(tool),
            tool_input.tool_args,
            self.llm_context.assistant or "",
            self._sentence,
            self.guard.options.additions,
        )
        if args is not tool_input.tool_args or tool.name != tool_input.tool_name:
            tool_input = replace(tool_input, tool_name=tool.name, tool_args=args)
        return resolve_call(hass, tool, tool_input, self.llm_context)

    def harmless_read(self, tool_input: llm.ToolInput) -> llm.ToolInput | None:
        """Return a read as it would be made; None for what may have to be asked."""
        tool = self.find(tool_input.tool_name)
        if tool is None or not tool.annotations.read_only:
            return None
        try:
            call = self._resolved(tool, tool_input)
        except ToolError:
            return None
        return call if self.guard.is_harmless(call) else None

    def _look_at(self, tool_input: llm.ToolInput) -> llm.ToolInput | None:
        """Return what a call that is about to run means, None if it will not run."""
        tool = self.find(tool_input.tool_name)
        if tool is None or isinstance(tool, ReplyTool):
            return None
        if (call := self._meant.get(tool_input.id)) is None:
            try:
                call = self._meant[tool_input.id] = self._resolved(tool, tool_input)
            except ToolError:
                return None
        return call

    def will_wait(self, tool_input: llm.ToolInput) -> bool:
        """Return whether a dangerous call will not run now, as far as can be told."""
        call = self._look_at(tool_input)
        return call is not None and self.guard.will_wait(call)

    async def async_settle(self, seconds: float) -> Settled:
        """Wait that long for what calls left in the background, and say what failed."""
        return await self._ordered.async_settle(seconds) if self._ordered else Settled()

    async def run_tool(
        self, tool_input: llm.ToolInput, keep: frozenset[str] | None = None
    ) -> llm.ToolResult:
        """Run a tool at once, if need be only on the entities of `keep`."""
        tool = self._names[tool_input.tool_name]
        hass, llm_context = self.api.hass, self.llm_context
        return await run_tool(
            tool.name,
            lambda: async_call_checked(hass, tool, tool_input, llm_context, keep),
            self._durations,
        )
