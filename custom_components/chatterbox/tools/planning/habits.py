"""What tools that declare nothing have been seen to do, kept over restarts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import logging
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import llm
from homeassistant.helpers.singleton import singleton
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from ...const import DOMAIN
from ..services.annotations import annotations_of
from .effects import effects_of

_LOGGER = logging.getLogger(__name__)

PROVEN: Final = 10
"""Runs without touching the home after which a tool is held to its integration."""
_VERSION: Final = 1
_SAVE_DELAY: Final = 60.0
"""Seconds."""


@dataclass(slots=True)
class Habit:
    """What one tool has been seen to do."""

    runs: int = 0
    touches: bool = False

    @property
    def keeps_to_itself(self) -> bool:
        """Return whether it has been seen often enough to touch nothing."""
        return not self.touches and self.runs >= PROVEN


@dataclass(slots=True, eq=False)
class ToolHabits:
    """The habits of all tools that declare nothing, by integration and name."""

    hass: HomeAssistant
    _habits: dict[str, Habit] = field(default_factory=dict)
    _store: Store[dict[str, Any]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._store = Store(self.hass, _VERSION, f"{DOMAIN}.tool_habits")

    async def async_load(self) -> None:
        """Read what was seen before; anything odd in the file is nothing seen."""
        try:
            stored = await self._store.async_load() or {"tools": {}}
            self._habits = {
                str(key): Habit(int(habit["runs"]), bool(habit["touches"]))
                for key, habit in stored["tools"].items()
            } | self._habits
        except Exception as err:
            # A tool of which nothing is known is ordered with more care.
            _LOGGER.warning("What tools were seen to do cannot be read: %s", err)

    async def async_remove(self) -> None:
        """Forget everything, on disk too."""
        self._habits.clear()
        await self._store.async_remove()

    def of(self, tool: llm.Tool) -> Habit:
        """Return what a tool has been seen to do, kept up as it runs."""
        key = f"{tool.integration or ''}/{tool.name}"
        return self._habits.setdefault(key, Habit())

    @callback
    def save(self) -> None:
        """Write soon."""
        self._store.async_delay_save(
            lambda: {
                "tools": {
                    key: {"runs": habit.runs, "touches": habit.touches}
                    for key, habit in self._habits.items()
                }
            },
            _SAVE_DELAY,
        )


@dataclass(slots=True, eq=False)
class WatchedCall:
    """One call of a tool that declares nothing."""

    habits: ToolHabits
    habit: Habit

    @callback
    def service_called(
        self, domain: str, service: str, data: Mapping[str, Any]
    ) -> frozenset[str]:
        """Return what a service that the tool calls writes, and remember that it does."""
        hass, name = self.habits.hass, f"{domain}.{service}"
        answers = hass.services.supports_response(domain, service)
        if annotations_of(name, answers).read_only:
            return frozenset()
        effects = effects_of(hass, name, data)
        if effects.complete and not effects.resources:
            return frozenset()
        self.acted()
        return effects.resources

    @callback
    def acted(self) -> None:
        """Remember that the tool touches the home."""
        if not self.habit.touches:
            self.habit.touches = True
            self.habits.save()

    @callback
    def ended(self) -> None:
        """Count the run."""
        if self.habit.runs < PROVEN:
            self.habit.runs += 1
            self.habits.save()


DATA_HABITS: HassKey[ToolHabits] = HassKey("chatterbox_tool_habits")


@callback
@singleton(DATA_HABITS)
def async_get_habits(hass: HomeAssistant) -> ToolHabits:
    """Return the habits of the home's tools."""
    return ToolHabits(hass)
