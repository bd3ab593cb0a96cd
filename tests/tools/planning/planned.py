"""Calls whose plans the test gives, on a clock that does not wait."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import llm

from custom_components.chatterbox.tools.dispatch.dispatcher import OrderedDispatcher
from custom_components.chatterbox.tools.dispatch.limits import CallPlan, DispatchOptions
from custom_components.chatterbox.tools.resources import Footprint
from custom_components.chatterbox.tools.run_tool import run_tool

from ..dispatch import virtual_time
from ..dispatch.random_home import Owner

type Action = Callable[[], Awaitable[Any]]


def writes(*resources: str, **kwargs: Any) -> CallPlan:
    """Return the plan of a call that writes."""
    return CallPlan(footprint=Footprint(writes=frozenset(resources)), **kwargs)


def reads(*resources: str, **kwargs: Any) -> CallPlan:
    """Return the plan of a call that reads."""
    return CallPlan(footprint=Footprint(reads=frozenset(resources)), **kwargs)


@dataclass
class PlannedHome:
    """A Home Assistant without integrations, and the turns that run in it."""

    hass: HomeAssistant
    owner: Owner = field(default_factory=Owner)
    events: list[str] = field(default_factory=list)
    """What began and ended, in order."""

    def turn(
        self, conversation_id: str = "one", options: DispatchOptions | None = None
    ) -> PlannedTurn:
        """Begin a turn in the present task."""
        return PlannedTurn(self, conversation_id, options or DispatchOptions())


class PlannedTurn:
    """One turn."""

    def __init__(
        self, home: PlannedHome, conversation_id: str, options: DispatchOptions
    ) -> None:
        """Make the turn's dispatcher."""
        self.home = home
        self._actions: dict[str, Action] = {}
        self._plans: dict[str, CallPlan] = {}
        self.dispatcher = OrderedDispatcher(
            home.hass,
            lambda call: run_tool(call.tool_name, partial(self._run, call)),
            plan=lambda call: self._plans[call.id],
            owner=home.owner,
            options=options,
            context=Context(),
            conversation_id=conversation_id,
        )

    def call(
        self,
        name: str,
        plan: CallPlan,
        action: Action | float = 0.0,
        args: dict[str, Any] | None = None,
    ) -> asyncio.Task[llm.ToolResult]:
        """Start a call as the ChatLog does; a number is how many seconds it takes."""
        call = llm.ToolInput(name, args or {}, id=f"{name} {len(self._plans)}")
        self._plans[call.id] = plan
        self._actions[call.id] = (
            action if callable(action) else lambda: asyncio.sleep(action)
        )
        return self.home.hass.async_create_task(self.dispatcher(call))

    async def _run(self, call: llm.ToolInput) -> llm.ToolResult:
        events = self.home.events
        events.append(f"{call.tool_name} began")
        try:
            result = await self._actions[call.id]()
        except asyncio.CancelledError:
            events.append(f"{call.tool_name} cancelled")
            raise
        events.append(f"{call.tool_name} ended")
        return result if isinstance(result, llm.ToolResult) else llm.ToolResult({})


def in_planned_home(test: Callable[[PlannedHome], Awaitable[None]]) -> None:
    """Run a test in a home of its own and see that it leaves no task."""

    async def main() -> None:
        hass = HomeAssistant("/nowhere")
        await test(PlannedHome(hass))
        hass.import_executor.shutdown(wait=False)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, left

    virtual_time.run(main())


type PlannedTest = Callable[[PlannedHome], Awaitable[None]]


def planned(test: PlannedTest) -> Callable[[], None]:
    """Run a test in a planned home."""

    def run() -> None:
        in_planned_home(test)

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run
