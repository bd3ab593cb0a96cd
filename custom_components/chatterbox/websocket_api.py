"""The turns of agents for the card, live while one is on."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components import websocket_api
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.decorators import websocket_command
from homeassistant.components.websocket_api.messages import event_message
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
import probatio as vol

from .agent.turn_log import KEPT_TURNS, RunningTurn, TurnLog, async_get_turns
from .agent.turn_record import Span, TurnRecord
from .turns import async_agents

COMMAND: Final = "chatterbox/turns/subscribe"
TICK: Final = 0.1
"""Seconds between two looks at a turn that is on."""


@callback
def async_setup_websocket(hass: HomeAssistant) -> None:
    """Register the command."""
    websocket_api.async_register_command(hass, ws_subscribe_turns)


@websocket_command(
    {
        vol.Required("type"): COMMAND,
        vol.Optional("agent"): cv.entity_id,
        vol.Optional("limit", default=10): vol.All(
            int, vol.Range(min=1, max=KEPT_TURNS)
        ),
    }
)
@callback
def ws_subscribe_turns(
    hass: HomeAssistant,
    connection: ActiveConnection,
    msg: dict[str, Any],
) -> None:
    """Send the last `turns`, then each `turn` as it grows; words only to admins."""
    feed = TurnFeed(hass, connection, msg["id"], msg.get("agent"))
    connection.subscriptions[msg["id"]] = feed.start()
    connection.send_result(msg["id"])
    feed.send({"turns": feed.last(msg["limit"])})


@dataclass(slots=True, eq=False)
class TurnFeed:
    """Sends turns to one subscriber, for as long as it stays."""

    hass: HomeAssistant
    connection: ActiveConnection
    message_id: int
    agent: str | None
    _sent: dict[str, list[Span]] = field(default_factory=dict)
    _timer: asyncio.TimerHandle | None = None

    @property
    def _turns(self) -> TurnLog:
        return async_get_turns(self.hass)

    @property
    def _private(self) -> bool:
        return bool(self.connection.user.is_admin)

    def start(self) -> Any:
        """Begin to send, and return what ends that."""
        stop_listening = self._turns.async_listen(self._on_turn)

        @callback
        def stop() -> None:
            stop_listening()
            if self._timer:
                self._timer.cancel()
                self._timer = None

        self._look()
        return stop

    def last(self, limit: int) -> list[dict[str, Any]]:
        """Return the last turns, the oldest first, and those that are on."""
        records = [
            record
            for agent in async_agents(self.hass)
            if self._wants(agent.entity_id)
            for record in self._turns.last(agent.subentry_id)
        ]
        turns = [record.as_dict(private=self._private) for record in records]
        turns += [
            turn.as_dict(private=self._private)
            for turn in self._turns.running.values()
            if self._wants(turn.agent.entity_id)
        ]
        return sorted(turns, key=lambda turn: turn["started"])[-limit:]

    def send(self, event: dict[str, Any]) -> None:
        """Send an event."""
        self.connection.send_message(event_message(self.message_id, event))

    def _wants(self, entity_id: str) -> bool:
        return self.agent in (None, entity_id) and (
            self.connection.user.permissions.check_entity(entity_id, POLICY_READ)
        )

    @callback
    def _on_turn(self, turn: RunningTurn, ended: TurnRecord | None) -> None:
        if not self._wants(turn.agent.entity_id):
            return
        if ended is not None:
            self._sent.pop(turn.id, None)
            self.send({"turn": ended.as_dict(private=self._private)})
        elif self._timer is None:
            self._look()

    @callback
    def _look(self) -> None:
        self._timer = None
        on = [
            turn
            for turn in self._turns.running.values()
            if self._wants(turn.agent.entity_id)
        ]
        for turn in on:
            spans = turn.as_dict(private=self._private)
            if self._sent.get(turn.id) != spans["spans"]:
                self._sent[turn.id] = spans["spans"]
                self.send({"turn": spans})
        if on:
            self._timer = self.hass.loop.call_later(TICK, self._look)
