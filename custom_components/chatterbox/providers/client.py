"""What the clients of all wire protocols have in common."""

from abc import ABC, abstractmethod
import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
import json
import logging
from typing import Any

import aiohttp

from .additions import Additions
from .answer import AnswerReader
from .base import (
    ModelEvent,
    ModelInfo,
    ModelRequest,
    ProviderError,
    ProviderErrorKind as Kind,
)
from .connection import Connection
from .discretion import discreet
from .events import read_events, read_lines
from .http import MAX_LIST_BYTES, read_whole, status_error
from .model_facts import needs_of
from .model_list import read_models
from .needs import MAX_LESSONS, Learnt, Lesson, Needs, learn

_LOGGER = logging.getLogger(__name__)

MAX_RETRY_AFTER = 5.0
"""Seconds that a server may ask to wait before one more try; a person is waiting."""

LIST_TIMEOUT = 10.0
"""Seconds without a byte when the models are listed."""

_REFUSALS = (400, 422, 500)
"""Statuses whose body may say which part of the request the server does not take."""


class HttpProvider(ABC):
    """A model server that is asked over HTTP; each protocol fills in the rest."""

    ask_path: str
    """Where it is asked, below the address."""
    models_path = "/models"
    """Where it lists its models, below the address."""
    lines = False
    """Whether an answer is JSON lines, not server-sent events."""
    reader: type[AnswerReader]
    lessons: tuple[Lesson, ...]

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        api_key: str | None = None,
        learnt: Learnt | None = None,
    ) -> None:
        key = (api_key or "").strip()
        self._key = key
        self._connection = Connection(session, url, key, self.headers)
        self._learnt = learnt if learnt is not None else Learnt()
        self._additions: defaultdict[str, Additions] = defaultdict(Additions)

    def headers(self, api_key: str) -> dict[str, str]:
        """Return the headers of a request beside those that all have."""
        return {"Authorization": f"Bearer {api_key}"} if api_key else {}

    @abstractmethod
    def body(self, request: ModelRequest, needs: Needs) -> bytes:
        """Return the body: the same bytes for the same request and needs."""

    def read_models(self, found: Any) -> list[ModelInfo]:
        """Return the models in a list. Raises ProviderError (NOT_A_MODEL_SERVER)."""
        return read_models(found)

    def additions(self, model: str) -> Additions:
        """Return what a model has sent with its calls; no other knows what to do with it."""
        return self._additions[model]

    @property
    def prompts_kept(self) -> int:
        """How many prompts the server keeps read at once, as far as is known."""
        return 1

    def needs(self, request: ModelRequest) -> Needs:
        """Return what is known of the model before its server says more."""
        return needs_of(request.model)

    async def list_models(self) -> list[str]:
        """Return the names of the server's models, sorted. Raises ProviderError."""
        return [model.name for model in await self._list()]

    async def describe_models(self) -> list[ModelInfo]:
        """Return what the server tells of its models, by name. Raises ProviderError."""
        return await self._list()

    async def _list(self) -> list[ModelInfo]:
        models = self.read_models(await self.get_json(self.models_path))
        by_name = {model.name: model for model in models}
        return [by_name[name] for name in sorted(by_name)]

    async def connect(self) -> None:
        """Open a connection and leave it to the next request. Raises ProviderError."""
        # Whatever the status: an answer to HEAD has no body, so its connection is free.
        response = await self._connection.send(
            "HEAD", self.models_path, None, LIST_TIMEOUT
        )
        response.release()

    async def is_spoken(self) -> bool:
        """Return whether an empty request is refused as one of this protocol's."""
        with discreet(self._key):
            response = await self._connection.send(
                "POST", self.ask_path, b"{}", LIST_TIMEOUT
            )
            try:
                # LM Studio answers so for a path that it does not have.
                if response.status == 200:
                    return False
                error, _ = await status_error(response)
            finally:
                response.close()
        return error.kind is not Kind.NOT_A_MODEL_SERVER

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        """Ask the model, and give its answer as it comes. Raises ProviderError."""
        with discreet(self._key, request):
            async with aclosing(self._stream(request)) as events:
                async for event in events:
                    yield event

    async def _stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        response = await self._ask(request)
        reader = self.reader(request, self.additions(request.model))
        read = read_lines if self.lines else read_events
        try:
            async with aclosing(read(response, reader)) as events:
                async for data in events:
                    for event in reader.read(data):
                        yield event
            for event in reader.end():
                yield event
        finally:
            # An answer read to its end has given its connection back already.
            response.close()

    async def get_json(
        self, path: str, body: bytes | None = None, silence: float = LIST_TIMEOUT
    ) -> Any:
        """Return what is at a path; a body is posted. Raises ProviderError."""
        with discreet(self._key):
            return await self._get_json(path, body, silence)

    async def _get_json(self, path: str, body: bytes | None, silence: float) -> Any:
        method = "GET" if body is None else "POST"
        response = await self._connection.send(method, path, body, silence)
        try:
            if response.status != 200:
                error, _ = await status_error(response)
                if body is None and error.kind is Kind.MODEL_NOT_FOUND:
                    # No model was asked for: the server speaks of the path.
                    error.kind = Kind.NOT_A_MODEL_SERVER
                raise error
            text = await read_whole(response, MAX_LIST_BYTES)
        finally:
            response.close()
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as err:
            raise ProviderError(Kind.NOT_A_MODEL_SERVER, "It is not JSON") from err

    async def _ask(self, request: ModelRequest) -> aiohttp.ClientResponse:
        needs = self._learnt.apply(request.model, self.needs(request))
        changes: dict[str, Any] = {}
        waited = False
        for _ in range(MAX_LESSONS):
            body = self.body(request, needs)
            response = await self._connection.send(
                "POST", self.ask_path, body, request.timeout
            )
            if response.status == 200:
                self._learnt.keep(request.model, changes)
                return response
            error, refusal = await status_error(response)
            status = response.status
            response.close()
            if error.kind is Kind.RATE_LIMITED and not waited:
                waited = True
                if (wait := error.retry_after) is not None and wait <= MAX_RETRY_AFTER:
                    await asyncio.sleep(wait)
                    continue
            new = self._learn(refusal, request, needs) if status in _REFUSALS else {}
            # What was changed and is refused again is final.
            if not new.keys() - changes.keys():
                raise error
            _LOGGER.debug("%s is asked again with %s", request.model, new)
            changes |= new
            needs = replace(needs, **new)
        raise error

    def _learn(
        self, refusal: str, request: ModelRequest, needs: Needs
    ) -> dict[str, Any]:
        return learn(self.lessons, refusal, request, needs)
