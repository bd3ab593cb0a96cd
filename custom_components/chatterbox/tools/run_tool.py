"""The one place in which a tool's code runs: whatever it does becomes a result."""

import asyncio
from collections.abc import Awaitable, Callable
import copy
import logging
import time
from typing import Any, Final

from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm
from homeassistant.helpers.json import json_bytes
from homeassistant.helpers.llm import IntentResponseDict
from homeassistant.util.json import json_loads_object
import probatio

from .call_span import call_span
from .calls import ToolError, error_result
from .durations import ToolDurations
from .plain_json import json_safe
from .services.response import trim

_LOGGER = logging.getLogger(__name__)

MAX_BYTES: Final = 65_536
"""Of a result's JSON: some 20,000 tokens."""


async def run_tool(
    name: str, ask: Callable[[], Awaitable[Any]], durations: ToolDurations | None = None
) -> llm.ToolResult:
    """Run a tool and return its result as JSON, or its error."""
    started = time.monotonic()
    try:
        result = as_result(await ask())
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) and task.cancelling():
            raise
        return error_result(f"{name} was cancelled before it ended.")
    except (HomeAssistantError, probatio.Invalid) as err:
        call_span().raised = not isinstance(err, ToolError)
        return error_result(f"{name} failed: {_reason(err)}")
    except KeyboardInterrupt:
        raise
    except BaseException as err:
        # A tool is anybody's code: its bug is its own, the other calls go on. Were
        # SystemExit or the like to leave the task, it would end the event loop.
        call_span().raised = True
        _LOGGER.exception("Unexpected error in tool %s", name)
        return error_result(f"{name} failed unexpectedly: {_reason(err)}")
    if durations is not None and not result.error:
        durations.add(name, time.monotonic() - started)
    return result


def as_result(returned: Any) -> llm.ToolResult:
    """Return what a tool returned as JSON, of which nothing is the tool's own."""
    if not isinstance(returned, llm.ToolResult):
        returned = llm.ToolResult(data=returned)
    data = returned.data
    is_object = isinstance(data, dict)
    try:
        # Whatever this takes needs no mending; most results are of that kind.
        held = json_bytes(data if is_object else {"result": data})
        plain = json_loads_object(held)
        size = len(held)
    except Exception:
        # Other people's objects may fail in any way as they are read.
        safe = json_safe(data)
        plain = safe if isinstance(safe, dict) else {"result": safe}
        size = len(json_bytes(plain))
    if size > MAX_BYTES:
        plain = trim(plain, MAX_BYTES)
    if isinstance(data, IntentResponseDict):
        response = copy.copy(data)
        response.clear()
        response.update(plain)
        plain = response
    return llm.ToolResult(plain, error=bool(returned.error))


def _reason(err: BaseException) -> str:
    try:
        return str(err) or type(err).__name__
    except Exception:
        # Its text is made by the tool's code too.
        return type(err).__name__
