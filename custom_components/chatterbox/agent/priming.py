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
    ModelRequest,
    ProviderError,
    SystemMessage,
    UserMessage,
)
from .options import Priming
from .prompt import Prefix

_LOGGER = logging.getLogger(__name__)

WARM_FOR: Final = 240.0
"""Seconds for which a server is trusted to keep what it read.

Ollama unloads a model after 5 minutes without a request; hosted servers that cache
prompts keep them about as long.
"""


def should_prime(priming: Priming, url: str) -> bool:
    """Return whether to prime the server at this address."""
    return priming is Priming.ON or (priming is Priming.AUTO and is_local(url))


@dataclass(frozen=True, slots=True)
class Primed:
    """What a server has read, or is to read."""

    model: str
    prefix: Prefix


class Primer:
    """Keeps one server's prefix cache warm, with at most one request under way.

    Only the last prompt is taken to be warm: a server may have room for one. Unloading
    the entry, and a turn's request, cancel the priming.
    """

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], provider: LLMProvider
    ) -> None:
        """Start with a server that has read nothing."""
        self._hass = hass
        self._entry = entry
        self._provider = provider
        self._task: asyncio.Task[None] | None = None
        self._turns = 0
        self._warm: Primed | None = None
        self._warm_until = 0.0

    def is_warm(self, primed: Primed) -> bool:
        """Return whether the server read this last, and not too long ago."""
        return self._warm == primed and time.monotonic() < self._warm_until

    @callback
    def read(self, primed: Primed) -> None:
        """Take note that the server has just read this."""
        self._warm = primed
        self._warm_until = time.monotonic() + WARM_FOR

    @callback
    def prime(self, primed: Primed) -> None:
        """Let the server read this, unless it has, or is busy with us."""
        under_way = self._task is not None and not self._task.done()
        if self._turns or under_way or self.is_warm(primed):
            return
        self._task = self._entry.async_create_background_task(
            self._hass, self._async_prime(primed), f"{DOMAIN} prime {primed.model}"
        )

    async def _async_prime(self, primed: Primed) -> None:
        """Ask for one token; a server reads the whole prompt for it."""
        request = ModelRequest(
            model=primed.model,
            messages=(SystemMessage(primed.prefix.system), UserMessage(".")),
            tools=primed.prefix.tools,
            max_tokens=1,
            # A cold prompt can take minutes on a slow computer.
            timeout=WARM_FOR,
        )
        started = time.monotonic()
        try:
            async with aclosing(self._provider.stream(request)) as events:
                async for _ in events:
                    pass
        except ProviderError as err:
            # The turn that follows meets the same fault and says so.
            _LOGGER.debug("Priming %s failed: %s", primed.model, err)
            return
        self.read(primed)
        _LOGGER.debug("Primed %s in %.3fs", primed.model, time.monotonic() - started)

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
    prefix: Prefix

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        """Ask the model; see LLMProvider."""
        self.primer.turn_asks()
        try:
            async with aclosing(self.inner.stream(request)) as events:
                async for event in events:
                    # It answers, so it has read the prompt.
                    self.primer.read(Primed(request.model, self.prefix))
                    yield event
        finally:
            self.primer.turn_answered()

    async def list_models(self) -> list[str]:
        """Return the server's models; see LLMProvider."""
        return await self.inner.list_models()

    async def connect(self) -> None:
        """Open a connection; see LLMProvider."""
        await self.inner.connect()
