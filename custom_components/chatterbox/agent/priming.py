"""Having the server read the prompt before anybody has said anything."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
import logging
import time
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN
from ..providers.address import is_local
from ..providers.base import (
    LLMProvider,
    ModelEvent,
    ModelInfo,
    ModelRequest,
    ProviderError,
    SystemMessage,
    UserMessage,
)
from .options import AgentOptions, Priming
from .prompt import Prefix

_LOGGER = logging.getLogger(__name__)

WARM_FOR: Final = 240.0
"""Seconds for which a server is trusted to keep what it read (Ollama unloads a model
after 5 minutes; hosted servers keep prompts about as long)."""
LONGEST: Final = 2 * WARM_FOR
"""Seconds of one priming: what took longer would not be kept until it is used."""


def should_prime(priming: Priming, url: str) -> bool:
    """Return whether to prime the server at this address."""
    return priming is Priming.ON or (priming is Priming.AUTO and is_local(url))


@dataclass(frozen=True, slots=True)
class Primed:
    """What a server has read, or is to read, for an agent."""

    options: AgentOptions
    prefix: Prefix


class Primer:
    """Keeps one server's prefix cache warm; a turn's request cancels the priming."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], provider: LLMProvider
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._provider = provider
        self._task: asyncio.Task[None] | None = None
        self._turns = 0
        self._waiting: dict[str | None, Primed] = {}
        self._warm: dict[str | None, tuple[Primed, float]] = {}
        """What each agent's last request was, and until when it is kept; oldest first."""

    def is_warm(self, primed: Primed) -> bool:
        """Return whether the server still keeps this, as far as is known."""
        warm, until = self._warm.get(primed.options.key, (None, 0.0))
        return warm == primed and time.monotonic() < until

    @property
    def warm(self) -> bool:
        """Whether the server still keeps what some agent's request was."""
        return any(time.monotonic() < until for _, until in self._warm.values())

    @callback
    def read(self, primed: Primed) -> None:
        """Take note that the server has just read this."""
        self._warm.pop(primed.options.key, None)
        self._warm[primed.options.key] = (primed, time.monotonic() + WARM_FOR)
        while len(self._warm) > self._provider.prompts_kept:
            del self._warm[next(iter(self._warm))]

    @callback
    def prime(self, primed: Primed) -> None:
        """Let the server read this, unless it has, or a turn is under way."""
        if self._turns or self.is_warm(primed):
            return
        if self._task is None or self._task.done():
            self._waiting.clear()
            self._waiting[primed.options.key] = primed
            self._task = self._entry.async_create_background_task(
                self._hass, self._async_prime_waiting(), f"{DOMAIN} prime"
            )
        elif self._provider.prompts_kept > 1:
            self._waiting[primed.options.key] = primed

    async def _async_prime_waiting(self) -> None:
        while self._waiting:
            primed = self._waiting.pop(next(iter(self._waiting)))
            if not self.is_warm(primed):
                await self._async_prime(primed)

    async def _async_prime(self, primed: Primed) -> None:
        model = primed.options.model
        request = primed.options.request(
            (SystemMessage(primed.prefix.system), UserMessage(".")),
            primed.prefix.tools,
            max_tokens=1,
            prime=True,
            # A cold prompt can take minutes on a slow computer.
            timeout=WARM_FOR,
        )
        started = time.monotonic()
        try:
            async with (
                # Its bytes keep a stream alive, whatever they are.
                asyncio.timeout(LONGEST),
                aclosing(self._provider.stream(request)) as events,
            ):
                async for _ in events:
                    pass
        except (ProviderError, TimeoutError) as err:
            # The turn that follows meets the same fault and says so.
            _LOGGER.debug("Priming %s failed: %s", model, err)
            return
        self.read(primed)
        _LOGGER.debug("Primed %s in %.3fs", model, time.monotonic() - started)

    @callback
    def turn_asks(self) -> None:
        """Make way for a turn's request."""
        self._turns += 1
        if self._task:
            self._task.cancel()
            self._task = None

    @callback
    def turn_answered(self) -> None:
        """Take note that a turn's request has ended."""
        self._turns -= 1

    async def async_connect(self) -> None:
        """Open a connection that the next request finds in the pool."""
        with suppress(ProviderError):
            # The turn that follows meets the same fault and says so.
            await self._provider.connect()


@dataclass(frozen=True, slots=True)
class PrimedProvider:
    """A provider whose requests go before any priming, and leave the server warm."""

    inner: LLMProvider
    primer: Primer
    primed: Primed

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        """Ask the model; see LLMProvider."""
        self.primer.turn_asks()
        try:
            async with aclosing(self.inner.stream(request)) as events:
                async for event in events:
                    # It answers, so it has read the prompt.
                    self.primer.read(self.primed)
                    yield event
        finally:
            self.primer.turn_answered()

    @property
    def prompts_kept(self) -> int:
        """How many prompts the server keeps; see LLMProvider."""
        return self.inner.prompts_kept

    async def list_models(self) -> list[str]:
        """Return the server's models; see LLMProvider."""
        return await self.inner.list_models()

    async def describe_models(self) -> list[ModelInfo]:
        """Return what the server tells of its models; see LLMProvider."""
        return await self.inner.describe_models()

    async def connect(self) -> None:
        """Open a connection; see LLMProvider."""
        await self.inner.connect()
