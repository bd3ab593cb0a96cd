"""The turns that are on, and the last ones of each agent, for whoever shows them."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
import logging
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.singleton import singleton
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.ulid import ulid_now

from .timings import TurnTimings
from .turn_record import (
    AnsweredBy,
    TurnAgent,
    TurnOutcome,
    TurnRecord,
    record,
    turn_as_dict,
    without_private,
)

_LOGGER = logging.getLogger(__name__)

KEPT_TURNS: Final = 50
CANCELLED: Final = "cancelled"


@dataclass(slots=True, eq=False)
class RunningTurn:
    """A turn that is on."""

    agent: TurnAgent
    timings: TurnTimings
    id: str = field(default_factory=ulid_now)
    fault: str | None = None
    """Translation key of the sentence that was said in place of an answer."""
    answered_by: AnsweredBy = AnsweredBy.MODEL
    heard: str | None = None
    answered: str | None = None

    @property
    def outcome(self) -> TurnOutcome:
        """Return how the turn ended, as far as it is known."""
        if self.fault is None:
            return TurnOutcome.DONE
        return TurnOutcome.CANCELLED if self.fault == CANCELLED else TurnOutcome.FAILED

    def as_dict(self, *, private: bool = True) -> dict[str, Any]:
        """Return the turn as far as it has come."""
        said = None if self.heard is None else (self.heard, self.answered)
        turn = turn_as_dict(
            self.id,
            self.agent,
            self.timings,
            outcome=self.outcome,
            fault=self.fault,
            answered_by=self.answered_by,
            said=said,
        )
        return turn if private else without_private(turn)


type TurnListener = Callable[[RunningTurn, TurnRecord | None], None]
"""Told when a turn begins, without a record, and when it has ended, with one."""


@dataclass(slots=True, eq=False)
class TurnLog:
    """All turns of a home that can be shown; in memory, gone with a restart."""

    running: dict[str, RunningTurn] = field(default_factory=dict)
    _kept: defaultdict[str, deque[TurnRecord]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=KEPT_TURNS))
    )
    _listeners: list[TurnListener] = field(default_factory=list)

    @contextmanager
    def turn(
        self, agent: TurnAgent, timings: TurnTimings, heard: str | None = None
    ) -> Iterator[RunningTurn]:
        """Let the block be a turn; one that an exception leaves was cut short."""
        turn = RunningTurn(agent, timings, heard=heard)
        self.running[turn.id] = turn
        self._tell(turn, None)
        try:
            yield turn
        except BaseException:
            turn.fault = CANCELLED
            raise
        finally:
            del self.running[turn.id]
            timings.turn_ended()
            ended = record(turn.as_dict(), agent, timings)
            self._kept[agent.subentry_id].append(ended)
            self._tell(turn, ended)

    def last(self, subentry_id: str) -> tuple[TurnRecord, ...]:
        """Return the last turns of an agent, the oldest first."""
        return tuple(self._kept.get(subentry_id, ()))

    @callback
    def async_listen(self, listener: TurnListener) -> CALLBACK_TYPE:
        """Tell the listener of turns until what is returned is called."""
        self._listeners.append(listener)

        @callback
        def stop() -> None:
            self._listeners.remove(listener)

        return stop

    @callback
    def forget(self, subentry_ids: Iterable[str]) -> None:
        """Forget the turns of agents that are gone."""
        for subentry_id in subentry_ids:
            self._kept.pop(subentry_id, None)

    def _tell(self, turn: RunningTurn, ended: TurnRecord | None) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(turn, ended)
            except Exception:
                # Who looks on must not keep a turn from its end.
                _LOGGER.exception("Error telling of a turn")


DATA_TURNS: HassKey[TurnLog] = HassKey("chatterbox_turns")


@callback
@singleton(DATA_TURNS)
def async_get_turns(hass: HomeAssistant) -> TurnLog:
    """Return the turns of the home."""
    return TurnLog()
