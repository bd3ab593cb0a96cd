"""What the user chose for one agent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from homeassistant.const import CONF_LLM_HASS_API, CONF_MODEL, CONF_PROMPT

from ..const import (
    CONF_MAX_ITERATIONS,
    CONF_MAX_TOKENS,
    CONF_PREFACE,
    CONF_PRIMING,
    CONF_REPLY,
    CONF_SERVICES,
    CONF_TEMPERATURE,
    CONF_TIMEOUT,
    DEFAULT_MAX_ITERATIONS,
    DEFAULT_TIMEOUT,
)
from ..tools.dispatch.limits import DispatchOptions


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
    dispatch: DispatchOptions = field(default_factory=DispatchOptions)
    reply: bool = True
    """Whether a turn may end with the response that acts."""
    preface: bool = True
    """Whether something is said before a slow tool."""
    priming: Priming = Priming.AUTO

    @classmethod
    def from_subentry(cls, data: Mapping[str, Any]) -> Self:
        """Read the options as the form stored them."""
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
            dispatch=DispatchOptions.from_subentry(data),
            reply=data.get(CONF_REPLY, True),
            preface=data.get(CONF_PREFACE, True),
            priming=Priming(data.get(CONF_PRIMING, Priming.AUTO)),
        )
