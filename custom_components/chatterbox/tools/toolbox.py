"""The tools of one turn and the way to call them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
import difflib
import logging
import time
from typing import Any, override

from homeassistant.components.conversation.trace import (
    ConversationTraceEventType,
    async_conversation_trace_append,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm
import probatio

from ..const import DOMAIN
from .assist import async_get_assist
from .cache import CachingDispatcher, ToolResultCache
from .cache_policy import CacheOptions
from .cache_terms import CallTerms
from .dispatcher import Dispatcher, OrderedDispatcher, TaskOwner
from .durations import ToolDurations
from .errors import error_result
from .limits import CallPlan, DispatchOptions, plan_call
from .naming import merge_tools
from .reply import ReplyGate, ReplyTool
from .service_catalog import async_get_catalog
from .service_rules import without_twins

_LOGGER = logging.getLogger(__name__)


@dataclass
class Toolbox(llm.APIInstance):
    """The tools of one turn, and one way to call them that never raises."""

    origins: Mapping[int, str] = field(default_factory=dict, repr=False)
    """`id()` of each tool to the id of the LLM API that it is from."""
    dispatch: Dispatcher = field(init=False, repr=False)
    """Runs a call of a tool that exists; by default at once."""
    _caching: CachingDispatcher | None = field(default=None, init=False, repr=False)
    _ordered: OrderedDispatcher | None = field(default=None, init=False, repr=False)
    gate: ReplyGate = field(default_factory=ReplyGate, init=False, repr=False)
    """Decides on the `reply` of the response that is being run."""
    durations: ToolDurations = field(
        default_factory=ToolDurations, init=False, repr=False
    )
    """How long calls take."""
    _rejected: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    @override
    def __post_init__(self) -> None:
        """Index the tools by name."""
        super().__post_init__()
        self._by_name = {tool.name: tool for tool in self.tools}
        self.dispatch = self.run_tool

    def cache_results(self, cache: ToolResultCache, options: CacheOptions) -> None:
        """Answer calls from the cache where it can; to be called before they are ordered."""
        terms = CallTerms(
            self.api.hass, self.llm_context, options, self.find, self._origin
        )
        self.dispatch = self._caching = CachingDispatcher(self.dispatch, cache, terms)

    def order_calls(
        self,
        owner: TaskOwner,
        options: DispatchOptions,
        conversation_id: str | None = None,
    ) -> OrderedDispatcher:
        """Let the calls of the turn run in order, in tasks of the owner.

        To be called in the turn's own task, and closed at its end.
        """

        def plan(call: llm.ToolInput) -> CallPlan:
            tool = self._by_name[call.tool_name]
            hass, args = self.api.hass, call.tool_args
            return plan_call(hass, tool, args, self.llm_context, options)

        self.dispatch = self._ordered = OrderedDispatcher(
            self.api.hass,
            self.dispatch,
            plan=plan,
            owner=owner,
            options=options,
            context=self.llm_context.context,
            conversation_id=conversation_id,
        )
        return self._ordered

    def begin_response(self) -> None:
        """Note that the model is asked again, and has seen all results so far."""
        if self._ordered:
            self._ordered.begin_response()
            self.gate = ReplyGate(self._ordered.async_settle)
        else:
            self.gate = ReplyGate()

    async def has_result(self, tool_input: llm.ToolInput) -> bool:
        """Return whether the cache answers a call at once."""
        if self._caching is None or self.find(tool_input.tool_name) is None:
            return False
        return await self._caching.has_result(tool_input)

    def find(self, name: str) -> llm.Tool | None:
        """Return the tool of that name."""
        return self._by_name.get(name)

    def _origin(self, tool: llm.Tool) -> str | None:
        """Return the id of the LLM API that a tool is from, whatever its name here."""
        while (origin := self.origins.get(id(tool))) is None and hasattr(tool, "tool"):
            tool = tool.tool
        return origin

    def reject(self, call_id: str, reason: str) -> None:
        """Let a call whose arguments could not be read end in this error."""
        self._rejected[call_id] = reason

    @override
    async def async_call_tool(self, tool_input: llm.ToolInput) -> llm.ToolResult:
        """Call a tool; whatever goes wrong is the result's error."""
        async_conversation_trace_append(
            ConversationTraceEventType.TOOL_CALL,
            {"tool_name": tool_input.tool_name, "tool_args": tool_input.tool_args},
        )
        gate = self.gate
        result = None
        try:
            result = await self._call(tool_input, gate)
        finally:
            gate.ended(tool_input.id, result)
        return result

    async def _call(self, tool_input: llm.ToolInput, gate: ReplyGate) -> llm.ToolResult:
        """Call a tool that may not exist, with arguments that may not be readable."""
        if reason := self._rejected.pop(tool_input.id, None):
            return error_result(reason)
        if (tool := self.find(tool_input.tool_name)) is None:
            return error_result(self._unknown(tool_input.tool_name))
        if isinstance(tool, ReplyTool):
            return await gate.async_reply(tool_input)
        return await self.dispatch(tool_input)

    async def run_tool(self, tool_input: llm.ToolInput) -> llm.ToolResult:
        """Run a tool at once and return what it returns, or its error."""
        tool = self._by_name[tool_input.tool_name]
        started = time.monotonic()
        try:
            result = await tool.async_call(self.api.hass, tool_input, self.llm_context)
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) and task.cancelling():
                raise
            return error_result(f"{tool.name} was cancelled before it ended.")
        except (HomeAssistantError, probatio.Invalid) as err:
            return error_result(f"{tool.name} failed: {_reason(err)}")
        except Exception as err:
            # A tool is anybody's code: its bug is its own, the other calls go on.
            _LOGGER.exception("Unexpected error in tool %s", tool.name)
            return error_result(f"{tool.name} failed unexpectedly: {_reason(err)}")
        if not isinstance(result, llm.ToolResult):
            result = llm.ToolResult(data=result)
        if not isinstance(result.data, dict):
            result = llm.ToolResult({"result": result.data}, error=result.error)
        if not result.error:
            self.durations.add(tool.name, time.monotonic() - started)
        return result

    def _unknown(self, name: str) -> str:
        """Say that there is no such tool, and which come closest."""
        # Models drop or invent the part before the name, so it must not count.
        bare = {known.rpartition("__")[2].casefold(): known for known in self._by_name}
        close = difflib.get_close_matches(
            name.rpartition("__")[2].casefold(), bare, n=3, cutoff=0.5
        )
        if not close:
            return f"There is no tool named {name}."
        names = ", ".join(bare[match] for match in close)
        return f"There is no tool named {name}. The closest are: {names}."


def _reason(err: Exception) -> str:
    """Return what an exception says, or at least its name."""
    return str(err) or type(err).__name__


class ChatterboxAPI(llm.API):
    """Hands out the toolbox of one turn. It needs no registration."""

    def __init__(
        self,
        hass: HomeAssistant,
        api_ids: Sequence[str],
        services: Sequence[str] = (),
        *,
        reply: bool = False,
    ) -> None:
        """Take the LLM APIs that the user chose, in that order, and the services.

        With `reply` a turn may end with the response that acts.
        """
        super().__init__(hass=hass, id=DOMAIN, name="Chatterbox")
        self._api_ids = api_ids
        self._services = services
        self._reply = reply

    @override
    async def async_get_api_instance(self, llm_context: llm.LLMContext) -> Toolbox:
        """Return the tools of all chosen APIs as one toolbox."""
        instances = await self._async_get_instances(llm_context)
        services = await self._async_get_services(llm_context)
        return Toolbox(
            api=self,
            api_prompt="\n".join(
                instance.api_prompt for instance in instances if instance.api_prompt
            ),
            llm_context=llm_context,
            tools=merge_tools(self._groups(instances, services)),
            custom_serializer=_merge_serializers(instances),
            origins={
                id(tool): instance.api.id
                for instance in instances
                for tool in instance.tools
            },
        )

    def _groups(
        self, instances: Sequence[llm.APIInstance], services: Sequence[llm.Tool]
    ) -> list[tuple[str, Sequence[llm.Tool]]]:
        """Return the tools of each API; our own is first, so that it keeps its name.

        What an API and a service do both is offered once.
        """
        groups = without_twins(
            [(instance.api.name, instance.tools) for instance in instances], services
        )
        acts = any(
            not tool.annotations.read_only for _, tools in groups for tool in tools
        )
        if self._reply and acts:
            groups.insert(0, (self.name, [ReplyTool()]))
        return groups

    async def _async_get_services(
        self, llm_context: llm.LLMContext
    ) -> Sequence[llm.Tool]:
        """Return a tool for each chosen service that there is something to use on."""
        if not self._services:
            return ()
        return await async_get_catalog(self.hass).async_get_tools(
            self._services, llm_context.assistant
        )

    async def _async_get_instances(
        self, llm_context: llm.LLMContext
    ) -> list[llm.APIInstance]:
        """Return what each API has; one that is gone or down costs only its own."""
        instances = []
        for api_id in self._api_ids:
            try:
                instances.append(await self._async_get_instance(api_id, llm_context))
            except HomeAssistantError as err:
                _LOGGER.warning("The tools of LLM API %s are missing: %s", api_id, err)
        return instances

    async def _async_get_instance(
        self, api_id: str, llm_context: llm.LLMContext
    ) -> llm.APIInstance:
        """Return what one API has, the same for every satellite where it is Assist.

        Raises HomeAssistantError.
        """
        if api_id == llm.LLM_API_ASSIST:
            for api in llm.async_get_apis(self.hass):
                if api.id == api_id:
                    return await async_get_assist(self.hass, api, llm_context)
        return await llm.async_get_api(self.hass, api_id, llm_context)


def _merge_serializers(
    instances: Sequence[llm.APIInstance],
) -> Callable[[Any], Any]:
    """Return a serializer that asks each API's own, then Home Assistant's."""
    serializers = [
        *(instance.custom_serializer for instance in instances),
        llm.selector_serializer,
    ]

    def serialize(schema: Any) -> Any:
        for serializer in serializers:
            if serializer and (result := serializer(schema)) not in (
                None,
                probatio.UNSUPPORTED,
            ):
                return result
        return probatio.UNSUPPORTED

    return serialize
