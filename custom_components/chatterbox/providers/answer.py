"""What the readers of all protocols' answers have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

from .additions import Additions
from .answer_text import AnswerText
from .base import (
    Finished,
    FinishReason,
    ModelEvent,
    ModelRequest,
    ProviderError,
    ProviderErrorKind as Kind,
    Usage,
)
from .calls import CallMaker, call_ids


class AnswerReader(ABC):
    """Turns the events of one answer, as they come, into ours."""

    goes_on = False

    def __init__(self, request: ModelRequest, additions: Additions) -> None:
        self._calls = CallMaker(call_ids(request.messages))
        self._text = AnswerText(request, self._calls)
        self._additions = additions
        self._usage: Usage | None = None
        self._reason: FinishReason | None = None
        self.understood = False

    @property
    def stopped(self) -> bool:
        """Whether the server has said why the model stopped."""
        return self._reason is not None

    @abstractmethod
    def read(self, data: str) -> Iterator[ModelEvent]:
        """Give what an event says. Raises ProviderError for an error or no event."""

    def end(self) -> Iterator[ModelEvent]:
        """Give what is left at the end. Raises ProviderError if there was no answer."""
        if not self.understood:
            raise ProviderError(Kind.NOT_A_MODEL_SERVER, "It is no answer to a chat")
        yield from self._flush()
        if self._usage is not None:
            yield self._usage
        reason = self._reason or FinishReason.UNKNOWN
        if self._calls.count and reason in (FinishReason.STOP, FinishReason.UNKNOWN):
            # Most servers stop, and have called tools.
            reason = FinishReason.TOOL_CALLS
        yield Finished(reason)

    def _flush(self) -> Iterator[ModelEvent]:
        yield from self._text.end()
