"""The dangerous calls that wait for a person's answer, in memory and nowhere else."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
import time
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import chat_session
from homeassistant.util.hass_dict import HassKey

from ..planning.call_effects import CallEffects
from .codes import Lockout

WAIT: Final = 60.0
"""Seconds that a person may take to answer."""
MAX_NAMED: Final = 6
"""Things that one question names; who could keep more of them in mind?"""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who is asked, and where. Another one's answer is none."""

    agent_id: str
    conversation_id: str
    device_id: str | None
    satellite_id: str | None
    user_id: str | None
    automated: bool = False
    """The sentence came from an automation, a script or a timer."""

    @property
    def can_answer(self) -> bool:
        """Return whether there is anybody to ask."""
        if self.automated:
            return False
        return bool(self.device_id or self.satellite_id or self.user_id)


@dataclass(frozen=True, slots=True)
class Deed:
    """What a call does that is dangerous: what is done, and to which things by name."""

    harm: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskedCall:
    """A call that waits for a person, and all that it was for when it was asked."""

    tool_name: str
    args: dict[str, Any]
    key: str
    """The arguments as JSON with sorted keys."""
    effects: CallEffects
    deeds: tuple[Deed, ...]


@dataclass(frozen=True, slots=True)
class Pending:
    """What one question was about."""

    asker: Asker
    calls: tuple[AskedCall, ...]
    question: str
    language: str | None
    by_code: bool
    deadline: float
    """By the clock of the confirmations."""


@dataclass(slots=True)
class Confirmations:
    """What waits for an answer, at most one question in a conversation."""

    hass: HomeAssistant
    clock: Callable[[], float] = time.monotonic
    _pending: dict[str, Pending] = field(default_factory=dict)
    _lockouts: dict[str, Lockout] = field(default_factory=dict)
    _withheld: dict[str, set[datetime]] = field(default_factory=dict)

    @callback
    def ask(self, pending: Pending) -> None:
        """Let a question wait for its answer; an older one of the conversation ends."""
        self._pending[pending.asker.conversation_id] = pending

    @callback
    def take(self, conversation_id: str) -> Pending | None:
        """Return what waits in a conversation; from now on it waits no more."""
        pending = self._pending.pop(conversation_id, None)
        now = self.clock()
        for key in [key for key, one in self._pending.items() if one.deadline <= now]:
            del self._pending[key]
        return pending if pending and now < pending.deadline else None

    @callback
    def is_asked(self, conversation_id: str) -> bool:
        """Return whether a question waits in a conversation."""
        pending = self._pending.get(conversation_id)
        return pending is not None and self.clock() < pending.deadline

    @callback
    def lockout(self, agent_id: str) -> Lockout:
        """Return the count of an agent's wrong codes."""
        if agent_id not in self._lockouts:
            self._lockouts[agent_id] = Lockout(self.clock)
        return self._lockouts[agent_id]

    @callback
    def withhold(self, conversation_id: str, said: datetime) -> None:
        """Keep what was said then from every model, for as long as the conversation."""
        if conversation_id not in self._withheld:
            session = chat_session.current_session.get()
            if session and session.conversation_id == conversation_id:
                session.async_on_cleanup(partial(self._forget, conversation_id))
        self._withheld.setdefault(conversation_id, set()).add(said)

    @callback
    def _forget(self, conversation_id: str) -> None:
        self._withheld.pop(conversation_id, None)

    @callback
    def withheld(self, conversation_id: str) -> frozenset[datetime]:
        """Return when the sentences were said that no model may read."""
        return frozenset(self._withheld.get(conversation_id, ()))


DATA_CONFIRMATIONS: HassKey[Confirmations] = HassKey("chatterbox_confirmations")


@callback
def async_get_confirmations(hass: HomeAssistant) -> Confirmations:
    """Return what waits for answers in this home."""
    if DATA_CONFIRMATIONS not in hass.data:
        hass.data[DATA_CONFIRMATIONS] = Confirmations(hass)
    return hass.data[DATA_CONFIRMATIONS]
