"""A Home Assistant with one agent, and tools to call in it."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
import inspect
from types import MappingProxyType
from typing import Any, override

from homeassistant.components import conversation
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import chat_session, llm
from homeassistant.setup import async_setup_component
import probatio
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.const import DOMAIN
from custom_components.chatterbox.migration import MINOR_VERSION
from scripts.demo_model import ModelServer

type Action = Callable[[dict[str, Any]], Awaitable[Any]]

TEST_API = "test_api"


class ActionTool(llm.Tool):
    """A tool that runs a test's coroutine function."""

    integration = "test"
    parameters = probatio.Schema({}, extra=probatio.ALLOW_EXTRA)
    annotations = llm.ToolAnnotations(destructive=False)

    def __init__(
        self, name: str, action: Action, annotations: llm.ToolAnnotations | None = None
    ) -> None:
        """Take the name and what to do."""
        self.name = name
        self.description = f"Runs {name}"
        self._action = action
        if annotations:
            self.annotations = annotations

    @override
    async def async_call(
        self,
        hass: HomeAssistant,
        tool_input: llm.ToolInput,
        llm_context: llm.LLMContext,
    ) -> llm.ToolResult:
        """Run it."""
        result = await self._action(tool_input.tool_args)
        if isinstance(result, llm.ToolResult):
            return result
        return llm.ToolResult(data={"result": result})


class ToolsAPI(llm.API):
    """An LLM API with the tools of a test."""

    requires_admin = False

    def __init__(
        self, hass: HomeAssistant, api_id: str = TEST_API, name: str = "Test"
    ) -> None:
        """Start with no tools."""
        super().__init__(hass=hass, id=api_id, name=name)
        self.tools: list[llm.Tool] = []

    @override
    async def async_get_api_instance(
        self, llm_context: llm.LLMContext
    ) -> llm.APIInstance:
        """Return the tools."""
        return llm.APIInstance(
            api=self,
            api_prompt="These are the test's tools.",
            llm_context=llm_context,
            tools=list(self.tools),
        )


def open_session(
    hass: HomeAssistant, conversation_id: str | None = None
) -> AbstractContextManager[chat_session.ChatSession]:
    """Begin or go on with a conversation for nobody, as a pipeline does."""
    open_new = chat_session.async_get_chat_session
    if "context" in inspect.signature(open_new).parameters:
        return open_new(hass, conversation_id, context=None)  # type: ignore[call-arg, unused-ignore]
    return open_new(hass, conversation_id)


@dataclass
class Agent:
    """One agent of a Home Assistant, and the model server that it asks."""

    hass: HomeAssistant
    entry: MockConfigEntry
    entity_id: str
    server: ModelServer
    api: ToolsAPI
    deltas: list[dict[str, Any]] = field(default_factory=list)

    def tool(
        self,
        name: str,
        action: Action,
        annotations: llm.ToolAnnotations | None = None,
    ) -> None:
        """Offer a tool."""
        self.api.tools.append(ActionTool(name, action, annotations))

    async def say(
        self, text: str, conversation_id: str | None = None, **kwargs: Any
    ) -> conversation.ConversationResult:
        """Say a sentence to the agent and return its result."""
        return await conversation.async_converse(
            self.hass,
            text,
            conversation_id,
            kwargs.pop("context", Context()),
            agent_id=self.entity_id,
            **{"language": "en", **kwargs},
        )

    async def say_streamed(
        self, text: str, conversation_id: str | None = None, **kwargs: Any
    ) -> tuple[conversation.ConversationResult, list[dict[str, Any]]]:
        """Say a sentence as a pipeline does; return the deltas too that it hears."""
        deltas: list[dict[str, Any]] = []
        with (
            open_session(self.hass, conversation_id) as session,
            conversation.async_get_chat_log(
                self.hass,
                session,
                chat_log_delta_listener=lambda _, delta: deltas.append(delta),
            ),
        ):
            result = await self.say(text, session.conversation_id, **kwargs)
        return result, deltas

    def log(self, conversation_id: str) -> list[conversation.Content]:
        """Return the chat log of a conversation, its system prompt left out."""
        logs = self.hass.data[conversation.chat_log.DATA_CHAT_LOGS]
        return logs[conversation_id].content[1:]


def spoken(result: conversation.ConversationResult) -> str:
    """Return what the agent says."""
    text = result.response.speech["plain"]["speech"]
    assert isinstance(text, str)
    return text


async def setup_agent(
    hass: HomeAssistant,
    server: ModelServer,
    *,
    speaks: Mapping[str, str] = MappingProxyType({}),
    **options: Any,
) -> Agent:
    """Set up Home Assistant with one agent that asks this server.

    `options` go into the agent's subentry; by default it has the test's tools alone.
    `speaks` goes into the entry: another provider, and the address of its server.
    """
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    api = ToolsAPI(hass)
    llm.async_register_api(hass, api)
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Model server",
        minor_version=MINOR_VERSION,
        data={
            "provider": "openai",
            "url": server.url,
            "api_key": "test-key",
            **speaks,
        },
        subentries_data=[
            ConfigSubentryData(
                subentry_type="conversation",
                title="Chatterbox",
                unique_id=None,
                data={"model": "demo", "llm_hass_api": [TEST_API], **options},
            )
        ],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    (entity_id,) = set(hass.states.async_entity_ids("conversation")) - {
        conversation.HOME_ASSISTANT_AGENT
    }
    return Agent(hass, entry, entity_id, server, api)
