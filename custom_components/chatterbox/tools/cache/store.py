"""Results that outlive a restart."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
import logging
import os
from typing import Any, Final

from homeassistant.const import __version__ as ha_version
from homeassistant.core import HomeAssistant, callback, valid_entity_id
from homeassistant.helpers import llm
from homeassistant.helpers.json import json_bytes
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
import probatio

from ...const import DOMAIN
from ..resources import holds_many
from .cache import ToolResultCache
from .entries import CacheKey, CacheTerms, Entry
from .policy import CachePolicy
from .snapshot import Snapshot
from .state_changes import digest

_LOGGER = logging.getLogger(__name__)

STORAGE_KEY: Final = f"{DOMAIN}.tool_results"
STORAGE_VERSION: Final = 1
SAVE_DELAY: Final = 60.0
"""Seconds; flash memory wears, and what is lost is fetched again."""
_FOREVER: Final = 1e12
"""Seconds."""
DROP_DELAY: Final = 1.0
"""Seconds after a drop: what is known to be wrong must not come back after a crash."""

_SECONDS: Final = probatio.All(
    probatio.Any(int, float),
    probatio.Coerce(float),
    probatio.Range(-_FOREVER, _FOREVER),
)
_SCHEMA: Final = probatio.Schema(
    {
        "home_assistant": str,
        "results": [
            {
                "tool": str,
                "args": str,
                "scope": str,
                "policy": {
                    "ttl": _SECONDS,
                    "stale_while_revalidate": _SECONDS,
                    "stale_if_error": _SECONDS,
                    "outlives_state": bool,
                    "shared_for": _SECONDS,
                    "private": bool,
                    "reason": str,
                },
                "depends_on": [str],
                "states": {probatio.Optional(str): str},
                "began": _SECONDS,
                "cost": _SECONDS,
                "outdated": bool,
                "data": dict,
            }
        ],
    },
    required=True,
)
"""The file. What is not like this is none of ours."""


class KeptResults:
    """The entries that may be written, on disk, by the wall clock."""

    def __init__(
        self,
        hass: HomeAssistant,
        cache: ToolResultCache,
        private_tools: Callable[[], set[str]] = set,
    ) -> None:
        self._hass = hass
        self.active = False
        self._dropped = False
        self._due: float | None = None
        """When it is written next, by the event loop's clock."""
        self._cache = cache
        self._private_tools = private_tools
        cache.entries.as_it_was = self._as_it_was
        self._store = Store[dict[str, Any]](
            hass, STORAGE_VERSION, STORAGE_KEY, private=True, atomic_writes=True
        )

    async def async_start(self) -> None:
        """Read what is still good, set aside what cannot be read; write from now on."""
        self.active = True
        try:
            stored = await self._store.async_load()
            entries = [] if stored is None else self._read(_SCHEMA(stored))
        except Exception as err:
            # Whatever is wrong with the file, it is but a cache.
            await self._set_aside(err)
            entries = []
        for entry in entries:
            depends_on, now = entry.terms.depends_on, self._cache.now()
            if not self._cache.holds.on(depends_on, now) and not self._cache.find(
                entry.terms
            ):
                self._cache.keep(entry)
        _LOGGER.debug("Read %d kept results", len(entries))
        self._cache.entries.on_change = self._schedule

    @callback
    def _schedule(self, dropped: bool) -> None:
        """Write soon, and no later than was said before."""
        delay = DROP_DELAY if dropped else SAVE_DELAY
        due = self._hass.loop.time() + delay
        if self._due is None or due < self._due:
            self._due = due
            self._store.async_delay_save(self._written, delay)

    async def async_stop(self) -> None:
        """Write what there is, and what is dropped meanwhile no more."""
        self._dropped = True
        self._cache.entries.on_change = self._note
        while self.active and self._dropped:
            self._dropped = False
            await self._store.async_save(self._written())
        self._cache.entries.on_change = lambda dropped: None

    @callback
    def _note(self, dropped: bool) -> None:
        self._dropped |= dropped

    async def async_remove(self) -> None:
        """Remove what is on disk."""
        await self._store.async_remove()

    def _written(self) -> dict[str, Any]:
        self._due = None
        now, wall = self._cache.now(), dt_util.utcnow().timestamp()
        private = self._private_tools()
        return {
            "home_assistant": ha_version,
            "results": [
                item
                for entry in self._cache.entries.all()
                if not entry.is_over(now)
                and entry.terms.key.tool not in private
                and (item := self._item(entry, wall - entry.age(now)))
            ],
        }

    def _item(self, entry: Entry, began: float) -> dict[str, Any] | None:
        terms = entry.terms
        result = entry.result.copy()
        if (
            entry.private
            or not isinstance(result, llm.ToolResult)
            or any(map(holds_many, terms.depends_on))
        ):
            return None
        try:
            json_bytes(result.data)
        except TypeError, ValueError:
            return None
        return {
            "tool": terms.key.tool,
            "args": terms.key.args,
            "scope": terms.key.scope,
            "policy": asdict(terms.policy),
            "depends_on": sorted(terms.depends_on),
            "states": self._states(terms)
            if entry.unverified_states is None
            else entry.unverified_states,
            "began": began,
            "cost": entry.cost,
            "outdated": entry.outdated,
            "data": result.data,
        }

    def _states(self, terms: CacheTerms) -> dict[str, str]:
        return {
            each: digest(self._hass.states.get(each))
            for each in terms.depends_on
            if valid_entity_id(each)
        }

    def _as_it_was(self, states: Mapping[str, str]) -> bool:
        return all(
            digest(self._hass.states.get(entity_id)) == known
            for entity_id, known in states.items()
        )

    def _read(self, stored: Mapping[str, Any]) -> list[Entry]:
        if stored["home_assistant"] != ha_version:
            _LOGGER.debug("Kept results are from another version of Home Assistant")
            return []
        wall = dt_util.utcnow().timestamp()
        return [
            self._entry(item, age)
            for item in stored["results"]
            # A clock that was set back says nothing of the age.
            if (age := wall - item["began"]) >= 0
        ]

    def _entry(self, item: Mapping[str, Any], age: float) -> Entry:
        terms = CacheTerms(
            CacheKey(item["tool"], item["args"], item["scope"]),
            CachePolicy(**item["policy"]),
            frozenset(item["depends_on"]),
        )
        result = Snapshot.of(llm.ToolResult(data=item["data"]))
        if result is None:
            raise ValueError("a result is not JSON")
        return Entry(
            terms,
            result,
            self._cache.now() - age,
            cost=item["cost"],
            outdated=item["outdated"],
            unverified_states=item["states"],
        )

    async def _set_aside(self, err: Exception) -> None:
        aside = f"{self._store.path}.unreadable"
        _LOGGER.warning(
            "Kept tool results cannot be read (%s: %s); the file is set aside as %s "
            "and the cache starts empty",
            type(err).__name__,
            err,
            aside,
        )
        with suppress(OSError):
            await self._hass.async_add_executor_job(os.replace, self._store.path, aside)
