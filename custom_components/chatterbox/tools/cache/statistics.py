"""What the cache was worth."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CacheStatistics:
    """Counts since the cache was made."""

    hits: int
    """Answered with a result that was kept, within its TTL."""
    misses: int
    """Calls that were made because nothing could be served."""
    coalesced: int
    """Joined a call of somebody else that was under way."""
    stale_served: int
    """Answered with an old result that says so."""
    stored: int
    evicted: int
    invalidated: int
    """Dropped because something that they depend on was written or changed."""
    time_saved: float
    """Seconds that callers would have waited for calls that were not made."""
    entries: int
    size: int
    """Of all entries as JSON, in bytes."""


@dataclass(slots=True)
class CacheCounters:
    """The counts as they grow."""

    hits: int = 0
    misses: int = 0
    coalesced: int = 0
    stale_served: int = 0
    stored: int = 0
    evicted: int = 0
    invalidated: int = 0
    time_saved: float = 0.0

    def snapshot(self, entries: int, size: int) -> CacheStatistics:
        """Return the counts of this moment."""
        return CacheStatistics(
            hits=self.hits,
            misses=self.misses,
            coalesced=self.coalesced,
            stale_served=self.stale_served,
            stored=self.stored,
            evicted=self.evicted,
            invalidated=self.invalidated,
            time_saved=round(self.time_saved, 3),
            entries=entries,
            size=size,
        )
