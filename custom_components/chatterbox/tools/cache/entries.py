"""The entries of the cache: bounded, and found by what they depend on."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
import json
import logging
from typing import Any, Self

from homeassistant.helpers import llm
from homeassistant.helpers.json import json_dumps_sorted
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType

from .dependencies import Dependencies
from .policy import CachePolicy
from .snapshot import Snapshot
from .statistics import CacheStatistics

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CacheKey:
    """The question that a cached result answers."""

    tool: str
    args: str
    """JSON of the arguments with sorted keys."""
    scope: str = ""
    """JSON of what else the answer depends on: who asks, where, in which language."""

    @classmethod
    def of(cls, tool: str, args: Any, scope: dict[str, str] | None = None) -> Self:
        """Return the key of a call. Raises TypeError if the arguments are not JSON."""
        return cls(
            tool, json_dumps_sorted(args), json_dumps_sorted(scope) if scope else ""
        )

    @property
    def arguments(self) -> Any:
        """Return the arguments, read back from their JSON."""
        return json.loads(self.args)

    def __str__(self) -> str:
        return f"{self.tool} {self.args}"


@dataclass(frozen=True, slots=True)
class CacheTerms:
    """On what terms one call may be answered with another's result."""

    key: CacheKey
    policy: CachePolicy
    depends_on: frozenset[str] = frozenset()
    """The resources whose change makes the result another."""

    @property
    def shared_for(self) -> float:
        """Return for how many seconds others may join the call, never past the TTL."""
        policy = self.policy
        if policy.ttl > 0:
            return min(policy.shared_for, policy.ttl)
        return policy.shared_for


class Change(Enum):
    """What happened to a resource that results depend on."""

    WRITTEN = "written"
    """They are wrong, and dropped."""
    NEW_STATE = "new state"
    """Those whose policy outlives a state may still stand in for a failure."""
    UNAVAILABLE = "unavailable"
    """Those with a `stale_if_error` may still stand in for a failure."""


@dataclass(slots=True, eq=False)
class Entry:
    """A result that is kept."""

    terms: CacheTerms
    result: Snapshot
    began: float
    """When the call that fetched it began; monotonic, in seconds."""
    cost: float = 0.0
    """How long that call took, in seconds."""
    private: bool = False
    """Never written to disk."""
    outdated: bool = False
    """Changed since: only stands in where no other result can be had."""
    unverified_states: Mapping[str, str] | None = None
    """Digest of each entity's state without which it is not served after a restart."""

    hits: int = 0
    """How often it answered a call, since Home Assistant started."""

    def age(self, now: float) -> float:
        """Return its age in seconds."""
        return now - self.began

    @property
    def holds(self) -> bool:
        """Return whether nothing that it depends on has changed, as far as is known."""
        return not self.outdated and self.unverified_states is None

    def left(self, now: float) -> float:
        """Return for how many seconds it answers calls yet; 0 or less if it does not."""
        return self.terms.policy.ttl - self.age(now) if self.holds else 0.0

    def is_fresh(self, now: float, policy: CachePolicy) -> bool:
        """Return whether it is within its own TTL and that of the one who asks."""
        return self.holds and self.age(now) < min(self.terms.policy.ttl, policy.ttl)

    def may_be_revalidated(self, now: float, policy: CachePolicy) -> bool:
        """Return whether it may be served while it is fetched anew."""
        longer = policy.stale_while_revalidate
        return self.holds and longer > 0 and self.age(now) < policy.ttl + longer

    def may_stand_in(self, now: float, policy: CachePolicy) -> bool:
        """Return whether it may be served because no other result can be had."""
        return self.age(now) < policy.stale_if_error and (
            self.unverified_states is None or policy.outlives_state
        )

    def survives(self, change: Change) -> bool:
        """Return whether it may still stand in after a change."""
        policy = self.terms.policy
        if change is Change.NEW_STATE:
            return policy.outlives_state
        return change is Change.UNAVAILABLE and policy.stale_if_error > 0

    def as_old(self, now: float, why: str) -> llm.ToolResult:
        """Return a copy that says how old it is, and why it is served."""
        result: llm.ToolResult = self.result.copy()
        fetched = dt_util.now() - timedelta(seconds=self.age(now))
        note: JsonObjectType = {
            "as_of": fetched.isoformat(timespec="seconds"),
            "age_minutes": round(self.age(now) / 60),
            "reason": why,
        }
        return llm.ToolResult(data={**result.data, "stale": note})

    def is_over(self, now: float) -> bool:
        """Return whether nothing can be done with it any more."""
        policy = self.terms.policy
        served_for = (
            0.0 if self.outdated else policy.ttl + policy.stale_while_revalidate
        )
        return self.age(now) >= max(served_for, policy.stale_if_error)


class CacheEntries:
    """Entries by key, least recently used first."""

    def __init__(
        self,
        dependencies: Dependencies[Any],
        counters: CacheStatistics,
        max_entries: int,
        max_bytes: int,
    ) -> None:
        self.on_change: Callable[[bool], None] = lambda _: None
        """Told that entries have changed, and whether one was dropped."""
        self.as_it_was: Callable[[Mapping[str, str]], bool] = lambda _: True
        """Tells whether entities are in the states with these digests."""
        self.subscribe: Callable[[CacheTerms], list[Callable[[], object]]] = lambda _: []
        """Listens to what the entities of a kept result tell; returns what ends it."""
        self._subscribed: dict[CacheKey, list[Callable[[], object]]] = {}
        self.size = 0
        self._dependencies = dependencies
        self._counters = counters
        self._entries: OrderedDict[CacheKey, Entry] = OrderedDict()
        self._max_entries = max_entries
        self._max_bytes = max_bytes

    def __len__(self) -> int:
        return len(self._entries)

    def all(self, tool: str | None = None, args: str | None = None) -> list[Entry]:
        """Return all entries, those of a tool, or those of one call of it."""
        return [
            entry
            for key, entry in self._entries.items()
            if tool in (None, key.tool) and args in (None, key.args)
        ]

    def find(self, key: CacheKey, now: float) -> Entry | None:
        """Return the entry, fresh or not; one that is over is evicted."""
        if (entry := self._entries.get(key)) is None:
            return None
        if entry.is_over(now):
            self.drop(entry, "expired")
            return None
        if entry.unverified_states is not None and self.as_it_was(
            entry.unverified_states
        ):
            entry.unverified_states = None
            self._subscribe(entry)
        self._entries.move_to_end(key)
        return entry

    def add(self, entry: Entry) -> None:
        """Take an entry in, and put out the least recently used until there is room."""
        key = entry.terms.key
        if (old := self._entries.get(key)) is not None:
            if old.began > entry.began:
                # A call that took long must not bring back what was before.
                return
            entry.private |= old.private
            self._remove(old)
        if entry.result.size > self._max_bytes:
            _LOGGER.debug("Not stored, too large: %s", key)
            self.on_change(True)
            return
        self._entries[key] = entry
        self.size += entry.result.size
        self._dependencies.add(entry, entry.terms.depends_on)
        self._subscribe(entry)
        self._counters.stored += 1
        policy = entry.terms.policy
        _LOGGER.debug(
            "Store %s: %d bytes for %.0f s (%s)",
            key,
            entry.result.size,
            policy.ttl,
            policy.reason or "by default",
        )
        while len(self._entries) > self._max_entries or self.size > self._max_bytes:
            self._counters.evicted += 1
            self.drop(next(iter(self._entries.values())), "evicted for want of room")
        self.on_change(False)

    def touch(self, entry: Entry, change: Change, cause: str) -> None:
        """Drop an entry that a change made wrong, or let it do no more than stand in."""
        if entry.survives(change):
            entry.outdated = True
            self._unsubscribe(entry)
            _LOGGER.debug("Outdated %s: %s", entry.terms.key, cause)
            self.on_change(True)
        else:
            self._counters.invalidated += 1
            self.drop(entry, f"invalidated by {cause}")

    def drop(self, entry: Entry, cause: str) -> None:
        """Remove an entry and say why."""
        self._remove(entry)
        _LOGGER.debug("Drop %s: %s", entry.terms.key, cause)
        self.on_change(True)

    def _remove(self, entry: Entry) -> None:
        del self._entries[entry.terms.key]
        self._unsubscribe(entry)
        self.size -= entry.result.size
        self._dependencies.remove(entry, entry.terms.depends_on)

    def _subscribe(self, entry: Entry) -> None:
        if entry.holds:
            self._subscribed[entry.terms.key] = self.subscribe(entry.terms)

    def _unsubscribe(self, entry: Entry) -> None:
        for stop in self._subscribed.pop(entry.terms.key, ()):
            stop()
