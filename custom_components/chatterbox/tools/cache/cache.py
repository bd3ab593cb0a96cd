"""Results of tool calls, kept while they are certain to be right."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
import logging
import time
from typing import Any

from homeassistant.helpers import llm

from ..call_span import CacheUse, call_span
from ..calls import Dispatcher, error_result
from ..resources import WHOLE_HOME
from .dependencies import Dependencies, Holds
from .entries import CacheEntries, CacheKey, CacheTerms, Change, Entry
from .policy import (
    MAX_BYTES,
    MAX_ENTRIES,
    REFRESH_TIMEOUT,
    TTL_WITHOUT_POLICY,
    CachePolicy,
)
from .single_flight import CreateTask, Flight, SingleFlight, create_task_in_loop
from .snapshot import Snapshot
from .statistics import CacheStatistics

_LOGGER = logging.getLogger(__name__)

_IN_FLIGHT: ContextVar[bool] = ContextVar("chatterbox_in_flight", default=False)
"""Whether this runs inside a call whose result others may wait for."""


class ToolResultCache:
    """Results by tool and arguments, least recently used out first.

    `get` and `put` know no more than those; `CachingDispatcher` uses the same entries
    by `CacheTerms`. Time is `time.monotonic()`, in seconds.
    """

    def __init__(
        self,
        ttl: float = TTL_WITHOUT_POLICY,
        *,
        max_entries: int = MAX_ENTRIES,
        max_bytes: int = MAX_BYTES,
        create_task: CreateTask = create_task_in_loop,
    ) -> None:
        self.ttl = ttl
        self.counters = CacheStatistics()
        self.holds = Holds()
        self.flights = SingleFlight(create_task)
        self.dependencies: Dependencies[Entry | Flight] = Dependencies()
        self.entries = CacheEntries(
            self.dependencies, self.counters, max_entries, max_bytes
        )

    def __len__(self) -> int:
        return len(self.entries)

    def get(self, name: str, args: dict[str, Any]) -> Any:
        """Return a copy of the result; None on a miss, or if the arguments are no JSON."""
        if (terms := self.plain_terms(name, args)) is None:
            return None
        entry = self.find(terms)
        if entry is None or not entry.is_fresh(self.now(), terms.policy):
            return None
        return entry.result.copy()

    def put(self, name: str, args: dict[str, Any], result: Any) -> None:
        """Keep a copy of the result of a call, if it can be copied."""
        terms, snapshot = self.plain_terms(name, args), Snapshot.of(result)
        if terms is not None and snapshot is not None:
            self.keep(Entry(terms, snapshot, self.now()))

    def invalidate(self, name: str, args: dict[str, Any] | None = None) -> int:
        """Drop the results of a tool, or of one call of it; return how many."""
        if args is None:
            return self._drop_all(name)
        terms = self.plain_terms(name, args)
        return 0 if terms is None else self._drop_all(name, terms.key.args)

    def clear(self) -> int:
        """Drop everything, and keep nothing that is under way; return how many."""
        return self._drop_all()

    def now(self) -> float:
        """Return the time in seconds, by the clock that all ages are taken from."""
        return time.monotonic()

    def statistics(self) -> CacheStatistics:
        """Return the counts of this moment."""
        saved = round(self.counters.time_saved, 3)
        return replace(
            self.counters,
            time_saved=saved,
            entries=len(self.entries),
            size=self.entries.size,
        )

    def plain_terms(self, name: str, args: dict[str, Any]) -> CacheTerms | None:
        """Return the terms of a call by name and arguments alone, None if not JSON."""
        try:
            return CacheTerms(CacheKey.of(name, args), CachePolicy(ttl=self.ttl))
        except TypeError, ValueError, RecursionError:
            return None

    def find(self, terms: CacheTerms) -> Entry | None:
        """Return the entry for a call, fresh or not."""
        entry = self.entries.find(terms.key, self.now())
        if entry is not None and terms.policy.private and not entry.private:
            entry.private = True
            self.entries.on_change(True)
        return entry

    def hit(self, entry: Entry) -> llm.ToolResult:
        """Return a copy of a result that answers a call."""
        entry.hits += 1
        self.counters.hits += 1
        self.counters.time_saved += entry.cost
        age = entry.age(self.now())
        _LOGGER.debug("Hit %s, %.1f s old", entry.terms.key, age)
        result: llm.ToolResult = entry.result.copy()
        return result

    def keep(self, entry: Entry) -> None:
        """Keep a result, unless there is nothing to keep it for."""
        if self.ttl > 0 and not entry.is_over(self.now()):
            self.entries.add(entry)

    def touch(
        self,
        resources: Iterable[str],
        cause: str,
        change: Change = Change.WRITTEN,
        *,
        at_start: bool = False,
    ) -> None:
        """Drop what depends on the resources, and let no call under way be kept."""
        for dependant in {d for each in resources for d in self.dependencies.of(each)}:
            if isinstance(dependant, Flight):
                self.flights.close_to_others(dependant)
            elif not at_start or dependant.unverified_states is None:
                self.entries.touch(dependant, change, cause)

    def hold(self, resources: Iterable[str], seconds: float) -> None:
        """Keep nothing that depends on the resources for some seconds."""
        self.holds.hold(resources, self.now(), seconds)

    def start(
        self,
        terms: CacheTerms,
        ask: Callable[[], Awaitable[Any]],
        *,
        background: bool = False,
    ) -> Flight:
        """Make a call in a task; keep its result if nothing it depends on changes."""
        now = self.now()
        current = not self.holds.on(terms.depends_on, now)
        flight = Flight(terms, now, current, background)
        self.dependencies.add(flight, terms.depends_on)
        self.flights.start(flight, self._fly(flight, ask), self._landed)
        return flight

    async def close(self) -> None:
        """Drop everything, end every call under way, and keep and share nothing more."""
        self.ttl = 0.0
        self.holds.write_began((WHOLE_HOME,))
        self.clear()
        await self.flights.cancel_all()

    async def _fly(self, flight: Flight, ask: Callable[[], Awaitable[Any]]) -> Any:
        _IN_FLIGHT.set(True)
        async with asyncio.timeout(REFRESH_TIMEOUT if flight.background else None):
            result = await ask()
        terms, policy = flight.terms, flight.terms.policy
        if flight.current and policy.ttl > 0 and not failed(result):
            cost = self.now() - flight.began
            if snapshot := Snapshot.of(result):
                private = policy.private
                self.keep(Entry(terms, snapshot, flight.began, cost, private=private))
        return result

    def _landed(self, flight: Flight) -> None:
        self.dependencies.remove(flight, flight.terms.depends_on)

    def _drop_all(self, tool: str | None = None, args: str | None = None) -> int:
        for flight in self.flights.of(tool, args):
            self.flights.close_to_others(flight)
        doomed = self.entries.all(tool, args)
        for entry in doomed:
            self.entries.drop(entry, "by request")
        return len(doomed)


type TermsOf = Callable[[llm.ToolInput], Awaitable[CacheTerms | None]]
"""Returns on what terms a call may be answered from the cache; None: on none."""


class CachingDispatcher:
    """A dispatcher that answers what the cache knows, on the terms of `terms_of`."""

    def __init__(
        self,
        inner: Dispatcher,
        cache: ToolResultCache,
        terms_of: TermsOf | None = None,
    ) -> None:
        self._inner = inner
        self._cache = cache
        self._terms_of = terms_of or self._plain_terms

    async def __call__(self, call: llm.ToolInput) -> llm.ToolResult:
        """Return the result of a call; raise what `inner` raises."""
        terms = await self._terms_of(call)
        if terms is None:
            return await self._inner(call)
        now = self._cache.now()
        entry = self._cache.find(terms)
        if entry is not None and entry.is_fresh(now, terms.policy):
            call_span().use_cache(CacheUse.HIT, entry.cost)
            return self._cache.hit(entry)
        ask = partial(self._inner, call)
        if entry is not None and entry.may_be_revalidated(now, terms.policy):
            if self._cache.flights.find(terms.key, now) is None:
                self._cache.start(terms, ask, background=True)
            call_span().saved = entry.cost
            return self._stale(entry, "it is being fetched anew")
        return await self._fetch(terms, ask, now)

    async def has_result(self, call: llm.ToolInput) -> bool:
        """Return whether a call would be answered at once."""
        terms, now = await self._terms_of(call), self._cache.now()
        if terms is None or (entry := self._cache.find(terms)) is None:
            return False
        policy = terms.policy
        return entry.is_fresh(now, policy) or entry.may_be_revalidated(now, policy)

    async def _plain_terms(self, call: llm.ToolInput) -> CacheTerms | None:
        cache, (name, args) = self._cache, (call.tool_name, call.tool_args)
        return cache.plain_terms(name, args) if cache.ttl > 0 else None

    async def _fetch(
        self,
        terms: CacheTerms,
        ask: Callable[[], Awaitable[llm.ToolResult]],
        now: float,
    ) -> llm.ToolResult:
        """Make the call or join the one under way; let an old result stand in."""
        cache = self._cache
        # A call made inside one under way must not wait for that one.
        joined = None if _IN_FLIGHT.get() else cache.flights.find(terms.key, now)
        _LOGGER.debug("%s %s", "Join" if joined else "Miss", terms.key)
        if flight := joined:
            cache.counters.coalesced += 1
            cache.counters.time_saved += now - flight.began
            call_span().use_cache(CacheUse.JOINED, now - flight.began)
        else:
            cache.counters.misses += 1
            call_span().use_cache(CacheUse.MISS)
            flight = cache.start(terms, ask)
        try:
            result: llm.ToolResult = await cache.flights.wait(flight)
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) and task.cancelling():
                raise
            return error_result("The call was stopped before it ended.")
        except Exception as err:
            # Raised on, unless there is an old result, which then tells the error.
            if old := self._stand_in(terms, str(err) or type(err).__name__):
                return old
            raise
        if failed(result):
            error = str(result.data.get("error", "unknown error"))
            if old := self._stand_in(terms, error):
                return old
        snapshot = Snapshot.of(result) if joined else None
        return result if snapshot is None else snapshot.copy()

    def _stand_in(self, terms: CacheTerms, error: str) -> llm.ToolResult | None:
        """Return an old result in place of an error, if there is one that may be."""
        entry = self._cache.find(terms)
        if entry is None or not entry.may_stand_in(self._cache.now(), terms.policy):
            return None
        return self._stale(entry, f"a newer one cannot be had: {error}")

    def _stale(self, entry: Entry, why: str) -> llm.ToolResult:
        now = self._cache.now()
        entry.hits += 1
        self._cache.counters.stale_served += 1
        call_span().cache = CacheUse.STALE
        _LOGGER.debug("Stale %s, %.1f s old: %s", entry.terms.key, entry.age(now), why)
        return entry.as_old(now, why)


def failed(result: Any) -> bool:
    """Return whether a result is an error."""
    return isinstance(result, llm.ToolResult) and result.error
