"""What Home Assistant itself makes of a sentence, without doing it."""

import asyncio
from dataclasses import dataclass
import logging
from typing import Any

from hassil.recognize import RecognizeResult
from homeassistant.components import conversation
from homeassistant.components.conversation.agent_manager import get_agent_manager
from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
from homeassistant.util.ulid import ulid_now

from ..tools.intents.abilities import may_be_dangerous
from ..tools.intents.things import exposed_things
from ..tools.naming import unwrap
from ..tools.toolbox import Toolbox

_LOGGER = logging.getLogger(__name__)


@dataclass(slots=True)
class Recognition:
    """Home Assistant's strict reading of one sentence, while the model is asked."""

    hass: HomeAssistant
    user_input: conversation.ConversationInput
    toolbox: Toolbox
    _task: asyncio.Task[llm.ToolInput | None] | None = None

    def start(self) -> None:
        """Begin; to be closed at the end of the turn."""
        self._task = self.hass.async_create_task(self._recognise(), eager_start=True)

    def close(self) -> None:
        """Give it up, if it is still under way."""
        if self._task:
            self._task.cancel()

    async def asked(self) -> llm.ToolInput | None:
        """Return the call of the one action that the sentence asks for, if it does."""
        if self._task is None:
            return None
        return await asyncio.shield(self._task)

    async def action(self) -> llm.ToolInput | None:
        """Return that call, unless only the model may make it."""
        asked = await self.asked()
        return None if asked is None or self._may_be_dangerous(asked) else asked

    async def _recognise(self) -> llm.ToolInput | None:
        agent = get_agent_manager(self.hass).default_agent
        if agent is None:
            return None
        try:
            result = await agent.async_recognize_intent(
                self.user_input, strict_intents_only=True
            )
        except Exception:
            # Home Assistant's own agent, and sentences that anybody may have added.
            _LOGGER.exception("Home Assistant could not recognize a sentence")
            return None
        if not isinstance(result, RecognizeResult) or result.unmatched_entities:
            return None
        tool = self._tool(result.intent.name)
        if tool is None or tool.annotations.read_only:
            return None
        args: dict[str, Any] = {
            entity.name: entity.value for entity in result.entities_list
        }
        return llm.ToolInput(tool_name=tool.name, tool_args=args, id=ulid_now())

    def _may_be_dangerous(self, call: llm.ToolInput) -> bool:
        """Return whether it is for a thing that only a person's own call may move."""
        name = call.tool_args.get("name")
        assistant = self.toolbox.llm_context.assistant
        additions = self.toolbox.guard.options.additions
        return any(
            may_be_dangerous(self.hass, thing, additions)
            for thing in exposed_things(self.hass, assistant or "").all
            if name and thing.is_called(str(name))
        )

    def _tool(self, intent_type: str) -> llm.Tool | None:
        for tool in self.toolbox.tools:
            inner = unwrap(tool)
            if isinstance(inner, llm.IntentTool) and inner.intent_type == intent_type:
                return tool
        return None
