"""A home that is read through the cache, and a record of what was true when.

A script is a list of steps. Whatever they are, each value that a caller is served must
be one that the tool, asked without a cache, could have returned: the state of what it
reads at some moment within the TTL, and not before the last announced change of it.
"""

import asyncio
from dataclasses import dataclass, field
from itertools import count
from random import Random
from types import SimpleNamespace
from typing import Any, Final

from homeassistant.components.homeassistant.exposed_entities import (
    async_expose_entity,
)
from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, llm
from homeassistant.helpers.dispatcher import async_dispatcher_send

from custom_components.chatterbox.tools.cache import cache as cache_module
from custom_components.chatterbox.tools.cache.cache import (
    CachingDispatcher,
    ToolResultCache,
)
from custom_components.chatterbox.tools.cache.dependencies import (
    EXPOSURE,
    dependencies_of_read,
    service,
)
from custom_components.chatterbox.tools.cache.entries import CacheKey, CacheTerms
from custom_components.chatterbox.tools.cache.invalidation import Invalidator
from custom_components.chatterbox.tools.cache.policy import HOLD, CachePolicy
from custom_components.chatterbox.tools.calls import error_result
from custom_components.chatterbox.tools.resources import Footprint

type Step = tuple[Any, ...]

A, B = "todo.a", "todo.b"
_OLD = {"stale_while_revalidate": 120.0, "stale_if_error": 600.0}
READS: Final[dict[str, tuple[frozenset[str], CachePolicy]]] = {
    "a": (frozenset({A}), CachePolicy(ttl=60.0)),
    "b": (frozenset({B}), CachePolicy(ttl=60.0, **_OLD, outlives_state=True)),
    "both": (frozenset({A, B}), CachePolicy(ttl=60.0, stale_if_error=600.0)),
    "live": (frozenset({A}), CachePolicy(ttl=0.0)),
}
"""What can be asked: name to what it reads and how it is kept."""

_ENTITY = (A, B)
_WHICH = (0, 1, 2)
GRAMMAR: Final[tuple[tuple[Any, ...], ...]] = (
    *[("ask", tuple(READS))] * 12,
    *[("read", tuple(READS))] * 3,
    *[("answer", _WHICH, ("early", "late"))] * 4,
    ("fail", _WHICH, ("result", "raise", "cancel")),
    ("cancel", _WHICH),
    *[("advance", (1.0, 3.0, 11.0, 30.0, 61.0, 130.0))] * 5,
    *[("silent", _ENTITY)] * 4,
    ("state", _ENTITY),
    *[("panel", _ENTITY)] * 2,
    ("gone", _ENTITY),
    *[("begin", _ENTITY), ("end", _ENTITY), ("end", _ENTITY)],
    ("called", _ENTITY),
    ("other", ("exposure", "registry", "core", "described", "reload")),
    ("forget", tuple(READS)),
)
"""Each kind of step and the values that its arguments may have; often named, often taken."""


def random_script(random: Random, length: int = 60) -> list[Step]:
    """Return a script by chance."""
    return [
        (step[0], *(random.choice(values) for values in step[1:]))
        for step in (random.choice(GRAMMAR) for _ in range(length))
    ]


_NAMES = count()


class WrongAnswerError(AssertionError):
    """Somebody was served what could not be."""


@dataclass(eq=False)
class Call:
    """A call that reached the tool."""

    name: str
    began: int
    answer: asyncio.Future[llm.ToolResult]


@dataclass(eq=False)
class Caller:
    """Somebody who asked."""

    name: str
    began: int
    task: asyncio.Task[llm.ToolResult]
    cancelled: bool = False


@dataclass
class Moment:
    """What was true after a step."""

    clock: float
    values: dict[str, int]


@dataclass
class World:
    """The home, its callers and its past."""

    hass: HomeAssistant
    clock: float = 1000.0
    values: dict[str, int] = field(default_factory=lambda: {A: 0, B: 0})
    past: list[Moment] = field(default_factory=list)
    changes: dict[str, list[tuple[int, str]]] = field(
        default_factory=lambda: {A: [], B: []}
    )
    """Announced changes of each entity: step and kind."""
    failures: list[tuple[int, str]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    callers: list[Caller] = field(default_factory=list)
    writing: dict[str, int] = field(default_factory=lambda: {A: 0, B: 0})
    held_until: dict[str, float] = field(default_factory=lambda: {A: 0.0, B: 0.0})
    forgotten: dict[str, int] = field(default_factory=dict)
    """The step in which a result was last dropped by hand."""
    quick: set[str] = field(default_factory=set)
    """What the tool answers at once in this step."""
    served: int = 0

    def __post_init__(self) -> None:
        """Put the cache between the callers and the tool."""
        self.cache = ToolResultCache(create_task=self.hass.async_create_background_task)
        self.dispatch = CachingDispatcher(self._tool, self.cache, self._terms)
        self.invalidator = Invalidator(self.hass, self.cache)

    def monotonic(self) -> float:
        """Return the time; the cache asks for it."""
        return self.clock

    async def play(self, script: list[Step]) -> None:
        """Play a script. Raises WrongAnswerError."""
        for entity_id, value in self.values.items():
            self.hass.states.async_set(entity_id, str(value), force_update=True)
        self.invalidator.start()
        try:
            self._remember()
            for kind, *args in script:
                getattr(self, kind)(*args)
                self._remember()
                await self._let_run()
                self.quick.clear()
        finally:
            self.invalidator.stop()
            for caller in self.callers:
                caller.task.cancel()
            await self.cache.close()
            await asyncio.gather(
                *(caller.task for caller in self.callers), return_exceptions=True
            )

    # The steps.

    def read(self, name: str) -> None:
        """Let somebody ask."""
        call = llm.ToolInput("read", {"name": name})
        task = self.hass.loop.create_task(self.dispatch(call))  # type: ignore[arg-type]
        self.callers.append(Caller(name, len(self.past), task))

    def ask(self, name: str) -> None:
        """Let somebody ask, and be answered with what is now if the tool is called."""
        self.quick.add(name)
        self.read(name)

    def answer(self, which: int, when: str) -> None:
        """Let the tool answer with what it saw as it was called, or with what is now."""
        if call := self._call(which):
            values = self.past[call.began].values if when == "early" else self.values
            call.answer.set_result(self._seen(call.name, values))

    def fail(self, which: int, how: str) -> None:
        """Let the tool fail."""
        if call := self._call(which):
            self.failures.append((len(self.past), call.name))
            if how == "result":
                call.answer.set_result(error_result("it failed"))
            elif how == "raise":
                call.answer.set_exception(ValueError("it failed"))
            else:
                call.answer.cancel()

    def cancel(self, which: int) -> None:
        """Cancel somebody who asked."""
        if which < len(self.callers):
            self.callers[which].cancelled = True
            self.callers[which].task.cancel()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.clock += seconds

    def state(self, entity_id: str) -> None:
        """Give an entity a new state."""
        self._change(entity_id, "state")
        self.hass.states.async_set(entity_id, str(self.values[entity_id]))

    def panel(self, entity_id: str) -> None:
        """Let a person edit something in the panel: no action, and the state stays."""
        state = self.hass.states.get(entity_id)
        assert state
        self._change(entity_id, "state")
        self.hass.states.async_set(entity_id, state.state, state.attributes)

    def gone(self, entity_id: str) -> None:
        """Let an entity be out of reach."""
        self.hass.states.async_set(entity_id, "unavailable")

    def begin(self, entity_id: str) -> None:
        """Begin a write of our own."""
        self.writing[entity_id] += 1
        self._announce(entity_id, "write")
        self.invalidator.write_began(Footprint(writes=frozenset({entity_id})))

    def end(self, entity_id: str) -> None:
        """End one."""
        if self.writing[entity_id]:
            self.writing[entity_id] -= 1
            self._hold(entity_id)
            self.invalidator.write_ended(Footprint(writes=frozenset({entity_id})))

    def called(self, entity_id: str) -> None:
        """Call a service that will write, some time soon."""
        self._hold(entity_id)
        self.hass.bus.async_fire(
            "call_service",
            {
                "domain": "todo",
                "service": "update_item",
                "service_data": {"entity_id": entity_id},
            },
        )

    def silent(self, entity_id: str) -> None:
        """Change something of which Home Assistant says nothing at that moment."""
        expected = self.writing[entity_id] or self.clock < self.held_until[entity_id]
        if expected:
            self._change(entity_id, "write")
        else:
            self.values[entity_id] += 1

    def other(self, kind: str) -> None:
        """Change what answers are made under."""
        getattr(self, kind)(*((A,) if kind == "registry" else ()))

    def exposure(self) -> None:
        """Change what may be seen, and the answers with it."""
        self._change_all("write")
        for exposed in (True, False):
            async_expose_entity(self.hass, "conversation", A, exposed)

    def registry(self, entity_id: str) -> None:
        """Rename an entity."""
        self._change(entity_id, "write")
        er.async_get(self.hass).async_update_entity(
            entity_id, name=f"Name {next(_NAMES)}"
        )

    def core(self) -> None:
        """Give the home other units."""
        self._change_all("write")
        self.hass.bus.async_fire("core_config_updated", {"unit_system": "other"})

    def described(self) -> None:
        """Register the service anew, with other answers."""
        self._change_all("write")
        self.hass.bus.async_fire(
            "service_registered", {"domain": "todo", "service": "get_items"}
        )

    def reload(self) -> None:
        """Reload the integration behind the entities."""
        self._change_all("write")
        entry = SimpleNamespace(
            domain="test", state=ConfigEntryState.UNLOAD_IN_PROGRESS
        )
        async_dispatcher_send(
            self.hass, SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntryChange.UPDATED, entry
        )

    def forget(self, name: str) -> None:
        """Drop a result by hand, as somebody does who knows better."""
        self.forgotten[name] = len(self.past)
        self.cache.invalidate("read", {"name": name})

    # What is behind the cache.

    async def _terms(self, call: llm.ToolInput) -> CacheTerms:
        reads, policy = READS[call.tool_args["name"]]
        depends_on = dependencies_of_read(self.hass, reads)
        return CacheTerms(
            CacheKey.of(call.tool_name, call.tool_args),
            policy,
            depends_on | {EXPOSURE, service("todo", "get_items")},
        )

    async def _tool(self, call: llm.ToolInput) -> llm.ToolResult:
        began = len(self.past) - 1
        name = call.tool_args["name"]
        if name in self.quick:
            return self._seen(name, self.values)
        answer = self.hass.loop.create_future()
        self.calls.append(Call(name, began, answer))
        return await answer

    def _seen(self, name: str, values: dict[str, int]) -> llm.ToolResult:
        seen = {entity_id: values[entity_id] for entity_id in sorted(READS[name][0])}
        return llm.ToolResult(data={"seen": dict(seen)})

    def _call(self, which: int) -> Call | None:
        self.calls = [call for call in self.calls if not call.answer.done()]
        return self.calls[which] if which < len(self.calls) else None

    def _change(self, entity_id: str, kind: str) -> None:
        self.values[entity_id] += 1
        self._announce(entity_id, kind)

    def _change_all(self, kind: str) -> None:
        for entity_id in self.values:
            self._change(entity_id, kind)

    def _announce(self, entity_id: str, kind: str) -> None:
        self.changes[entity_id].append((len(self.past), kind))

    def _hold(self, entity_id: str) -> None:
        self._announce(entity_id, "write")
        self.held_until[entity_id] = self.clock + HOLD

    def _remember(self) -> None:
        self.past.append(Moment(self.clock, dict(self.values)))

    async def _let_run(self) -> None:
        for _ in range(8):
            await asyncio.sleep(0)
        done = [caller for caller in self.callers if caller.task.done()]
        self.callers = [caller for caller in self.callers if not caller.task.done()]
        for caller in done:
            self._check(caller)

    # What must hold.

    def _check(self, caller: Caller) -> None:
        """Raise WrongAnswerError if a caller got what the tool alone could not have returned."""
        failed = any(
            step >= caller.began and name == caller.name for step, name in self.failures
        )
        if caller.task.cancelled():
            if not caller.cancelled:
                raise WrongAnswerError("cancelled by somebody else")
            return
        if (error := caller.task.exception()) is not None:
            if not isinstance(error, ValueError) or not failed:
                raise WrongAnswerError(f"an error of nobody's: {error!r}")
            return
        result = caller.task.result()
        if result.error:
            if not failed:
                raise WrongAnswerError("a failure that was another's, or kept")
            return
        self.served += 1
        self._check_seen(caller, result, failed)
        # Whatever this caller does to its result is its own affair.
        result.data["seen"].clear()  # type: ignore[union-attr, call-arg]

    def _check_seen(self, caller: Caller, result: llm.ToolResult, failed: bool) -> None:
        seen = result.data["seen"]
        reads, policy = READS[caller.name]
        if not isinstance(seen, dict) or set(seen) != reads:
            raise WrongAnswerError(f"{caller.name} was told {seen}")
        horizon, binding = policy.ttl or policy.shared_for, {"write", "state"}
        if stale := result.data.get("stale"):
            if "fetched anew" in stale["reason"]:  # type: ignore[index, call-overload, operator]
                horizon = policy.ttl + policy.stale_while_revalidate
            elif not failed:
                raise WrongAnswerError("stood in for no failure")
            else:
                horizon = policy.stale_if_error
                binding = {"write"} if policy.outlives_state else binding
        since = max(
            (
                step
                for entity_id in reads
                for step, kind in self.changes[entity_id]
                if kind in binding and step < caller.began
            ),
            default=0,
        )
        if (forgotten := self.forgotten.get(caller.name, 0)) < caller.began:
            since = max(since, forgotten)
        oldest = self.past[caller.began].clock - horizon
        for moment in self.past[since:]:
            if moment.clock >= oldest and all(
                moment.values[entity_id] == seen[entity_id] for entity_id in reads
            ):
                return
        raise WrongAnswerError(f"{caller.name} was told {seen} (stale: {stale})")


async def prepare(hass: HomeAssistant) -> None:
    """Put the entities into the home."""
    for name in ("a", "b"):
        er.async_get(hass).async_get_or_create(
            "todo", "test", name, suggested_object_id=name
        )


async def play(hass: HomeAssistant, monkeypatch: Any, script: list[Step]) -> World:
    """Play a script in a world of its own. Raises WrongAnswerError."""
    world = World(hass)
    monkeypatch.setattr(cache_module, "time", world)
    await world.play(script)
    return world
