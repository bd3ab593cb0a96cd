"""A turn's tool calls through a real ChatLog, by core's dispatch and by ours."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from homeassistant.components import conversation
from homeassistant.components.conversation.chat_log import ChatLog
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import llm
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.const import DOMAIN
from custom_components.chatterbox.tools.api import ChatterboxAPI
from custom_components.chatterbox.tools.dispatch.dispatcher import OrderedDispatcher
from custom_components.chatterbox.tools.dispatch.limits import DispatchOptions
from custom_components.chatterbox.tools.planning.plan import plan_call
from custom_components.chatterbox.tools.toolbox import Toolbox

CORE = "core"
OURS = "ours"
BOTH = pytest.mark.parametrize("dispatch", [CORE, OURS])


async def quiet() -> None:
    """Let everything run that waits for nothing."""
    for _ in range(100):
        await asyncio.sleep(0)


class FakeTool(llm.Tool):
    """A tool that does what the test says."""

    def __init__(
        self,
        name: str,
        action: Callable[[dict[str, Any]], Awaitable[Any]],
        *,
        integration: str = "test",
        annotations: llm.ToolAnnotations | None = None,
    ) -> None:
        """Take the name and the action."""
        self.name = name
        self.integration = integration
        self.annotations = annotations or llm.ToolAnnotations()
        self._action = action

    async def async_call(
        self,
        hass: HomeAssistant,
        tool_input: llm.ToolInput,
        llm_context: llm.LLMContext,
    ) -> llm.ToolResult:
        """Do it."""
        result = await self._action(tool_input.tool_args)
        return llm.ToolResult(result if isinstance(result, dict) else {"ok": True})


@dataclass
class Turn:
    """One turn: the tools it has and the calls its model makes."""

    hass: HomeAssistant
    tools: Sequence[llm.Tool]
    dispatch: str = OURS
    options: DispatchOptions = field(default_factory=DispatchOptions)
    conversation_id: str = "conversation"
    device_id: str | None = None
    entry: MockConfigEntry = field(
        default_factory=lambda: MockConfigEntry(domain=DOMAIN)
    )
    context: Context = field(default_factory=Context)
    chat_log: ChatLog = field(init=False)
    dispatcher: OrderedDispatcher | None = None

    def __post_init__(self) -> None:
        """Make the chat log."""
        self.chat_log = ChatLog(self.hass, self.conversation_id)

    def _instance(self) -> llm.APIInstance:
        """Return the tools as core has them, or as we do."""
        llm_context = llm.LLMContext(
            platform=DOMAIN,
            context=self.context,
            language="en",
            assistant=conversation.DOMAIN,
            device_id=self.device_id,
        )
        api = ChatterboxAPI(self.hass, ())
        kind = llm.APIInstance if self.dispatch == CORE else Toolbox
        instance = kind(
            api=api, api_prompt="", llm_context=llm_context, tools=list(self.tools)
        )
        if isinstance(instance, Toolbox):
            self.dispatcher = instance.dispatch = OrderedDispatcher(
                self.hass,
                instance.run_tool,
                plan=lambda call: plan_call(
                    self.hass,
                    instance.find(call.tool_name),
                    call,
                    llm_context,
                    self.options,
                ),
                owner=self.entry,
                options=self.options,
                context=self.context,
                conversation_id=self.conversation_id,
            )
        return instance

    async def run(self, *calls: tuple[str, Mapping[str, Any]]) -> list[llm.ToolResult]:
        """Let the model make these calls, one delta each; return their results."""
        self.chat_log.llm_api = self._instance()
        return await self.respond(*calls)

    async def respond(
        self, *calls: tuple[str, Mapping[str, Any]]
    ) -> list[llm.ToolResult]:
        """Let the model make another response with these calls."""
        if self.dispatcher:
            self.dispatcher.begin_response()

        async def stream() -> AsyncIterator[Any]:
            yield {"role": "assistant"}
            for name, args in calls:
                yield {
                    "tool_calls": [llm.ToolInput(tool_name=name, tool_args=dict(args))]
                }

        return [
            content.result
            async for content in self.chat_log.async_add_delta_content_stream(
                "conversation.test", stream()
            )
            if isinstance(content, conversation.ToolResultContent)
        ]
