"""What a turn teaches: the reads that it made, and whether what was foreseen was used."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from homeassistant.components import conversation
from homeassistant.helpers import llm
from homeassistant.util import dt as dt_util

from ...tools.cache.look_ahead import Looked
from ...tools.intents.things import words_of
from ...tools.look_ahead import ToolLookAhead
from .table import LearntCall
from .times import relative

_TELLING: Final = 4
"""Letters of a word that is no mere particle."""


async def async_reads(
    contents: Sequence[conversation.Content], looking: ToolLookAhead
) -> set[LearntCall]:
    """Return the reads of a turn's first answer that succeeded and may be foreseen."""
    first = next(
        (c for c in contents if isinstance(c, conversation.AssistantContent)), None
    )
    failed = {
        item.tool_call_id
        for item in contents
        if isinstance(item, conversation.ToolResultContent) and item.result.error
    }
    now = dt_util.now()
    return {
        learnt
        for call in (first and first.tool_calls) or ()
        if call.id not in failed
        and await looking.may(call)
        and (learnt := _learnable(call, now))
    }


def _learnable(call: llm.ToolInput, now: datetime) -> LearntCall | None:
    try:
        return LearntCall.of(call.tool_name, relative(call.tool_args, now))
    except ValueError:
        return None


def was_used(
    looked: Looked | None, contents: Sequence[conversation.Content]
) -> bool | None:
    """Return whether an answer has a result's numbers or words; None if it has none."""
    answers = [c for c in contents if isinstance(c, conversation.AssistantContent)]
    told = set(_telling(looked.result.data)) if looked else set()
    if not told:
        return False if any(answer.tool_calls for answer in answers) else None
    said = words_of(" ".join(answer.content or "" for answer in answers))
    return not told.isdisjoint(said)


def _telling(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _telling(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _telling(inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from words_of(f"{value:g}")
        yield str(round(value))
    elif isinstance(value, str):
        yield from (word for word in words_of(value) if len(word) >= _TELLING)
