"""What the tests of the cache have in common."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from homeassistant.helpers import llm

from custom_components.chatterbox.tools.cache.entries import CacheKey, CacheTerms
from custom_components.chatterbox.tools.cache.policy import CachePolicy
from custom_components.chatterbox.tools.cache.snapshot import Snapshot


class Clock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        """Start somewhere."""
        self.now = 1000.0

    def monotonic(self) -> float:
        """Return the time in seconds."""
        return self.now


def snapshot_of(value: Any) -> Snapshot:
    """Return what an entry holds."""
    snapshot = Snapshot.of(value)
    assert snapshot
    return snapshot


class Home:
    """What calls are answered with, and which were made."""

    def __init__(self) -> None:
        """Start with nothing asked."""
        self.calls: list[dict[str, Any]] = []
        self.gates: list[asyncio.Future[llm.ToolResult]] = []

    async def answer(self, call: llm.ToolInput) -> llm.ToolResult:
        """Answer at once."""
        self.calls.append(call.tool_args)
        return llm.ToolResult(data={"number": len(self.calls)})

    async def answer_later(self, call: llm.ToolInput) -> llm.ToolResult:
        """Answer when the test opens the gate."""
        self.calls.append(call.tool_args)
        self.gates.append(asyncio.get_running_loop().create_future())
        return await self.gates[-1]


@dataclass
class Terms:
    """Terms for every call, by name and arguments."""

    policy: CachePolicy = field(default_factory=lambda: CachePolicy(ttl=300.0))
    depends_on: frozenset[str] = frozenset({"weather.home"})

    async def __call__(self, call: llm.ToolInput) -> CacheTerms:
        """Return the terms of a call."""
        key = CacheKey.of(call.tool_name, call.tool_args)
        return CacheTerms(key, self.policy, self.depends_on)


def call(**args: Any) -> llm.ToolInput:
    """Return a call of the one tool of these tests."""
    return llm.ToolInput("forecast", args)


FORECAST = CachePolicy(
    ttl=300.0, stale_while_revalidate=600.0, stale_if_error=3600.0, outlives_state=True
)


async def ask(
    dispatch: Callable[[llm.ToolInput], Awaitable[llm.ToolResult]], number: int
) -> list[asyncio.Task[llm.ToolResult]]:
    """Ask the same so many times at once, and let each get as far as it can."""
    tasks = [
        asyncio.get_running_loop().create_task(dispatch(call()))  # type: ignore[arg-type]
        for _ in range(number)
    ]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks
