"""Why a turn has no answer; its sentence stands in the translations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ..providers.base import FinishReason, ProviderError

EMPTY_ANSWER: Final = "empty_answer"
MAX_ITERATIONS: Final = "max_iterations"
DONE: Final = "done"
NOT_DONE: Final = "not_done"
PARTLY_DONE: Final = "partly_done"
TOO_MANY_CALLS: Final = "too_many_calls"
CUT_OFF: Final = {
    FinishReason.LENGTH: "answer_cut_off",
    FinishReason.CONTENT_FILTER: "content_filter",
}


@dataclass(frozen=True, slots=True)
class TurnFault:
    """Why a turn did not end in an answer."""

    key: str
    """Translation key of the sentence that the person hears."""
    error: ProviderError | None = None
    placeholders: Mapping[str, str] = field(default_factory=dict)
    failed: bool = True
    """Whether the person asked for something that was not done."""
