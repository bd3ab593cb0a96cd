"""A task that an automation gives a model: instructions in, text or data out."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
import json
from typing import Any, Final

from homeassistant.components import conversation
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm
import probatio

from ..const import DOMAIN
from ..providers.base import (
    Attachment,
    Message,
    ModelRequest,
    ProviderError,
    TextDelta,
    ThinkingDelta,
    ToolCall,
    ToolSpec,
    UserMessage,
)
from ..providers.calls import is_written
from ..providers.failover import Failover
from ..providers.json_end import JsonScanner
from ..tools.dispatch.call_record import TaskOwner
from ..tools.toolbox import Toolbox
from .attachments import async_read_attachments
from .chat_log import Deltas
from .messages import build_messages
from .models import AgentModel
from .options import AgentOptions
from .response import MAX_CALLS_IN_RESPONSE, MAX_CALLS_IN_TURN
from .task_models import TaskWatch, task_candidate
from .tool_specs import build_tool_specs, stable_schema

LONGEST_TASK: Final = 600.0
"""Seconds for all of a task; nobody stands waiting for it, but an automation does."""


class NotFittingError(Exception):
    """An answer is not what was asked for; the message says why, for the model."""


@dataclass(slots=True)
class _Answer:
    text: str = ""
    calls: int = 0
    given: bool = False
    """Whether a model had begun to answer."""
    error: ProviderError | None = None


@dataclass(slots=True, kw_only=True)
class ModelTask:
    """One task over a chat log that holds its instructions."""

    hass: HomeAssistant
    owner: TaskOwner
    agent_id: str
    models: Sequence[AgentModel]
    """Its own, then its stand-ins."""
    chat_log: conversation.ChatLog
    _attachments: tuple[Attachment, ...] = ()
    _tools: tuple[ToolSpec, ...] = field(default=())
    _schema: dict[str, Any] | None = None
    _calls: int = 0
    _watch: TaskWatch = field(init=False)
    _failover: Failover = field(init=False)

    def __post_init__(self) -> None:
        """Prepare to ask the models in order."""
        timeout = self.options.timeout
        models = {task_candidate(model, timeout): model for model in self.models}
        self._watch = TaskWatch(models)
        self._failover = Failover(tuple(models), self._watch)

    @property
    def options(self) -> AgentOptions:
        """Return what the user chose."""
        return self.models[0].options

    async def async_run(self, structure: probatio.Schema | None) -> Any:
        """Return the answer: text, or data that fits. Raises HomeAssistantError."""
        self._attachments = await async_read_attachments(self.hass, self.chat_log)
        try:
            async with asyncio.timeout(LONGEST_TASK):
                return await self._with_tools(structure)
        except TimeoutError:
            error = f"it took longer than {LONGEST_TASK:g} seconds"
            raise self._failed(error) from None

    async def _with_tools(self, structure: probatio.Schema | None) -> Any:
        if (instance := self.chat_log.llm_api) is None:
            return await self._answered(structure, None)
        toolbox = Toolbox(
            api=instance.api,
            api_prompt=instance.api_prompt,
            llm_context=instance.llm_context,
            tools=instance.tools,
            custom_serializer=instance.custom_serializer,
        )
        self.chat_log.llm_api = toolbox
        # Nobody can be asked, so that what needs a yes is refused.
        toolbox.guard.options = self.options.danger
        self._tools = build_tool_specs(toolbox)
        with toolbox.begin_turn(self.owner, self.options.dispatch):
            return await self._answered(structure, toolbox)

    async def _answered(
        self, structure: probatio.Schema | None, toolbox: Toolbox | None
    ) -> Any:
        """Ask until there is an answer; one that does not fit is asked for once more."""
        if structure is not None:
            self._schema = answer_schema(structure)
        more: tuple[Message, ...] = ()
        for _ in range(self.options.max_iterations):
            answer = await self._ask(more, toolbox)
            if answer.error and not (answer.given and self._failover.can_go_on):
                raise self._failed(str(answer.error)) from answer.error
            self._calls += answer.calls
            if self._calls >= MAX_CALLS_IN_TURN:
                break
            if answer.error or answer.calls:
                continue
            if structure is None:
                return answer.text
            try:
                return read_answer(answer.text, structure)
            except NotFittingError as err:
                if more:
                    raise HomeAssistantError(
                        translation_domain=DOMAIN,
                        translation_key="task_does_not_fit",
                        translation_placeholders={
                            "model": self.options.model,
                            "error": str(err),
                        },
                    ) from err
                more = (UserMessage(f"{err} {_asked_for(self._schema)}"),)
        raise self._failed("it went on calling tools")

    async def _ask(self, more: tuple[Message, ...], toolbox: Toolbox | None) -> _Answer:
        answer = _Answer()
        request = self.options.request(
            (*self._messages(), *more), self._tools, answer_schema=self._schema
        )
        if toolbox:
            toolbox.begin_response()
        try:
            async for _ in self.chat_log.async_add_delta_content_stream(
                self.agent_id, self._deltas(request, answer, toolbox)
            ):
                pass
        finally:
            self._watch.end()
        return answer

    def _messages(self) -> list[Message]:
        """Return the log; with the instructions go the files and what is to come back."""
        messages = list(build_messages(self.chat_log.content))
        for index, message in enumerate(messages):
            if isinstance(message, UserMessage):
                text = message.text
                if self._schema is not None:
                    text += f"\n\n{_asked_for(self._schema)}"
                messages[index] = UserMessage(text, self._attachments)
                break
        return messages

    async def _deltas(
        self, request: ModelRequest, answer: _Answer, toolbox: Toolbox | None
    ) -> Deltas:
        yield {"role": "assistant"}
        try:
            async with aclosing(self._failover.stream(request)) as events:
                async for event in events:
                    answer.given = True
                    match event:
                        case TextDelta(text):
                            answer.text += text
                        case ThinkingDelta(text):
                            yield {"thinking_content": text}
                        case ToolCall() if toolbox:
                            if answer.calls == MAX_CALLS_IN_RESPONSE:
                                break
                            answer.calls += 1
                            yield {"tool_calls": [_begin(event, toolbox)]}
            if answer.text:
                yield {"content": answer.text}
        except ProviderError as err:
            answer.error = err
        finally:
            if toolbox:
                toolbox.end_response(whole=answer.error is None)

    def _failed(self, error: str) -> HomeAssistantError:
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="task_failed",
            translation_placeholders={
                "server": self.models[0].server,
                "model": self.options.model,
                "error": error,
            },
        )


def _begin(call: ToolCall, toolbox: Toolbox) -> llm.ToolInput:
    toolbox.begin_call(call.id, call.name, call.error, written=is_written(call.id))
    return llm.ToolInput(
        id=call.id, tool_name=call.name, tool_args=dict(call.arguments)
    )


def _asked_for(schema: Mapping[str, Any] | None) -> str:
    return (
        "Answer with one JSON object and nothing else. It has to fit this JSON Schema:"
        f" {json.dumps(schema, ensure_ascii=False)}"
    )


def answer_schema(structure: probatio.Schema) -> dict[str, Any]:
    """Return a structure as JSON Schema."""
    schema: dict[str, Any] = stable_schema(
        probatio.to_openapi(
            structure,
            custom_serializer=llm.selector_serializer,
            openapi_version="3.1.0",
        )
    )
    return schema


def read_answer(text: str, structure: probatio.Schema) -> Any:
    """Return the data in an answer, among whatever words. Raises NotFittingError."""
    try:
        data = json.loads(_json_in(text))
    except (ValueError, RecursionError) as err:
        raise NotFittingError("Your answer is not JSON.") from err
    if isinstance(data, dict):
        # Where a server wants all fields, null stands for what there is not.
        needed = {str(k) for k in structure.schema if isinstance(k, probatio.Required)}
        data = {k: v for k, v in data.items() if v is not None or k in needed}
    try:
        return structure(data)
    except probatio.Invalid as err:
        raise NotFittingError(f"Your answer does not fit: {err}.") from err


def _json_in(text: str) -> str:
    """Return the first object in a text."""
    start = text.find("{")
    if start < 0:
        return text
    end = JsonScanner().feed(text[start:])
    return text[start:] if end is None else text[start : start + end]
