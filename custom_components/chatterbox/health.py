"""Whether the model server of an entry answers: said once in the log, and as an issue."""

from collections.abc import Callable
from datetime import datetime, timedelta
import logging
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from .agent.options import AgentOptions
from .const import CONF_PROVIDER, PROVIDER_OLLAMA
from .issues import (
    async_clear_issues,
    async_credit_is_spent,
    async_model_is_gone,
    async_server_is_down,
)
from .providers.base import LASTING, LLMProvider, ProviderError, ProviderErrorKind
from .providers.discovery import async_describe_models
from .providers.needs import Learnt
from .providers.ollama.request import DEFAULT_CONTEXT
from .providers.standing import FAILURES, Standing

_LOGGER = logging.getLogger(__name__)

CHECK_INTERVAL: Final = timedelta(minutes=1)
"""How often a server that does not answer is asked whether it does again."""

# Each sentence would log them again. A proxy answers with a server error for a server
# that is not there.
_LASTING: Final = LASTING | {ProviderErrorKind.SERVER_ERROR}
# These last too, but the server is there: only an answer of the model ends them.
_OF_MODEL: Final = frozenset(
    {ProviderErrorKind.MODEL_NOT_FOUND, ProviderErrorKind.NO_CREDIT}
)


class ServerHealth:
    """Keeps the last lasting fault of a model server.

    It is the one place that logs provider errors: whoever catches one notes it here. A
    fault is an issue in Home Assistant until the server, or the model, answers.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        provider: LLMProvider,
        learnt: Learnt,
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._provider = provider
        self._learnt = learnt
        self._fault: ProviderErrorKind | None = None
        self._context_tokens: dict[str, int | None] = {}
        self._logged: set[tuple[ProviderErrorKind, str | None]] = set()
        self._standings: dict[str, Standing] = {}
        self._told_skipped: set[str] = set()
        self._listeners: list[Callable[[], None]] = []
        self._stop_checking: CALLBACK_TYPE | None = None
        entry.async_on_unload(self._unload)

    @callback
    def async_listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Tell when the fault is another one, until what is returned is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def fault(self) -> ProviderErrorKind | None:
        """What keeps the server from answering, None while nothing does."""
        return self._fault

    def standing(self, model: str) -> Standing:
        """Return how a model of the server has done lately."""
        if model not in self._standings:
            times = self._learnt.first_tokens(model)
            self._standings[model] = Standing(first_tokens=times)
        return self._standings[model]

    @callback
    def answered(self, model: str | None = None) -> None:
        """Note that the server answered, or a model of it; logged after it did not."""
        if model is not None:
            self._logged -= {(kind, model) for kind in _OF_MODEL}
            async_clear_issues(self._hass, self._entry, model)
            self._model_answered(model)
        if self._fault is None:
            self._stop_if_well()
            return
        self._logged = {logged for logged in self._logged if logged[0] in _OF_MODEL}
        async_server_is_down(self._hass, self._entry, None)
        self._set(None)
        self._stop_if_well()
        _LOGGER.info("%s answers again", self._entry.title)

    @callback
    def failed(self, err: ProviderError, model: str | None = None) -> None:
        """Log what went wrong, a lasting fault once; `model` is the one that was asked."""
        if err.kind in _LASTING:
            self._server_failed(err)
        else:
            self.answered()
            level = logging.WARNING
            if err.kind in _OF_MODEL:
                level = self._level(err.kind, model)
                self._model_failed(err, model)
            _LOGGER.log(level, "%s: %s", self._entry.title, err)
        if model is not None:
            self._count(model, err)

    def _count(self, model: str, err: ProviderError) -> None:
        """Skip a model that fails too often; of a server that is down was told already."""
        standing = self.standing(model)
        news = standing.failed(err)
        if standing.skipped:
            self._check_on()
        if news and self._fault is None:
            self._told_skipped.add(model)
            _LOGGER.warning(
                "%s: %s has failed %d times in a row and is asked last until it answers",
                self._entry.title,
                model,
                FAILURES,
            )

    def _model_answered(self, model: str) -> None:
        if self.standing(model).answered() and model in self._told_skipped:
            _LOGGER.info("%s: %s answers again", self._entry.title, model)
        self._told_skipped.discard(model)

    def _server_failed(self, err: ProviderError) -> None:
        level = self._level(err.kind, None)
        if err.kind is ProviderErrorKind.INVALID_AUTH:
            # Home Assistant makes an issue of it.
            self._entry.async_start_reauth(self._hass)
        else:
            async_server_is_down(self._hass, self._entry, str(err))
            self._check_on()
        self._set(err.kind)
        _LOGGER.log(level, "%s does not answer: %s", self._entry.title, err)

    def _model_failed(self, err: ProviderError, model: str | None) -> None:
        if model is None:
            return
        if err.kind is ProviderErrorKind.MODEL_NOT_FOUND:
            async_model_is_gone(self._hass, self._entry, model)
        else:
            async_credit_is_spent(self._hass, self._entry, model)

    def _level(self, kind: ProviderErrorKind, model: str | None) -> int:
        """Return how loud a lasting fault is: once until there is an answer."""
        if (kind, model) in self._logged:
            return logging.DEBUG
        self._logged.add((kind, model))
        return logging.WARNING

    async def async_check(self) -> None:
        """Ask the server for its models, and note whether it answers."""
        try:
            models = await async_describe_models(self._provider)
        except ProviderError as err:
            self.failed(err)
        else:
            self._context_tokens = {m.name: m.context_tokens for m in models}
            self.answered()
            for standing in self._standings.values():
                if standing.due:
                    standing.try_again()

    def _check_on(self) -> None:
        if self._stop_checking is None:
            self._stop_checking = async_track_time_interval(
                self._hass, self._async_check, CHECK_INTERVAL, cancel_on_shutdown=True
            )

    def _stop_if_well(self) -> None:
        """Look no more for a server that is there and whose models may all be asked."""
        if not any(standing.skipped for standing in self._standings.values()):
            self._stop()

    def context_tokens(self, options: AgentOptions) -> int | None:
        """Return the tokens of prompt and answer, as far as the server tells."""
        told = self._context_tokens.get(options.model)
        if self._entry.data[CONF_PROVIDER] != PROVIDER_OLLAMA:
            return told
        # It gives a model as much as it is asked to.
        room = options.context_tokens or DEFAULT_CONTEXT
        return min(room, told or room)

    async def _async_check(self, _now: datetime) -> None:
        self._entry.async_create_background_task(
            self._hass, self.async_check(), f"check {self._entry.title}"
        )

    def _set(self, fault: ProviderErrorKind | None) -> None:
        if fault is not self._fault:
            self._fault = fault
            for listener in tuple(self._listeners):
                listener()

    def _stop(self) -> None:
        if self._stop_checking is not None:
            self._stop_checking()
            self._stop_checking = None

    def _unload(self) -> None:
        self._stop()
        async_clear_issues(self._hass, self._entry)
