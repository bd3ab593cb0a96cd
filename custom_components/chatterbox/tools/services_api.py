"""Exposed services as an LLM API of Home Assistant, for agents that are not ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self, override

from homeassistant.components import conversation
from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
from homeassistant.util.json import JsonObjectType

from ..const import CONF_SERVICES, DOMAIN
from .cache.home import DATA_TOOL_CACHE
from .cache.policy import CacheOptions
from .confirmation.options import DangerOptions, Policy
from .dispatch.call_record import TaskOwner
from .dispatch.limits import DispatchOptions
from .naming import RenamedTool
from .services.catalog import async_get_catalog
from .services.harmful import why_harmful
from .toolbox import Toolbox

_PREFIX: Final = f"{DOMAIN}_"
PROMPT: Final = (
    "The actions take the names of devices, areas and floors as Home Assistant has them,"
    " and reach only what is exposed to Assist. What unlocks, opens, disarms or sounds an"
    " alarm is refused: tell the person to ask their voice assistant for it."
)


def is_ours(api_id: str) -> bool:
    """Return whether an LLM API is one of Chatterbox, whose agents need none."""
    return api_id.startswith(_PREFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicesOptions:
    """What the user chose for one API."""

    services: tuple[str, ...] = ()
    dispatch: DispatchOptions = field(default_factory=DispatchOptions)
    danger: DangerOptions = field(default_factory=DangerOptions)
    cache: CacheOptions = field(default_factory=CacheOptions)

    @classmethod
    def from_subentry(
        cls, data: Mapping[str, Any], entry_options: Mapping[str, Any]
    ) -> Self:
        """Read the options as the form stored them."""
        return cls(
            services=tuple(data.get(CONF_SERVICES) or ()),
            dispatch=DispatchOptions.from_subentry(data),
            # Nobody can be asked through an API, so that it means: refused.
            danger=replace(DangerOptions.from_subentry(data), policy=Policy.CONFIRM),
            cache=CacheOptions.from_entry(data, entry_options),
        )


class ServicesAPI(llm.API):
    """The chosen services, with exposure, order, cache and guard before them."""

    def __init__(
        self,
        hass: HomeAssistant,
        subentry_id: str,
        name: str,
        owner: TaskOwner,
        options: ServicesOptions,
    ) -> None:
        super().__init__(hass=hass, id=f"{_PREFIX}{subentry_id.lower()}", name=name)
        self.owner = owner
        self.options = options
        # What can harm the system is for those who may do that anyway.
        self.requires_admin = any(map(why_harmful, options.services))

    @override
    async def async_get_api_instance(
        self, llm_context: llm.LLMContext
    ) -> llm.APIInstance:
        # Exposure is to Assist, whoever asks.
        llm_context = replace(llm_context, assistant=conversation.DOMAIN)
        tools = await async_get_catalog(self.hass).async_get_tools(
            self.options.services, conversation.DOMAIN
        )
        return llm.APIInstance(
            api=self,
            api_prompt=PROMPT,
            llm_context=llm_context,
            tools=[GuardedTool(self, tool) for tool in tools],
            custom_serializer=llm.selector_serializer,
        )

    async def async_call(
        self, tool: llm.Tool, call: llm.ToolInput, llm_context: llm.LLMContext
    ) -> llm.ToolResult:
        """Run one call, in order with all others in the home."""
        toolbox = Toolbox(
            api=self,
            api_prompt="",
            llm_context=replace(llm_context, assistant=conversation.DOMAIN),
            tools=[tool],
        )
        toolbox.guard.options = self.options.danger
        # Nobody tells when another agent's turn ends: each call is one of its own.
        with toolbox.begin_turn(
            self.owner,
            self.options.dispatch,
            cache=self.hass.data.get(DATA_TOOL_CACHE),
            cache_options=self.options.cache,
        ):
            return await toolbox.async_call_tool(call)


class GuardedTool(RenamedTool):
    """A service's tool that goes our way, however it is called."""

    def __init__(self, api: ServicesAPI, tool: llm.Tool) -> None:
        super().__init__(tool.name, tool)
        self._api = api

    @override
    async def async_call(
        self,
        hass: HomeAssistant,
        tool_input: llm.ToolInput,
        llm_context: llm.LLMContext,
    ) -> llm.ToolResult | JsonObjectType:
        call = replace(tool_input, tool_name=self.tool.name)
        return await self._api.async_call(self.tool, call, llm_context)
