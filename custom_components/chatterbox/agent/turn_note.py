"""The note before what a person says: what changes from turn to turn."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components import conversation
from homeassistant.components.conversation.chat_log import DATA_CHAT_LOGS
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    chat_session,
    device_registry as dr,
    floor_registry as fr,
    llm,
)
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..tools.exposure.exposed import one_line
from ..tools.template_marks import unmarked
from .foresight.foresee import LEFT_OUT
from .mentions import describe_mentions

NOTE_BEGIN: Final = "[Home Assistant:"
NOTE_END: Final = "]"
_BRACKETS: Final = str.maketrans("[]", "()")


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks, and through what."""

    llm_context: llm.LLMContext
    name: str | None = None
    user: User | None = None

    def may_read(self, entity_id: str) -> bool:
        """Return whether who speaks may read an entity's state."""
        return self.user is None or self.user.permissions.check_entity(
            entity_id, POLICY_READ
        )


async def async_get_speaker(
    hass: HomeAssistant, llm_context: llm.LLMContext
) -> Speaker:
    """Return who speaks, as far as Home Assistant knows."""
    user_id = llm_context.context.user_id if llm_context.context else None
    user = await hass.auth.async_get_user(user_id) if user_id else None
    if user is None or user.system_generated:
        return Speaker(llm_context, user=user)
    return Speaker(llm_context, user.name, user)


@callback
def build_note(
    hass: HomeAssistant,
    speaker: Speaker,
    sentence: str,
    *,
    describe: bool = True,
    more: Iterable[str | None] = (),
    hear: Callable[[], None] = lambda: None,
) -> str:
    """Return the note: time, place, speaker, states (if `describe`), then `more`.

    `hear` is called if there are words in it that others may have written.
    """
    context = speaker.llm_context
    area = _area(hass, context.device_id)
    facts = [dt_util.now().strftime("%A %Y-%m-%d, %H:%M %Z").strip()]
    if area:
        floor = fr.async_get(hass).async_get_floor(area.floor_id or "")
        where = f", floor {one_line(floor.name)}" if floor else ""
        facts.append(f"In area {one_line(area.name)}{where}")
    if speaker.name:
        facts.append(f"Speaker: {one_line(speaker.name)}")
    lines = [f"{'. '.join(facts)}."]
    if describe:
        area_id = area.id if area else None
        lines += describe_mentions(
            hass, context.assistant, sentence, area_id, speaker.may_read, hear
        )
    lines += [text.strip() for text in more if text and text.strip()]
    # Nothing inside may look like its end, or like another note or speaker.
    inside = unmarked("\n".join(lines)).translate(_BRACKETS)
    return f"{NOTE_BEGIN} {inside}{NOTE_END}"


def _area(hass: HomeAssistant, device_id: str | None) -> ar.AreaEntry | None:
    device = dr.async_get(hass).async_get(device_id) if device_id else None
    area_id = dr.async_get_effective_area_id(hass, device) if device else None
    return ar.async_get(hass).async_get_area(area_id) if area_id else None


@callback
def stays_in_log(chat_log: conversation.ChatLog) -> bool:
    """Return whether Home Assistant keeps this turn's log though it is cancelled."""
    logs = chat_log.hass.data.get(DATA_CHAT_LOGS, {})
    return logs.get(chat_log.conversation_id) is chat_log


@dataclass(slots=True)
class TurnNotes:
    """The note of each turn, kept beside the chat log for as long as its session."""

    hass: HomeAssistant
    _by_conversation: dict[str, dict[datetime, str]] = field(default_factory=dict)

    @callback
    def keep(
        self, conversation_id: str, content: conversation.UserContent, note: str
    ) -> None:
        """Keep the note for what was said."""
        if conversation_id not in self._by_conversation:
            session = chat_session.current_session.get()
            if session and session.conversation_id == conversation_id:
                session.async_on_cleanup(partial(self._forget, conversation_id))
        notes = self._by_conversation.setdefault(conversation_id, {})
        notes[content.created] = note

    @callback
    def shorten(
        self,
        conversation_id: str,
        content: conversation.UserContent,
        lines: Iterable[str],
        instead: str,
    ) -> None:
        """Put one line in the place of some of a note's, if it is still kept."""
        notes = self._by_conversation.get(conversation_id, {})
        shown = "\n".join(lines).translate(_BRACKETS)
        if shown and content.created in notes:
            notes[content.created] = notes[content.created].replace(shown, instead)

    @callback
    def drop(self, conversation_id: str, content: conversation.UserContent) -> None:
        """Forget the note of a turn that Home Assistant drops from the log."""
        notes = self._by_conversation.get(conversation_id, {})
        notes.pop(content.created, None)
        if not notes:
            self._forget(conversation_id)

    def of(self, conversation_id: str) -> Mapping[datetime, str]:
        """Return the notes of a conversation by when their sentence was said."""
        return self._by_conversation.get(conversation_id, {})

    @callback
    def _forget(self, conversation_id: str) -> None:
        self._by_conversation.pop(conversation_id, None)


DATA_NOTES: HassKey[TurnNotes] = HassKey("chatterbox_turn_notes")


@callback
def async_get_notes(hass: HomeAssistant) -> TurnNotes:
    """Return the notes of all conversations."""
    if DATA_NOTES not in hass.data:
        hass.data[DATA_NOTES] = TurnNotes(hass)
    return hass.data[DATA_NOTES]


@contextmanager
def noted(
    chat_log: conversation.ChatLog,
    speaker: Speaker,
    *,
    describe: bool,
    more: Iterable[str | None] = (),
    foreseen: Sequence[str] = (),
    hear: Callable[[], None] = lambda: None,
) -> Iterator[Mapping[datetime, str]]:
    """Give the notes, with one for what was said last, which a dropped turn takes along.

    What was `foreseen` is in it for this turn only. Raises ValueError.
    """
    said = chat_log.content[-1]
    if not isinstance(said, conversation.UserContent):
        raise ValueError(f"The last in the log is of the {said.role}")  # noqa: TRY004
    lines = (*more, *foreseen)
    note = build_note(
        chat_log.hass, speaker, said.content, describe=describe, more=lines, hear=hear
    )
    notes, conversation_id = async_get_notes(chat_log.hass), chat_log.conversation_id
    notes.keep(conversation_id, said, note)
    chat_log.async_trace({"turn_note": note})
    try:
        yield notes.of(conversation_id)
    except asyncio.CancelledError:
        if not stays_in_log(chat_log):
            notes.drop(conversation_id, said)
        raise
    finally:
        notes.shorten(conversation_id, said, foreseen, LEFT_OUT)
