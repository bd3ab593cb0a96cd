"""The steps of which a scripted reply is made."""

import asyncio
from dataclasses import dataclass, field
import json
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """A piece of the model's thinking, under the key that the server gives it."""

    text: str
    key: str = "reasoning_content"


@dataclass(frozen=True, slots=True)
class CallPiece:
    """A piece of a tool call, as one entry of a delta's `tool_calls`.

    What is None is left out of the entry. `arguments` may be an object, as some
    servers send it.
    """

    index: int | None = 0
    id: str | None = None
    name: str | None = None
    arguments: str | dict[str, Any] | None = None

    def as_delta(self) -> dict[str, Any]:
        """Return the entry."""
        function = {"name": self.name, "arguments": self.arguments}
        entry: dict[str, Any] = {
            "index": self.index,
            "id": self.id,
            "type": "function" if self.name is not None else None,
            "function": {k: v for k, v in function.items() if v is not None},
        }
        return {k: v for k, v in entry.items() if v is not None}


@dataclass(frozen=True, slots=True)
class UsageChunk:
    """A chunk with usage and no choices. `cached` None leaves the detail out."""

    input_tokens: int
    output_tokens: int
    cached: int | None = None

    def as_usage(self) -> dict[str, Any]:
        """Return the `usage` object."""
        usage: dict[str, Any] = {
            "prompt_tokens": self.input_tokens,
            "completion_tokens": self.output_tokens,
            "total_tokens": self.input_tokens + self.output_tokens,
        }
        if self.cached is not None:
            usage["prompt_tokens_details"] = {"cached_tokens": self.cached}
        return usage


@dataclass(frozen=True, slots=True)
class Finish:
    """The chunk with the finish reason. A script without one gets a fitting one."""

    reason: str | None


@dataclass(frozen=True, slots=True)
class Pause:
    """Seconds of silence. For benchmarks and trying; tests wait for an event."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Chunk:
    """Any JSON as one event of the stream."""

    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes, as they are."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection breaks here."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing more comes, and the connection stays open until the client goes."""


@dataclass(frozen=True, slots=True)
class Status:
    """An answer with a status in place of a stream. It must be the first step.

    `body` is sent as JSON if it is a dict, else as text.
    """

    status: int
    body: dict[str, Any] | str = ""
    headers: dict[str, str] = field(default_factory=dict)


type Step = (
    Text
    | Thinking
    | CallPiece
    | UsageChunk
    | Finish
    | Pause
    | Chunk
    | Raw
    | Drop
    | Stall
    | Status
    | asyncio.Event
    | str
)
"""One step of a reply. A str is a `Text`; an Event is waited for."""


def whole_call(
    name: str,
    arguments: dict[str, Any] | None = None,
    *,
    index: int = 0,
    id: str | None = None,  # noqa: A002
    size: int | None = None,
) -> list[Step]:
    """Return the steps of one tool call as OpenAI sends it.

    The name comes first, then the arguments in pieces of `size` characters (None
    sends them whole). The id defaults to `call_<index>`.
    """
    text = json.dumps(arguments or {}, ensure_ascii=False)
    width = size or len(text)
    return [
        CallPiece(index, f"call_{index}" if id is None else id, name, ""),
        *(
            CallPiece(index, arguments=text[start : start + width])
            for start in range(0, len(text), width)
        ),
    ]
