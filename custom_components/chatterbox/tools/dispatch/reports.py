"""What became of the calls of a turn that was cut short."""

from collections import OrderedDict
from dataclasses import dataclass, field
import json
from typing import Any, Final

from homeassistant.helpers import llm

from .call_record import TurnCalls

_MAX_CONVERSATIONS: Final = 64
"""Home Assistant forgets a conversation after five minutes; a home has fewer."""


@dataclass(slots=True)
class Reports:
    """The turns of which the next turn of their conversation must hear."""

    _turns: OrderedDict[str, list[TurnCalls]] = field(default_factory=OrderedDict)
    _taken: dict[str, str] = field(default_factory=dict)

    def keep(self, turn: TurnCalls) -> None:
        """Keep a turn for the next one of its conversation."""
        if (conversation_id := turn.conversation_id) is None:
            return
        turns = self._turns.setdefault(conversation_id, [])
        self._turns.move_to_end(conversation_id)
        if turn not in turns:
            turns.append(turn)
        while len(self._turns) > _MAX_CONVERSATIONS:
            self._turns.popitem(last=False)

    def interrupted(self, turn: TurnCalls) -> None:
        """Keep a turn that was cut short, with what it was told if that is dropped."""
        self.keep(turn)
        told = self._taken.pop(turn.conversation_id or "", None)
        if told and not turn.stays_in_log:
            turn.news.insert(0, told)

    def take(self, conversation_id: str) -> str | None:
        """Return what the model must hear of earlier turns, each thing once."""
        # What a turn was told that did not even begin to run is told again.
        parts = [self._taken.pop(conversation_id, "")]
        for turn in self._turns.pop(conversation_id, []):
            if turn.aborted and not turn.reported:
                turn.reported = True
                parts.append(_interruption(turn))
            parts.extend(turn.take_news())
        if report := " ".join(part for part in parts if part):
            self._taken[conversation_id] = report
        return report or None

    def delivered(self, turn: TurnCalls) -> None:
        """Note that a turn has come to its end with all that it was told."""
        if turn.conversation_id is not None:
            self._taken.pop(turn.conversation_id, None)


def _interruption(turn: TurnCalls) -> str:
    calls_by_fate: dict[str, list[str]] = {}
    for record in turn.calls:
        if turn.stays_in_log and record.response < turn.response:
            continue
        if record.writes:
            calls_by_fate.setdefault(record.fate, []).append(label(record.call))
    fates = "; ".join(
        f"{fate}: {', '.join(calls)}" for fate, calls in sorted(calls_by_fate.items())
    )
    return (
        f"Your last turn was interrupted. Of its tool calls, {fates}."
        if calls_by_fate
        else ""
    )


def label(call: llm.ToolInput) -> str:
    """Return a call as the model knows it: its name and its arguments."""
    return f"{call.tool_name}({_json(call.tool_args)})"


def _json(args: Any) -> str:
    return json.dumps(args, ensure_ascii=False, default=str, separators=(", ", ": "))
