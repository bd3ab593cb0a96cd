"""What a model is asked and what it answers, whatever the wire protocol."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool that the model may call."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One complete tool call."""

    id: str
    name: str
    arguments: dict[str, Any]
    error: str | None = None
    """Why the arguments could not be read; `arguments` is empty then."""


@dataclass(frozen=True, slots=True)
class SystemMessage:
    """Instructions to the model."""

    text: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with what is said."""

    mime_type: str
    name: str
    data: str = field(repr=False)
    """The file in Base64."""

    @property
    def is_image(self) -> bool:
        """Whether it is a picture; else it is a PDF."""
        return self.mime_type.startswith("image/")

    @property
    def data_url(self) -> str:
        """The file as an address that holds it."""
        return f"data:{self.mime_type};base64,{self.data}"


@dataclass(frozen=True, slots=True)
class UserMessage:
    """What the person said."""

    text: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class AssistantMessage:
    """What the model said and called."""

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolResultMessage:
    """The result of one call."""

    call_id: str
    name: str
    content: str


type Message = SystemMessage | UserMessage | AssistantMessage | ToolResultMessage


class Thinking(StrEnum):
    """How much a model thinks before it answers."""

    OFF = "off"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    MODEL = "model"


class Retention(StrEnum):
    """How long a server keeps a prompt that it has read."""

    SERVER = "server"
    LONG = "long"
    """As long as it can be asked for; online services charge more for some."""


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call of a model."""

    model: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    temperature: float | None = None
    max_tokens: int | None = None
    timeout: float = 30.0
    """Seconds without a byte after which the server is given up."""
    thinking: Thinking = Thinking.MODEL
    retention: Retention = Retention.SERVER
    cache_key: str | None = None
    """Whose prompt it is; requests with the same key begin with the same bytes."""
    context_tokens: int | None = None
    """Tokens that prompt and answer may have, where the server has to be told."""
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    """What is put into the body beside all this; null takes a field out."""
    answer_schema: Mapping[str, Any] | None = None
    """JSON Schema that the answer has to fit, if the server can see to it."""
    prime: bool = False


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    """A piece of the model's thinking, never spoken."""

    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What the server says that the call cost, in tokens."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    """Input tokens that the server took from its prefix cache."""


class FinishReason(StrEnum):
    """Why the model stopped."""

    STOP = "stop"
    TOOL_CALLS = "tool_calls"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finished:
    """The model stopped; the last event of every stream that does not raise."""

    reason: FinishReason


type ModelEvent = TextDelta | ThinkingDelta | ToolCall | Usage | Finished


class ProviderErrorKind(StrEnum):
    """What went wrong with a model server, as far as a person can act on it."""

    INVALID_URL = "invalid_url"
    CANNOT_CONNECT = "cannot_connect"
    """Refused, or no such host."""
    NO_TLS = "no_tls"
    """https where the server speaks http, or with a certificate that is not trusted."""
    TIMEOUT = "timeout"
    """No connection, or no byte, in time."""
    INVALID_AUTH = "invalid_auth"
    """401 or 403."""
    MODEL_NOT_FOUND = "model_not_found"
    """404 for a model; the server is there."""
    NO_TOOLS = "no_tools"
    """The model cannot call tools, and some were offered."""
    NOT_A_MODEL_SERVER = "not_a_model_server"
    """It answers, but not as a model server does."""
    RATE_LIMITED = "rate_limited"
    """429."""
    NO_CREDIT = "no_credit"
    """402, or a 429 that waiting does not help."""
    REQUEST_REFUSED = "request_refused"
    """Another 4xx: the server does not take this request."""
    SERVER_ERROR = "server_error"
    """5xx, or an error that the server put in its stream."""
    STREAM_BROKEN = "stream_broken"
    """The stream ended before the answer did."""
    TOO_LONG = "answer_cut_off"
    """More came than a model says, and the rest was not read."""


LASTING: Final = frozenset(
    {
        ProviderErrorKind.INVALID_URL,
        ProviderErrorKind.CANNOT_CONNECT,
        ProviderErrorKind.NO_TLS,
        ProviderErrorKind.TIMEOUT,
        ProviderErrorKind.INVALID_AUTH,
        ProviderErrorKind.NOT_A_MODEL_SERVER,
    }
)
"""What lasts until somebody does something; all others concern one request."""


class ProviderError(Exception):
    """What a model server did not do; the message is for the log and holds no key."""

    def __init__(
        self,
        kind: ProviderErrorKind,
        message: str,
        *,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A model that a server has, as far as the server tells."""

    name: str
    tools: bool | None = None
    thinking: bool | None = None
    vision: bool | None = None
    context_tokens: int | None = None
    """The longest prompt and answer that it can take together."""
    size: int | None = None
    """Bytes on the server's disk."""


class LLMProvider(Protocol):
    """A model server."""

    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        """Give the answer as it comes, a tool call once complete. Raises ProviderError."""
        ...

    @property
    def prompts_kept(self) -> int:
        """How many prompts of different agents the server keeps read at once."""
        ...

    async def connect(self) -> None:
        """Open a connection for the next request. Raises ProviderError."""
        ...

    async def list_models(self) -> list[str]:
        """Return the names of the server's models, sorted. Raises ProviderError."""
        ...

    async def describe_models(self) -> list[ModelInfo]:
        """Return what the server tells of its models, by name. Raises ProviderError."""
        ...
