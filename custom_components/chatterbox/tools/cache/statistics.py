"""What the cache was worth."""

from dataclasses import dataclass


@dataclass(slots=True)
class CacheStatistics:
    """Counts since the cache was made."""

    hits: int = 0
    """Answered with a result that was kept, within its TTL."""
    misses: int = 0
    """Calls that were made because nothing could be served."""
    coalesced: int = 0
    """Joined a call of somebody else that was under way."""
    stale_served: int = 0
    """Answered with an old result that says so."""
    stored: int = 0
    evicted: int = 0
    invalidated: int = 0
    """Dropped because something that they depend on was written or changed."""
    time_saved: float = 0.0
    """Seconds that callers would have waited for calls that were not made."""
    entries: int = 0
    """Kept at the moment of `ToolResultCache.statistics`."""
    size: int = 0
    """Of all entries as JSON, in bytes."""
