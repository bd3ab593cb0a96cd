"""A cache that listens to a home, for the tests of what it hears."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from homeassistant.core import (
    HomeAssistant,
)
from homeassistant.helpers import entity_registry as er, llm
from homeassistant.setup import async_setup_component

from custom_components.chatterbox.tools.cache.cache import ToolResultCache
from custom_components.chatterbox.tools.cache.dependencies import (
    EXPOSURE,
    dependencies_of_read,
)
from custom_components.chatterbox.tools.cache.entries import CacheKey, CacheTerms, Entry
from custom_components.chatterbox.tools.cache.invalidation import Invalidator
from custom_components.chatterbox.tools.cache.policy import CachePolicy

from .caching import Clock, snapshot_of


class Kept:
    """A cache that listens to the home, and one result at a time in it."""

    def __init__(self, hass: HomeAssistant, clock: Clock) -> None:
        """Listen."""
        self.hass = hass
        self.clock = clock
        self.cache = ToolResultCache(create_task=hass.async_create_background_task)
        self.invalidator = Invalidator(hass, self.cache)
        self.invalidator.start()

    def put(self, *reads: str, plain: bool = False) -> None:
        """Keep a result that was read from these."""
        depends_on = (
            frozenset(reads) if plain else dependencies_of_read(self.hass, reads)
        )
        terms = CacheTerms(
            CacheKey.of("tool", {}), CachePolicy(ttl=300.0), depends_on | {EXPOSURE}
        )
        self.cache.keep(
            Entry(terms, snapshot_of(llm.ToolResult(data={"a": 1})), self.cache.now())
        )
        assert self.there

    @property
    def there(self) -> bool:
        """Return whether the result is still in."""
        return len(self.cache) == 1

    def blocked(self, *reads: str) -> bool:
        """Return whether a call that begins now would not be kept."""
        return self.cache.holds.on(
            dependencies_of_read(self.hass, reads), self.cache.now()
        )


@asynccontextmanager
async def listening(hass: HomeAssistant, clock: Clock) -> AsyncIterator[Kept]:
    """Give a cache that listens to a home with a calendar and two weather entities."""
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    registry = er.async_get(hass)
    for entity_id, platform in (
        ("weather.home", "met"),
        ("weather.cabin", "met"),
        ("calendar.family", "caldav"),
        ("media_player.radio", "cast"),
    ):
        domain, name = entity_id.split(".")
        registry.async_get_or_create(domain, platform, name, suggested_object_id=name)
        hass.states.async_set(entity_id, "on", {"friendly_name": name})
    await hass.async_block_till_done()
    kept = Kept(hass, clock)
    try:
        yield kept
    finally:
        kept.invalidator.stop()
        await kept.cache.close()
