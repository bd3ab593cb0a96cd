"""What the user chose for one agent."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, Self

from homeassistant.const import CONF_LLM_HASS_API, CONF_MODEL, CONF_PROMPT

from ..const import (
    CONF_CONTEXT_TOKENS,
    CONF_EXTRA_BODY,
    CONF_FIRST_TOKEN_TIMEOUT,
    CONF_FORESIGHT,
    CONF_HEDGE,
    CONF_LAST_RESORT,
    CONF_MAX_ITERATIONS,
    CONF_MAX_TOKENS,
    CONF_PLAIN_SPEECH,
    CONF_PREFACE,
    CONF_PRIMING,
    CONF_REPLY,
    CONF_RETENTION,
    CONF_SERVICES,
    CONF_STAND_INS,
    CONF_TEMPERATURE,
    CONF_THINKING,
    CONF_THINKING_TIMEOUT,
    CONF_TIMEOUT,
    CONF_TURN_TIMEOUT,
    DEFAULT_FIRST_TOKEN_TIMEOUT,
    DEFAULT_MAX_ITERATIONS,
    DEFAULT_TIMEOUT,
)
from ..providers.base import Message, ModelRequest, Retention, Thinking, ToolSpec
from ..tools.confirmation.options import DangerOptions
from ..tools.dispatch.limits import DispatchOptions

LEAST_TURN: Final = 90.0
"""Seconds of a turn: what the three steps of most take where each is slow."""
LEAST_THINKING: Final = 60.0
"""Seconds: twice the pause after which people give a silent speaker up."""


class Priming(StrEnum):
    """When a server's prefix cache is primed."""

    AUTO = "auto"
    """Where the server is in the home, so that it costs no money."""
    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentOptions:
    """The data of a `conversation` subentry."""

    model: str
    prompt: str | None = None
    llm_hass_api: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    temperature: float | None = None
    max_tokens: int | None = None
    max_iterations: int = DEFAULT_MAX_ITERATIONS
    timeout: float = DEFAULT_TIMEOUT
    """Seconds without a byte from the server."""
    turn_timeout: float | None = None
    """Seconds for all of a turn, if the user has set it."""
    thinking_timeout: float | None = None
    """Seconds without a word or a call, if the user has set it."""
    dispatch: DispatchOptions = field(default_factory=DispatchOptions)
    danger: DangerOptions = field(default_factory=DangerOptions)
    reply: bool = True
    plain_speech: bool = True
    preface: bool = True
    foresight: bool = True
    """Whether reads that a sentence foreshadows are looked up beside it."""
    priming: Priming = Priming.AUTO
    thinking: Thinking = Thinking.OFF
    retention: Retention = Retention.SERVER
    context_tokens: int | None = None
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    stand_ins: tuple[str, ...] = ()
    """Subentries whose models answer, in this order, where the agent's own does not."""
    first_token_timeout: float = DEFAULT_FIRST_TOKEN_TIMEOUT
    """Seconds to the first token before somebody else is asked."""
    hedge: bool = False
    """Whether a stand-in is asked too once the model takes longer than it mostly does."""
    last_resort: bool = True
    """Whether Home Assistant's own intents do what they understand without a model."""
    key: str | None = None
    """What tells the agent from others of its server, for the server's prompt cache."""

    @property
    def longest_turn(self) -> float:
        """Seconds after which a turn is ended."""
        longest_tool = max((self.dispatch.deadline, *self.dispatch.deadlines.values()))
        return self.turn_timeout or max(
            # Whoever gave a tool so long wants its answer.
            LEAST_TURN,
            3 * self.timeout,
            self.timeout + longest_tool,
        )

    @property
    def longest_thinking(self) -> float:
        """Seconds without a word or a call after which a turn is ended."""
        return self.thinking_timeout or max(LEAST_THINKING, 2 * self.timeout)

    @classmethod
    def from_subentry(cls, data: Mapping[str, Any], key: str | None = None) -> Self:
        """Read the options as the form stored them."""
        context_tokens = data.get(CONF_CONTEXT_TOKENS)
        max_tokens = data.get(CONF_MAX_TOKENS)
        return cls(
            model=data[CONF_MODEL],
            prompt=data.get(CONF_PROMPT),
            llm_hass_api=tuple(data.get(CONF_LLM_HASS_API) or ()),
            services=tuple(data.get(CONF_SERVICES) or ()),
            temperature=data.get(CONF_TEMPERATURE),
            max_tokens=int(max_tokens) if max_tokens else None,
            max_iterations=int(data.get(CONF_MAX_ITERATIONS) or DEFAULT_MAX_ITERATIONS),
            timeout=float(data.get(CONF_TIMEOUT) or DEFAULT_TIMEOUT),
            turn_timeout=data.get(CONF_TURN_TIMEOUT),
            thinking_timeout=data.get(CONF_THINKING_TIMEOUT),
            dispatch=DispatchOptions.from_subentry(data),
            danger=DangerOptions.from_subentry(data),
            reply=data.get(CONF_REPLY, True),
            plain_speech=data.get(CONF_PLAIN_SPEECH, True),
            preface=data.get(CONF_PREFACE, True),
            foresight=data.get(CONF_FORESIGHT, True),
            priming=Priming(data.get(CONF_PRIMING, Priming.AUTO)),
            thinking=Thinking(data.get(CONF_THINKING, Thinking.OFF)),
            retention=Retention(data.get(CONF_RETENTION, Retention.SERVER)),
            context_tokens=int(context_tokens) if context_tokens else None,
            extra_body=data.get(CONF_EXTRA_BODY) or {},
            stand_ins=tuple(data.get(CONF_STAND_INS) or ()),
            first_token_timeout=float(
                data.get(CONF_FIRST_TOKEN_TIMEOUT) or DEFAULT_FIRST_TOKEN_TIMEOUT
            ),
            hedge=data.get(CONF_HEDGE, False),
            last_resort=data.get(CONF_LAST_RESORT, True),
            key=key,
        )

    def with_model_of(self, other: Self) -> Self:
        """Return the options with the model of another, and what belongs to it."""
        return replace(
            self,
            model=other.model,
            temperature=other.temperature,
            max_tokens=other.max_tokens,
            timeout=other.timeout,
            thinking=other.thinking,
            retention=other.retention,
            context_tokens=other.context_tokens,
            extra_body=other.extra_body,
            key=f"{self.key}:{other.key}",
        )

    def request(
        self, messages: tuple[Message, ...], tools: tuple[ToolSpec, ...], **changes: Any
    ) -> ModelRequest:
        """Return what the model is asked; `changes` are fields of ModelRequest."""
        return replace(
            ModelRequest(
                model=self.model,
                messages=messages,
                tools=tools,
                temperature=self.temperature,
                max_tokens=self.max_tokens,
                timeout=self.timeout,
                thinking=self.thinking,
                retention=self.retention,
                cache_key=self.key,
                context_tokens=self.context_tokens,
                extra_body=self.extra_body,
            ),
            **changes,
        )
