"""Closing a turn with the response that acts, where that needs no further look."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv, llm
import probatio

from ..const import DOMAIN
from .calls import ToolError, error_result
from .dispatch.dispatcher import Settled
from .instructions import LOOK_FIRST, TELL
from .naming import unwrap
from .services.tool import ServiceTool

REPLY: Final = "reply"
WARNINGS: Final = frozenset({"warning", "order", "left_out", "may_be_old", "meanwhile"})
"""What the dispatcher adds to a result that the model must hear of."""
_SERVICE_KEYS: Final = frozenset({"success", "entity_ids", "status", "note"})
"""What the result of a service that does not answer is made of."""
SETTLE: Final = 1.5
"""Seconds that work which a call left in the background gets to fail."""

type Settle = Callable[[float], Awaitable[Settled]]
"""Waits so many seconds at most for what the turn's calls left in the background."""


class ReplyTool(llm.Tool):
    """What to say once the actions of the same response have succeeded."""

    name = REPLY
    title = "Reply"
    description = (
        "Ends the turn. Call it beside the last actions, in the same response: `say` is"
        " spoken if all succeed, else you get the results. Not for what you have yet to"
        " read. Word what takes time as begun, not as done."
    )
    parameters = probatio.Schema(
        {
            probatio.Required("say", description="One short sentence."): (cv.string),
            probatio.Optional(
                "expect_answer",
                description="Whether it asks something.",
            ): cv.boolean,
        }
    )
    annotations = llm.ToolAnnotations(destructive=False, open_world=False)
    integration = DOMAIN

    @override
    async def async_call(
        self,
        hass: HomeAssistant,
        tool_input: llm.ToolInput,
        llm_context: llm.LLMContext,
    ) -> llm.ToolResult:
        raise ToolError("There is no turn to reply to.")


type Objection = Callable[[str], str | None]
"""Returns why a text may not be spoken, of what earlier responses did."""


def nothing_to_object(say: str) -> None:
    """Object to nothing."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is spoken at the end of the turn."""

    say: str
    expect_answer: bool | None
    """Whether the satellite keeps listening; None leaves it to Home Assistant."""


@dataclass(slots=True)
class _Call:
    tool: llm.Tool | None
    result: asyncio.Future[llm.ToolResult | None]


async def nothing_to_settle(timeout: float) -> Settled:  # noqa: ASYNC109
    """Report that no work was left in the background."""
    return Settled()


@dataclass(slots=True)
class ReplyGate:
    """Decides, for one response of the model, whether its `reply` is spoken."""

    settle: Settle = nothing_to_settle
    objection: Objection = nothing_to_object
    reply: Reply | None = None
    _calls: dict[str, _Call] = field(default_factory=dict)
    _replies: list[str] = field(default_factory=list)
    _closed: asyncio.Event = field(default_factory=asyncio.Event)
    _whole: bool = False

    def began(self, call_id: str, tool: llm.Tool | None) -> None:
        """Take note of a call of the response."""
        if isinstance(tool, ReplyTool):
            self._replies.append(call_id)
        else:
            future = asyncio.get_running_loop().create_future()
            self._calls[call_id] = _Call(tool, future)

    def ended(self, call_id: str, result: llm.ToolResult | None) -> None:
        """Take note of a call's result, None if it was cancelled."""
        call = self._calls.get(call_id)
        if call and not call.result.done():
            call.result.set_result(result)

    def close(self, *, whole: bool) -> None:
        """Take note that no more calls come; not whole if there should have been."""
        if not self._closed.is_set():
            self._whole = whole
            self._closed.set()

    async def async_reply(self, call: llm.ToolInput) -> llm.ToolResult:
        """Wait for all other calls, decide, and return what the model is told."""
        try:
            args = ReplyTool.parameters(call.tool_args)
        except probatio.Invalid as err:
            return error_result(f"{REPLY} failed: {err}")
        if not (say := args["say"].strip()):
            return error_result(f"{REPLY} failed: there is nothing to say.")
        if reason := await self._obstacle(call.id) or self.objection(say):
            return llm.ToolResult(data={"spoken": False, "reason": reason})
        self.reply = Reply(say, args.get("expect_answer"))
        return llm.ToolResult(data={"spoken": True})

    async def _obstacle(self, call_id: str) -> str | None:
        await self._closed.wait()
        if not self._whole:
            return "Your response was cut off."
        if call_id != self._replies[0]:
            return f"Only the first {REPLY} of a response counts."
        for call in self._calls.values():
            result = await call.result
            if reason := needs_look(call.tool, result):
                return f"{reason} {LOOK_FIRST}"
        if self._calls and (failed := (await self.settle(SETTLE)).failed):
            return f"{' '.join(failed)} {TELL}"
        return None


def needs_look(tool: llm.Tool | None, result: llm.ToolResult | None) -> str | None:
    """Return why the model has to see a result before anything is said of it."""
    if tool is None or result is None or result.error:
        return "An action failed."
    if tool.annotations.read_only:
        return f"{tool.name} reads."
    if not WARNINGS.isdisjoint(result.data):
        return "An action failed, or something is to be told of it."
    inner = unwrap(tool)
    if isinstance(inner, llm.IntentTool):
        return _intent(result.data)
    if isinstance(inner, llm.ActionTool | ServiceTool):
        return _service(result.data)
    # Any other tool, MCP's for one, may have answered a question.
    return "A result has to be read."


def _intent(data: Mapping[str, Any]) -> str | None:
    if data.get("response_type") != "action_done" or data.get("speech"):
        return "A result has to be read."
    if (data.get("data") or {}).get("failed"):
        return "An action failed for a part of what it was for."
    return None


def _service(data: Mapping[str, Any]) -> str | None:
    if any(value for key, value in data.items() if key not in _SERVICE_KEYS):
        return "A result has to be read."
    return None
