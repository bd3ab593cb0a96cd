"""Whether the model server of an entry can be reached, said once in the log."""

import logging
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .providers.base import ProviderError, ProviderErrorKind

_LOGGER = logging.getLogger(__name__)

# These last until someone mends them, so that each sentence would log them again.
# All others concern one request of a server that is there.
_LASTING: Final = frozenset(
    {
        ProviderErrorKind.INVALID_URL,
        ProviderErrorKind.CANNOT_CONNECT,
        ProviderErrorKind.NO_TLS,
        ProviderErrorKind.TIMEOUT,
        ProviderErrorKind.INVALID_AUTH,
        ProviderErrorKind.NOT_A_MODEL_SERVER,
    }
)


class ServerHealth:
    """Keeps the last lasting fault of a model server.

    It is the one place that logs provider errors: whoever catches one notes it here
    and speaks a sentence, and logs nothing else.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Start with a server that is taken to be well."""
        self._hass = hass
        self._entry = entry
        self._fault: ProviderErrorKind | None = None

    @property
    def fault(self) -> ProviderErrorKind | None:
        """What keeps the server from answering, None while nothing does."""
        return self._fault

    @callback
    def answered(self) -> None:
        """Note that the server answered; logged once after it did not."""
        if self._fault is None:
            return
        self._fault = None
        _LOGGER.info("%s answers again", self._entry.title)

    @callback
    def failed(self, err: ProviderError) -> None:
        """Log what went wrong, a lasting fault once, and ask for a new key if refused."""
        if err.kind not in _LASTING:
            self.answered()
            _LOGGER.warning("%s: %s", self._entry.title, err)
            return
        if err.kind is ProviderErrorKind.INVALID_AUTH:
            self._entry.async_start_reauth(self._hass)
        level = logging.DEBUG if err.kind is self._fault else logging.WARNING
        self._fault = err.kind
        _LOGGER.log(level, "%s does not answer: %s", self._entry.title, err)
