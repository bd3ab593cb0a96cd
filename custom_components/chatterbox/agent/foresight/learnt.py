"""What all agents have learnt, over restarts."""

from collections.abc import Collection
from dataclasses import dataclass, field
import logging
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.singleton import singleton
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from ...const import DOMAIN
from .table import LearntTable

_LOGGER = logging.getLogger(__name__)

MAX_PEOPLE: Final = 16
"""Tables of one agent; who has spoken least recently is forgotten."""
ANYBODY: Final = ""
"""Whose table it is where Home Assistant does not know who speaks."""
_VERSION: Final = 1
_SAVE_DELAY: Final = 60.0
"""Seconds."""


@dataclass(slots=True, eq=False)
class LearntReads:
    """The tables of all agents, one for each person that Home Assistant knows."""

    hass: HomeAssistant
    _tables: dict[str, dict[str, LearntTable]] = field(default_factory=dict)
    """By the agent's subentry id, then by user id; who spoke last comes last."""
    _store: Store[dict[str, Any]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._store = Store(
            self.hass, _VERSION, f"{DOMAIN}.foresight", private=True, atomic_writes=True
        )

    async def async_load(self) -> None:
        """Read what was learnt before; of a file that is odd, nothing."""
        try:
            stored = await self._store.async_load() or {"agents": {}}
            self._tables = {
                str(agent): {
                    str(person): LearntTable.from_dict(table)
                    for person, table in people.items()
                }
                for agent, people in stored["agents"].items()
            }
        except Exception as err:
            # Whatever is wrong with the file, it only saves time.
            _LOGGER.warning("What was learnt to foresee cannot be read: %s", err)

    async def async_remove(self) -> None:
        """Forget everything, on disk too."""
        self._tables.clear()
        await self._store.async_remove()

    def of(self, agent: str, person: str | None) -> LearntTable:
        """Return the table of an agent for who speaks, kept up by whoever has it."""
        people = self._tables.setdefault(agent, {})
        table = people.pop(person or ANYBODY, None) or LearntTable()
        people[person or ANYBODY] = table
        while len(people) > MAX_PEOPLE:
            del people[next(iter(people))]
        return table

    @callback
    def save(self) -> None:
        """Write soon."""
        self._store.async_delay_save(self._as_dict, _SAVE_DELAY)

    @callback
    def clear(self) -> int:
        """Forget everything, and write so at once; returns how many words it was."""
        words = sum(len(t) for people in self._tables.values() for t in people.values())
        self._tables.clear()
        self._store.async_delay_save(self._as_dict, 0)
        return words

    @callback
    def keep_only(self, agents: Collection[str]) -> None:
        """Forget what other agents have learnt."""
        if gone := self._tables.keys() - set(agents):
            for agent in gone:
                del self._tables[agent]
            self._store.async_delay_save(self._as_dict, 0)

    @callback
    def forget_person(self, person: str) -> None:
        """Forget what one person asked for."""
        for people in self._tables.values():
            if people.pop(person, None):
                self._store.async_delay_save(self._as_dict, 0)

    def _as_dict(self) -> dict[str, Any]:
        return {
            "agents": {
                agent: {
                    person: table.as_dict() for person, table in people.items() if table
                }
                for agent, people in self._tables.items()
            }
        }


DATA_LEARNT_READS: HassKey[LearntReads] = HassKey("chatterbox_foresight")


@callback
@singleton(DATA_LEARNT_READS)
def async_get_learnt(hass: HomeAssistant) -> LearntReads:
    """Return what the home's agents have learnt."""
    return LearntReads(hass)
