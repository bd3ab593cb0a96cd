"""What the agent itself puts into Home Assistant's chat log."""

from collections.abc import AsyncGenerator, Sequence

from homeassistant.components import conversation
from homeassistant.helpers import llm

from ..tools.toolbox import Toolbox

type Deltas = AsyncGenerator[conversation.AssistantContentDeltaDict]


async def async_say(
    chat_log: conversation.ChatLog, agent_id: str, sentence: str
) -> None:
    """Speak a sentence of our own as the agent's next message."""

    async def deltas() -> Deltas:
        yield {"role": "assistant", "content": sentence}

    async for _ in chat_log.async_add_delta_content_stream(agent_id, deltas()):
        pass


async def async_call(
    chat_log: conversation.ChatLog,
    agent_id: str,
    toolbox: Toolbox,
    calls: Sequence[llm.ToolInput],
) -> list[conversation.ToolResultContent]:
    """Run calls that no model has made, and return their results."""
    toolbox.begin_response()
    for call in calls:
        toolbox.begin_call(call.id, call.tool_name)
    toolbox.end_response(whole=True)

    async def deltas() -> Deltas:
        yield {"role": "assistant"}
        yield {"tool_calls": list(calls)}

    return [
        content
        async for content in chat_log.async_add_delta_content_stream(agent_id, deltas())
        if isinstance(content, conversation.ToolResultContent)
    ]
