"""A client for servers that speak OpenAI's chat completions."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
import json
import logging

import aiohttp

from ..base import (
    ModelEvent,
    ModelRequest,
    ProviderError,
    ProviderErrorKind as Kind,
)
from ..http import (
    connection_error,
    http_timeout,
    parse_url,
    read_error,
    status_error,
)
from .answer import AnswerReader
from .events import read_events
from .request import Adaptation, Additions, fitting, request_body

_LOGGER = logging.getLogger(__name__)

MAX_RETRY_AFTER = 5.0
"""Seconds that a server may ask to wait before one more try; a person is waiting."""

LIST_TIMEOUT = 10.0
"""Seconds without a byte when the models are listed."""

_REFUSALS = (400, 422, 500)
"""Statuses whose body may say which part of the request the server does not take."""


class OpenAIProvider:
    """An OpenAI-compatible server, as an LLMProvider."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, api_key: str | None = None
    ) -> None:
        """Keep what is needed to ask.

        `url` is the address below which `/chat/completions` is, mostly ending in
        `/v1`. A bad one is told when it is asked.
        """
        self._session = session
        self._url = url
        self._api_key = (api_key or "").strip()
        self._additions = Additions()
        self._adaptations: dict[str, frozenset[Adaptation]] = {}

    async def list_models(self) -> list[str]:
        """Return the names of the models that the server has, sorted.

        Raises ProviderError.
        """
        response = await self._send("GET", "/models", None, LIST_TIMEOUT)
        try:
            if response.status != 200:
                error, _ = await status_error(response)
                if error.kind is Kind.MODEL_NOT_FOUND:
                    # No model was asked for: the server speaks of the path.
                    error.kind = Kind.NOT_A_MODEL_SERVER
                raise error
            body = await response.read()
        except (aiohttp.ClientError, TimeoutError) as err:
            raise read_error(err) from err
        finally:
            response.close()
        return sorted(_model_names(body))

    async def connect(self) -> None:
        """Open a connection and leave it to the next request.

        Raises ProviderError.
        """
        # Whatever the status: an answer to HEAD has no body, so its connection is free.
        response = await self._send("HEAD", "/models", None, LIST_TIMEOUT)
        response.release()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        """Ask the model, and give its answer as it comes.

        Raises ProviderError.
        """
        response = await self._ask(request)
        reader = AnswerReader(request, self._additions)
        try:
            async with aclosing(read_events(response, reader)) as events:
                async for data in events:
                    for event in reader.read(data):
                        yield event
            for event in reader.end():
                yield event
        finally:
            # An answer read to its end has given its connection back already.
            response.close()

    async def _ask(self, request: ModelRequest) -> aiohttp.ClientResponse:
        """Send a request until it is taken, or a refusal is final."""
        made = self._adaptations.get(request.model, frozenset())
        waited = False
        while True:
            body = request_body(request, made, self._additions)
            response = await self._send(
                "POST", "/chat/completions", body, request.timeout
            )
            if response.status == 200:
                self._adaptations[request.model] = made
                return response
            error, refusal = await status_error(response)
            status = response.status
            response.close()
            if error.kind is Kind.RATE_LIMITED and not waited:
                waited = True
                if (wait := error.retry_after) is not None and wait <= MAX_RETRY_AFTER:
                    await asyncio.sleep(wait)
                    continue
            new = fitting(refusal, request, made) if status in _REFUSALS else None
            if not new:
                raise error
            names = ", ".join(sorted(adaptation.name for adaptation in new))
            _LOGGER.debug("%s is asked again with %s", request.model, names)
            made |= new

    async def _send(
        self, method: str, path: str, body: bytes | None, silence: float
    ) -> aiohttp.ClientResponse:
        """Send a request and return the response, whatever its status.

        One that the server drops before answering is sent once more: it may have
        closed a connection that was kept alive just as it was taken.
        """
        base = parse_url(self._url)
        url = base.with_path(base.path.rstrip("/") + path)
        for last in (False, True):
            try:
                return await self._session.request(
                    method,
                    url,
                    data=body,
                    headers=self._headers(),
                    timeout=http_timeout(silence),
                    allow_redirects=False,
                )
            except aiohttp.ClientConnectorError as err:
                raise connection_error(err) from err
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as err:
                if last:
                    raise connection_error(err) from err
            except (aiohttp.ClientError, TimeoutError, ValueError) as err:
                raise connection_error(err) from err
            except RuntimeError as err:
                if not self._session.closed:
                    raise
                raise ProviderError(Kind.CANNOT_CONNECT, "Shutting down") from err
        raise AssertionError("unreachable")

    def _headers(self) -> dict[str, str]:
        headers = {
            "Accept": "text/event-stream, application/json",
            "Content-Type": "application/json",
        }
        if self._api_key:
            if not (self._api_key.isascii() and self._api_key.isprintable()):
                raise ProviderError(Kind.INVALID_AUTH, "The key holds odd characters")
            headers["Authorization"] = f"Bearer {self._api_key}"
        return headers


def _model_names(body: bytes) -> set[str]:
    """Return the names in a list of models.

    Raises ProviderError (NOT_A_MODEL_SERVER) if it is none.
    """
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    # Together answers with the bare list.
    models = found.get("data") if isinstance(found, dict) else found
    if not isinstance(models, list):
        raise ProviderError(Kind.NOT_A_MODEL_SERVER, "The answer lists no models")
    names = (model.get("id") for model in models if isinstance(model, dict))
    # Gemini puts a folder before each name, and takes the name without it.
    return {n.removeprefix("models/") for n in names if isinstance(n, str) and n}
