"""The same call once more, where nothing can have changed."""

from dataclasses import dataclass, field
import json
import time
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm

from .instructions import NOT_AGAIN

TOO_OFTEN: Final = 3
"""Times that a model makes the same call before its turn is brought to an end."""


@dataclass(slots=True)
class _Answer:
    result: llm.ToolResult
    response: int
    came: float
    """As a Unix timestamp."""
    times: int = 1


@dataclass(slots=True)
class Repeats:
    """What calls of one turn were answered, until something is written."""

    hass: HomeAssistant
    too_often: bool = False
    _response: int = 0
    _answers: dict[str, _Answer] = field(default_factory=dict)

    def begin_response(self) -> None:
        """Note that the model is asked, with all results so far."""
        self._response += 1

    def earlier(self, call: llm.ToolInput) -> llm.ToolResult | None:
        """Return the result of the same call, if it still holds."""
        answer = self._answers.get(_key(call)) if self._answers else None
        if answer is None or answer.response == self._response:
            return None
        if not answer.result.error and self._changed_since(answer.came):
            return None
        answer.times += 1
        answer.response = self._response
        self.too_often = self.too_often or answer.times >= TOO_OFTEN
        data = answer.result.data
        return llm.ToolResult(
            {
                **(data if isinstance(data, dict) else {"result": data}),
                "repeated": f"Nothing has changed since. {NOT_AGAIN}",
            },
            error=answer.result.error,
        )

    def ended(
        self, tool: llm.Tool, call: llm.ToolInput, result: llm.ToolResult
    ) -> None:
        """Take note of a result; what was written changes what may be read or done."""
        if not tool.annotations.read_only and not result.error:
            self._answers.clear()
        else:
            self._answers[_key(call)] = _Answer(result, self._response, time.time())

    def _changed_since(self, moment: float) -> bool:
        return any(
            state.last_updated_timestamp >= moment
            for state in self.hass.states.async_all()
        )


def _key(call: llm.ToolInput) -> str:
    args: Any = call.tool_args
    return f"{call.tool_name} {json.dumps(args, sort_keys=True, default=repr)}"
