"""What one turn foresees, shows the model in its note, and learns."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
import json
import logging
from typing import Final

from homeassistant.components import conversation
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import llm
from homeassistant.util import dt as dt_util

from ...tools.cache.cache import ToolResultCache
from ...tools.cache.look_ahead import Looked
from ...tools.cache.policy import CacheOptions
from ...tools.dispatch.call_record import TaskOwner
from ...tools.durations import ToolDurations
from ...tools.look_ahead import ToolLookAhead
from ...tools.toolbox import Toolbox
from ..dangerous_names import DangerousNames
from ..messages import result_json
from .foreseen import Foreseen
from .learnt import async_get_learnt
from .lesson import async_reads, was_used
from .table import LearntTable
from .times import absolute
from .words import foretelling_words

_LOGGER = logging.getLogger(__name__)

MOST: Final = 2
"""Results in one note."""
PATIENCE: Final = 0.15
"""Seconds from the start of a turn that a result is waited for."""
MAX_TOKENS: Final = 600
LEFT_OUT: Final = "(Results that were read for this are left out.)"
"""In their place, in later turns of the conversation."""
CHARACTERS_PER_TOKEN: Final = 3
"""Fewer than of prose: results are figures, names and punctuation."""


@dataclass(slots=True, kw_only=True)
class Foresight:
    """The foresight of one turn, for who speaks."""

    hass: HomeAssistant
    owner: TaskOwner
    looking: ToolLookAhead | None
    """None where nothing is foreseen."""
    durations: ToolDurations
    agent: str
    person: str | None
    """The user id of who speaks, where Home Assistant knows."""
    sentence: str
    dangerous: DangerousNames
    """Whoever wrote a calendar must have no part in what is done to these."""
    found: list[Foreseen] = field(default_factory=list)
    _words: tuple[str, ...] = field(init=False)
    _until: float = field(init=False)

    def __post_init__(self) -> None:
        self._words = foretelling_words(self.sentence)
        self._until = self.hass.loop.time() + PATIENCE

    @callback
    def start(self) -> None:
        """Begin to look up what the sentence foretells."""
        if (looking := self.looking) is None:
            return
        calls = self._table.foretold(self._words, MOST)
        if not calls or self.dangerous.may_be_meant:
            return
        now = dt_util.now()
        for call in calls:
            try:
                args = absolute(json.loads(call.args), now)
            except ValueError:
                continue
            task = self.owner.async_create_task(
                self.hass, _look(looking, call.as_input(args)), f"foresee {call.tool}"
            )
            self.found.append(Foreseen(call, task))

    @property
    def _table(self) -> LearntTable:
        return async_get_learnt(self.hass).of(self.agent, self.person)

    async def lines(self) -> list[str]:
        """Return the lines of the note: what has come in time."""
        waited = [
            foreseen.task
            for foreseen in self.found
            if not self.durations.is_slow(foreseen.call.tool, PATIENCE)
        ]
        left = self._until - self.hass.loop.time()
        if waited and left > 0:
            await asyncio.wait(waited, timeout=left)
        lines: list[str] = []
        room = MAX_TOKENS * CHARACTERS_PER_TOKEN
        for foreseen in self.found:
            if (looked := _result(foreseen.task)) is None:
                continue
            line = _line(looked)
            if len(line) <= room:
                room -= len(line)
                foreseen.looked = looked
                lines.append(line)
                self._heard(foreseen.call.tool, looked)
        return lines

    def _heard(self, tool: str, looked: Looked) -> None:
        toolbox = self.looking.toolbox if self.looking else None
        if toolbox and (found := toolbox.find(tool)):
            toolbox.guard.heard(found, looked.result)

    @property
    def shown(self) -> list[Foreseen]:
        """Return what is in the note."""
        return [foreseen for foreseen in self.found if foreseen.looked]

    @callback
    def close(self) -> None:
        """Wait for nothing more; what is under way may still be joined."""
        for foreseen in self.found:
            foreseen.task.cancel()

    async def learn(self, said: Iterable[conversation.Content]) -> None:
        """Learn from what the model called and answered in the turn, in order."""
        if self.looking is None:
            return
        try:
            await self._learn(list(said), self.looking)
        except Exception:
            # The person has their answer, which what goes wrong here must not undo.
            _LOGGER.exception("Error learning from a turn")

    async def _learn(
        self, contents: list[conversation.Content], looking: ToolLookAhead
    ) -> None:
        calls = await async_reads(contents, looking)
        for foreseen in self.shown:
            foreseen.used = foreseen.call not in calls and was_used(
                foreseen.looked, contents
            )
            if foreseen.used:
                calls.add(foreseen.call)
        unclear = not calls and any(f.used is None for f in self.shown)
        if not self._words or unclear:
            return
        now = dt_util.now()
        self._table.learn(self._words, calls, now.hour, now.timestamp())
        async_get_learnt(self.hass).save()
        _LOGGER.debug(
            "Foresaw %d, of which %d used",
            len(self.shown),
            sum(bool(foreseen.used) for foreseen in self.shown),
        )


@callback
def async_foresight(
    hass: HomeAssistant,
    owner: TaskOwner,
    toolbox: Toolbox,
    *,
    cache: ToolResultCache | None,
    options: CacheOptions,
    durations: ToolDurations,
    agent: str | None,
    person: str | None,
    sentence: str,
    dangerous: DangerousNames,
) -> Foresight:
    """Return the foresight of a turn; without an agent to learn it foresees nothing."""
    looking = None
    if agent and cache is not None:
        looking = ToolLookAhead.of(toolbox, cache, options)
    return Foresight(
        hass=hass,
        owner=owner,
        looking=looking,
        durations=durations,
        agent=agent or "",
        person=person,
        sentence=sentence,
        dangerous=dangerous,
    )


async def _look(looking: ToolLookAhead, call: llm.ToolInput) -> Looked | None:
    try:
        return await looking.look(call)
    except Exception as err:
        # A tool is anybody's code; the model may still call it and be told.
        _LOGGER.debug("%s could not be looked up: %s", call.tool_name, err)
        return None


def _result(task: asyncio.Task[Looked | None]) -> Looked | None:
    return None if not task.done() or task.cancelled() else task.result()


def _line(looked: Looked) -> str:
    read = dt_util.now() - timedelta(seconds=looked.age)
    minutes = round(looked.age / 60)
    ago = f" ({minutes} min ago)" if minutes else ""
    return f"Read at {read:%H:%M}{ago}, to answer from: {result_json(looked.result)}"
