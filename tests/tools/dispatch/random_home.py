"""Random calls on a random home, run one after another and by the dispatcher."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
import gc
from typing import Any

from homeassistant.components import conversation
from homeassistant.components.conversation.chat_log import ChatLog
from homeassistant.core import Context, CoreState, HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm
from hypothesis import strategies as st

from custom_components.chatterbox.tools.dispatch.dispatcher import OrderedDispatcher
from custom_components.chatterbox.tools.dispatch.ledger import async_get_ledger
from custom_components.chatterbox.tools.dispatch.limits import CallPlan, DispatchOptions
from custom_components.chatterbox.tools.resources import WHOLE_HOME, Footprint
from custom_components.chatterbox.tools.run_tool import run_tool

THINGS = ("light.a", "light.b", "light.c", "cover.a", "cover.b", "timers")
RESOURCES = (*THINGS, "light.*", "cover.*", WHOLE_HOME)
NO_LIMIT = 1000
LONG_AFTER = 500.0
"""Seconds that an automation takes which a write sets off."""


def things(resources: frozenset[str]) -> list[str]:
    """Return the things of the home that resources stand for."""
    if WHOLE_HOME in resources:
        return list(THINGS)
    domains = tuple(name[:-1] for name in resources if name.endswith(".*"))
    return [t for t in THINGS if t in resources or (domains and t.startswith(domains))]


@dataclass(frozen=True)
class Call:
    """One call: what it touches, how long it takes, how it ends."""

    reads: frozenset[str]
    writes: frozenset[str]
    pause: int
    """Seconds after the call before it in the same turn."""
    takes: int
    """Seconds until the tool returns."""
    leaves: int | None = None
    """Seconds that a service call of it takes in the background."""
    fails: str | None = None
    sets_off: bool = False
    """An automation acts upon it, long after."""
    turn: int = 0

    def touches(self, other: Call) -> bool:
        """Return if the order of the two matters, found without the product's rules."""
        mine, theirs = set(things(self.writes)), set(things(other.writes))
        return bool(
            mine & theirs
            or mine & set(things(other.reads))
            or theirs & set(things(self.reads))
        )


def _sets(largest: int) -> st.SearchStrategy[frozenset[str]]:
    # The whole home and whole domains come last and so are the rarest.
    return st.frozensets(st.sampled_from(RESOURCES), max_size=largest)


calls = st.builds(
    Call,
    reads=_sets(2),
    writes=_sets(2),
    pause=st.integers(0, 5),
    takes=st.integers(0, 9),
    leaves=st.none() | st.integers(0, 9),
    fails=st.sampled_from([None, None, None, "before", "after", "late", "exit"]),
    sets_off=st.booleans(),
    turn=st.integers(0, 1),
)


@dataclass(frozen=True)
class Batch:
    """The calls of two turns, and how many may run at once."""

    calls: tuple[Call, ...]
    max_in_flight: int
    cap: int
    """On the one integration that every cover is of."""
    deadline: float = NO_LIMIT
    """Seconds."""


_lists = st.lists(calls, min_size=1, max_size=20).map(tuple)
batches = st.builds(
    Batch,
    calls=_lists,
    max_in_flight=st.just(NO_LIMIT),
    cap=st.just(NO_LIMIT),
)
capped_batches = st.builds(
    Batch,
    calls=_lists,
    max_in_flight=st.sampled_from([1, 2, 8]),
    cap=st.sampled_from([1, 2, NO_LIMIT]),
)
hasty_batches = st.builds(
    Batch,
    calls=_lists,
    max_in_flight=st.just(NO_LIMIT),
    cap=st.just(NO_LIMIT),
    # No whole number, so that nothing ends in the moment of its deadline.
    deadline=st.sampled_from([2.5, 6.5]),
)


@dataclass
class Home:
    """The things of the home, and what calls saw and did there."""

    values: dict[str, int] = field(default_factory=lambda: dict.fromkeys(THINGS, 0))
    seen: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def read(self, number: int, call: Call) -> tuple[int, ...]:
        """Return what a call sees, which must not change while it runs."""
        return tuple(self.values[thing] for thing in things(call.reads))

    def changed(
        self, number: int, call: Call, step: str, seen: tuple[int, ...]
    ) -> dict[str, int]:
        """Return what a call makes of the things it writes, as they are now.

        It depends on what they were, on what the call saw and on the call.
        """
        return {
            thing: hash((self.values[thing], number, step, seen))
            for thing in things(call.writes)
        }


def one_by_one(batch: Batch, order: list[int]) -> Home:
    """Return the home after the calls have run one after another."""
    home = Home()
    for number in order:
        call = batch.calls[number]
        if call.fails == "before":
            continue
        home.seen[number] = seen = home.read(number, call)
        home.values |= home.changed(number, call, "tool", seen)
        if call.leaves is not None and call.fails not in ("after", "exit"):
            home.values |= home.changed(number, call, "service", ())
    return home


@dataclass
class Run:
    """What the dispatcher made of a batch."""

    batch: Batch
    home: Home = field(default_factory=Home)
    arrived: dict[int, float] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    started: dict[int, float] = field(default_factory=dict)
    returned: dict[int, float] = field(default_factory=dict)
    ended: dict[int, float] = field(default_factory=dict)
    results: dict[int, list[tuple[str, llm.ToolResult]]] = field(default_factory=dict)
    started_in_time: set[int] = field(default_factory=set)
    """Calls that had started as the first turn was cancelled."""
    torn: list[int] = field(default_factory=list)
    """Calls that saw a thing change as they ran."""
    left: set[str] = field(default_factory=set)
    ledger_is_empty: bool = False
    unseen: list[dict[str, Any]] = field(default_factory=list)
    """What the event loop complains of: exceptions that nobody has retrieved."""


class Owner:
    """Owns the tasks of calls as a config entry does."""

    def __init__(self) -> None:
        """Start without tasks."""
        self.tasks: set[asyncio.Task[Any]] = set()

    def async_create_task(
        self,
        hass: HomeAssistant,
        target: Any,
        name: str | None = None,
        eager_start: bool = True,
    ) -> asyncio.Task[Any]:
        """Create a task as a config entry does."""
        task = hass.async_create_task_internal(target, name, eager_start)
        if not task.done():
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        return task


async def dispatch(
    batch: Batch,
    cancel_at: float | None = None,
    steps: int = 0,
    *,
    stop: bool = False,
) -> Run:
    """Run the batch through two real ChatLogs at once.

    `cancel_at` cancels the first turn that many seconds after the start, and `steps`
    of the event loop later, so as to hit the moment in which others begin and end.
    With `stop` it is Home Assistant that stops in that moment.
    """
    hass = HomeAssistant("/nowhere")
    run = Run(batch)
    hass.loop.set_exception_handler(lambda _, what: run.unseen.append(what))
    hass.services.async_register("test", "finish", _finish(run))
    turns = [asyncio.create_task(_turn(hass, run, turn)) for turn in (0, 1)]
    if cancel_at is not None:
        await asyncio.sleep(cancel_at)
        for _ in range(steps):
            await asyncio.sleep(0)
        run.started_in_time = set(run.started)
        if stop:
            hass.set_state(CoreState.running)
            await hass.async_stop(force=True)
        else:
            turns[0].cancel()
    await asyncio.wait(turns)
    for turn in turns:
        if not turn.cancelled():
            turn.result()
    # What is left in the background ends by itself.
    await asyncio.sleep(2 * LONG_AFTER)
    run.left = {
        task.get_name() for task in asyncio.all_tasks() - {asyncio.current_task()}
    }
    # A task complains of an exception that nobody has taken as it is collected.
    gc.collect(1)
    ledger = async_get_ledger(hass)
    run.ledger_is_empty = not ledger._unreleased and not ledger._overdue
    hass.import_executor.shutdown(wait=False)
    return run


async def _turn(hass: HomeAssistant, run: Run, turn: int) -> None:
    """Run the calls of one turn, as they come in the stream of its model."""
    context = Context()
    numbers = [n for n, call in enumerate(run.batch.calls) if call.turn == turn]
    options = DispatchOptions(
        max_in_flight=run.batch.max_in_flight,
        integration_caps={"covers": run.batch.cap},
    )
    dispatcher = OrderedDispatcher(
        hass,
        _tool(hass, run, context),
        plan=lambda call: _plan(run, call),
        owner=Owner(),
        options=options,
        context=context,
        conversation_id=str(turn),
    )
    log = ChatLog(hass, str(turn))
    log.llm_api = _Api(hass, run, dispatcher)

    async def stream() -> AsyncIterator[Any]:
        yield {"role": "assistant"}
        for number in numbers:
            await asyncio.sleep(run.batch.calls[number].pause)
            call = llm.ToolInput(str(number), {"number": number}, id=str(number))
            yield {"tool_calls": [call]}

    results = run.results.setdefault(turn, [])
    with dispatcher:
        async for content in log.async_add_delta_content_stream("test", stream()):
            if isinstance(content, conversation.ToolResultContent):
                results.append((content.tool_call_id, content.result))


class _Api:
    """Notes when calls arrive and return."""

    def __init__(
        self, hass: HomeAssistant, run: Run, dispatcher: OrderedDispatcher
    ) -> None:
        self._loop, self._run, self._dispatcher = hass.loop, run, dispatcher

    async def async_call_tool(self, call: llm.ToolInput) -> llm.ToolResult:
        number = call.tool_args["number"]
        self._run.arrived[number] = self._loop.time()
        self._run.order.append(number)
        result = await self._dispatcher(call)
        self._run.returned[number] = self._loop.time()
        return result


def _plan(run: Run, call: llm.ToolInput) -> CallPlan:
    """Return what is known of a call."""
    it = run.batch.calls[call.tool_args["number"]]
    covers = any(thing.startswith("cover") for thing in things(it.writes))
    return CallPlan(
        footprint=Footprint(it.reads, it.writes),
        deadline=run.batch.deadline,
        integrations=frozenset({"covers"} if covers else ()),
    )


def _tool(hass: HomeAssistant, run: Run, context: Context) -> Any:
    """Return what runs a call: read, wait, write, and leave a service behind."""

    async def act(number: int) -> llm.ToolResult:
        call, home = run.batch.calls[number], run.home
        if call.fails == "before":
            await asyncio.sleep(call.takes)
            raise KeyError(number)
        home.seen[number] = seen = home.read(number, call)
        changed = home.changed(number, call, "tool", seen)
        if call.sets_off:
            hass.async_create_task(_automation(hass, context))
        await asyncio.sleep(call.takes)
        if home.read(number, call) != seen:
            run.torn.append(number)
        home.values |= changed
        if call.fails == "after":
            raise HomeAssistantError(str(number))
        if call.fails == "exit":
            raise SystemExit(number)
        if call.leaves is not None:
            hass.async_create_task(
                hass.services.async_call(
                    "test",
                    "finish",
                    {"number": number},
                    context=context,
                    blocking=True,
                )
            )
        return llm.ToolResult({"number": number})

    async def tool(call: llm.ToolInput) -> llm.ToolResult:
        number = call.tool_args["number"]
        run.started[number] = hass.loop.time()
        try:
            return await run_tool(call.tool_name, partial(act, number))
        finally:
            run.ended.setdefault(number, hass.loop.time())

    return tool


def _finish(run: Run) -> Any:
    """Return the service that calls leave in the background."""

    async def finish(service: ServiceCall) -> None:
        if (number := service.data.get("number")) is None:
            await asyncio.sleep(LONG_AFTER)
            return
        call, home = run.batch.calls[number], run.home
        changed = home.changed(number, call, "service", ())
        run.ended[number] = float("inf")
        await asyncio.sleep(call.leaves or 0)
        home.values |= changed
        run.ended[number] = service.hass.loop.time()
        if call.fails == "late":
            raise HomeAssistantError(str(number))

    return finish


async def _automation(hass: HomeAssistant, context: Context) -> None:
    """Act upon what a call has done, in a context that is the call's child."""
    await hass.services.async_call(
        "test", "finish", {}, context=Context(parent_id=context.id), blocking=True
    )
