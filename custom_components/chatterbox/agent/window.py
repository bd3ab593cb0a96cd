"""A history that fits into the model's context window."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
import json
import re
from typing import Final

from ..providers.base import (
    AssistantMessage,
    Message,
    ProviderError,
    SystemMessage,
    ToolResultMessage,
    ToolSpec,
    UserMessage,
)

_CHARACTERS: Final = 3.0
"""Of one token, before a server has told how many it counts."""
_LEAST_CHARACTERS, _MOST_CHARACTERS = 1.0, 6.0
ANSWER: Final = 1024
"""Tokens that are left for an answer without a limit of its own."""
SHORT_RESULT: Final = 300
"""Characters of a result of an earlier turn that are left of it."""
_MAX_CONVERSATIONS: Final = 200
_TOO_LONG: Final = re.compile(
    r"context[ _](length|size|window)|maximum context|prompt is too long"
    r"|too many (input )?tokens|input token count|exceed_context",
    re.I,
)
_TOKENS: Final = re.compile(
    r"(?:context (?:length|size|window)[^\d]{0,24}|n_ctx\D{1,4}|allowed \(|> |with )"
    r"(\d{3,8})(?!\d)",
    re.I,
)


@dataclass(slots=True)
class _Cut:
    """What is left out of a conversation: the same until it has to be more."""

    dropped: int = 0
    shortened: int = 0


@dataclass(slots=True)
class ContextWindows:
    """What is known of the windows of a server's models, and what was cut for them."""

    _learnt: dict[str, int] = field(default_factory=dict)
    """Tokens by model, as an error has told."""
    _characters: dict[str, float] = field(default_factory=dict)
    _cuts: dict[str, _Cut] = field(default_factory=dict)

    def window(
        self,
        model: str,
        conversation_id: str,
        tokens: int | None,
        max_tokens: int | None,
    ) -> Window:
        """Return the window for one turn; `tokens` is what the server tells of it."""
        cut = self._cuts.pop(conversation_id, None) or _Cut()
        self._cuts[conversation_id] = cut
        while len(self._cuts) > _MAX_CONVERSATIONS:
            del self._cuts[next(iter(self._cuts))]
        return Window(self, model, cut, tokens, max_tokens or ANSWER)

    def tokens(self, model: str, told: int | None) -> int | None:
        """Return the tokens of prompt and answer; None if nothing tells."""
        known = [t for t in (told, self._learnt.get(model)) if t]
        return min(known, default=None)

    def learn(self, model: str, tokens: int) -> None:
        """Keep what an error tells."""
        self._learnt[model] = tokens

    def characters(self, model: str) -> float:
        """Return how many make a token."""
        return self._characters.get(model, _CHARACTERS)

    def count(self, model: str, characters: int, tokens: int) -> None:
        """Learn from what a server has counted."""
        found = characters / tokens
        self._characters[model] = min(max(found, _LEAST_CHARACTERS), _MOST_CHARACTERS)


@dataclass(slots=True)
class Window:
    """The context window in one turn."""

    windows: ContextWindows
    model: str
    cut: _Cut
    told: int | None
    answer: int
    """Tokens that are left for the answer."""
    prefix: int = 0
    """Tokens of prompt and tools, as far as can be told."""
    _asked: int = 0
    """Characters of the last request."""
    _learnt: bool = False

    @property
    def tokens(self) -> int | None:
        """Tokens of prompt and answer; None if nothing tells."""
        return self.windows.tokens(self.model, self.told)

    @property
    def is_small(self) -> bool:
        """Whether prompt and tools alone take more than half of it."""
        return bool(self.tokens) and self.prefix > (self.tokens or 0) / 2

    def fit(
        self, log: Sequence[Message], more: Sequence[Message], tools: Sequence[ToolSpec]
    ) -> tuple[Message, ...]:
        """Return the messages to send, without the oldest turns where they do not fit.

        Down to half of the window, for each cut breaks the server's prefix cache.
        Results of old turns are shortened first.
        """
        head = [message for message in log if isinstance(message, SystemMessage)]
        turns = _turns(log)
        fixed = _size(head) + sum(map(_tool_size, tools))
        self.prefix = self._in_tokens(fixed)
        self._cut_to_fit(turns, fixed + _size(more))
        kept = [*head, *self._left(turns), *more]
        self._asked = fixed + _size(self._left(turns)) + _size(more)
        return tuple(kept)

    def _cut_to_fit(self, turns: Sequence[Sequence[Message]], fixed: int) -> None:
        if (tokens := self.tokens) is None:
            return
        most = tokens - min(self.answer, tokens // 4)
        if self._in_tokens(fixed + _size(self._left(turns))) <= most:
            return
        self.cut.shortened = max(self.cut.shortened, len(turns) - 1)
        while (
            self._in_tokens(fixed + _size(self._left(turns))) > tokens // 2
            and self.cut.dropped < len(turns) - 1
        ):
            self.cut.dropped += 1

    def _left(self, turns: Sequence[Sequence[Message]]) -> list[Message]:
        last = max(len(turns) - 1, 0)
        return [
            _shortened(message) if at < min(self.cut.shortened, last) else message
            for at, turn in enumerate(turns)
            if at >= min(self.cut.dropped, last)
            for message in turn
        ]

    def _in_tokens(self, characters: int) -> int:
        return int(characters / self.windows.characters(self.model))

    def counted(self, tokens: int | None) -> None:
        """Learn from the tokens that the server counted in the last request."""
        if tokens and self._asked:
            self.windows.count(self.model, self._asked, tokens)

    def learn(self, error: ProviderError) -> bool:
        """Learn from an error; returns whether to ask once more with less."""
        message = str(error)
        if self._learnt or not _TOO_LONG.search(message):
            return False
        self._learnt = True
        told = [int(number) for number in _TOKENS.findall(message)]
        asked = self._in_tokens(self._asked)
        tokens = told[0] if told else asked * 3 // 4
        self.windows.learn(self.model, tokens)
        if asked and asked <= tokens - min(self.answer, tokens // 4):
            # More tokens than were taken for it: the server has counted otherwise.
            self.windows.count(self.model, self._asked, max(tokens, 1))
        return True


def _turns(log: Iterable[Message]) -> list[list[Message]]:
    turns: list[list[Message]] = []
    for message in log:
        if isinstance(message, SystemMessage):
            continue
        if isinstance(message, UserMessage) or not turns:
            turns.append([])
        turns[-1].append(message)
    return turns


def _shortened(message: Message) -> Message:
    if isinstance(message, ToolResultMessage) and len(message.content) > SHORT_RESULT:
        left = message.content[:SHORT_RESULT]
        return replace(message, content=json.dumps({"shortened": left}))
    return message


def _size(messages: Iterable[Message]) -> int:
    return sum(map(_message_size, messages))


def _message_size(message: Message) -> int:
    match message:
        case ToolResultMessage():
            return len(message.content) + len(message.name)
        case AssistantMessage():
            calls = ((c.name, json.dumps(c.arguments)) for c in message.tool_calls)
            return len(message.text) + sum(len(n) + len(a) for n, a in calls)
        case _:
            return len(message.text)


def _tool_size(tool: ToolSpec) -> int:
    return len(tool.name) + len(tool.description) + len(json.dumps(tool.parameters))
