"""Results looked up before a model asks for them."""

from dataclasses import dataclass
from functools import partial

from homeassistant.helpers import llm

from ..calls import Dispatcher
from .cache import TermsOf, ToolResultCache
from .entries import CacheTerms

ABOUT_TO_EXPIRE = 0.2
"""Share of a TTL that is left of a result which is fetched anew before it is asked for."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A result that holds now."""

    result: llm.ToolResult
    age: float
    """Seconds since it was asked for."""


@dataclass(frozen=True, slots=True)
class LookAhead:
    """Answers calls that nobody has made yet, as the cache would answer them.

    Only what is kept for a while, not private, not old. A fetch outlives who waits: a
    call that is made may join it.
    """

    inner: Dispatcher
    cache: ToolResultCache
    terms_of: TermsOf

    async def may(self, call: llm.ToolInput) -> bool:
        """Return whether a call may be looked up, and learnt."""
        return await self._terms(call) is not None

    async def look(self, call: llm.ToolInput) -> Looked | None:
        """Return what a call would return, None if unknown. Raises what it raises."""
        if (terms := await self._terms(call)) is None:
            return None
        cache, now = self.cache, self.cache.now()
        entry = cache.find(terms)
        if entry is not None and entry.is_fresh(now, terms.policy):
            return Looked(cache.hit(entry), entry.age(now))
        if flight := cache.flights.find(terms.key, now):
            cache.counters.coalesced += 1
        else:
            cache.counters.misses += 1
            flight = cache.start(terms, partial(self.inner, call), background=True)
        await cache.flights.wait(flight)
        # Not kept is what failed, and what was written to while it was under way.
        entry, now = cache.find(terms), cache.now()
        if entry is None or not entry.is_fresh(now, terms.policy):
            return None
        return Looked(entry.result.copy(), entry.age(now))

    async def refresh(self, call: llm.ToolInput) -> float | None:
        """Fetch in the background what is not kept; return for how many seconds it is."""
        if (terms := await self._terms(call)) is None:
            return None
        cache, now = self.cache, self.cache.now()
        entry, ttl = cache.find(terms), terms.policy.ttl
        if entry is not None and entry.left(now) > ttl * ABOUT_TO_EXPIRE:
            return None
        if cache.flights.find(terms.key, now) or cache.holds.on(terms.depends_on, now):
            return None
        cache.start(terms, partial(self.inner, call), background=True)
        return ttl

    async def _terms(self, call: llm.ToolInput) -> CacheTerms | None:
        terms = await self.terms_of(call)
        if terms is None or terms.policy.ttl <= 0 or terms.policy.private:
            return None
        return terms
