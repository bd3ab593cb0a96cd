"""A client for Ollama's own protocol."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Final, override

import aiohttp

from ..base import (
    ModelEvent,
    ModelInfo,
    ModelRequest,
    ProviderError,
    ProviderErrorKind as Kind,
)
from ..body import encode
from ..client import HttpProvider
from ..json_shape import as_count, as_object, as_objects, as_text
from ..needs import Learnt, Needs
from .answer import OllamaReader
from .request import DEFAULT_CONTEXT, LESSONS, request_body

SHOW_TIMEOUT: Final = 5.0
"""Seconds without a byte when a model is described."""


class OllamaProvider(HttpProvider):
    """An Ollama, as an LLMProvider; the address is the one below which `/api` is."""

    ask_path = "/api/chat"
    models_path = "/api/tags"
    lines = True
    reader = OllamaReader
    lessons = LESSONS

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        api_key: str | None = None,
        learnt: Learnt | None = None,
    ) -> None:
        super().__init__(session, url, api_key, learnt)
        self._described: dict[str, ModelInfo] = {}

    @override
    def needs(self, request: ModelRequest) -> Needs:
        known = self._described.get(request.model)
        think = known.thinking if known else None
        return replace(super().needs(request), think=think)

    @override
    def body(self, request: ModelRequest, needs: Needs) -> bytes:
        return request_body(request, needs, self._room(request))

    @override
    def read_models(self, found: Any) -> list[ModelInfo]:
        models = as_object(found).get("models")
        if not isinstance(models, list):
            raise ProviderError(Kind.NOT_A_MODEL_SERVER, "The answer lists no models")
        named = [
            (as_text(model.get("name")) or as_text(model.get("model")), model)
            for model in as_objects(models)
        ]
        return [
            ModelInfo(name=name, size=as_count(model.get("size")) or None)
            for name, model in named
            if name
        ]

    @override
    async def describe_models(self) -> list[ModelInfo]:
        """Return the models with what Ollama tells of them. Raises ProviderError."""
        listed = await super().describe_models()
        told = await asyncio.gather(*(self._describe(model.name) for model in listed))
        return [
            replace(known, size=model.size)
            for model, known in zip(listed, told, strict=True)
        ]

    async def _describe(self, name: str) -> ModelInfo:
        """Return what Ollama tells of a model. Raises ProviderError."""
        if name not in self._described:
            body = encode({"model": name})
            found = as_object(await self.get_json("/api/show", body, SHOW_TIMEOUT))
            self._described[name] = _read_model(name, found)
        return self._described[name]

    @override
    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        # How much it takes and whether it thinks has to be known before it is asked.
        known = await self._describe(request.model)
        _refuse_files(request, known)
        async with aclosing(super().stream(request)) as events:
            async for event in events:
                yield event

    def _room(self, request: ModelRequest) -> int:
        known = self._described.get(request.model)
        most = known.context_tokens if known else None
        room = request.context_tokens or DEFAULT_CONTEXT
        return min(room, most or room)


def _refuse_files(request: ModelRequest, known: ModelInfo) -> None:
    """Raise ProviderError for files that the model would ignore in silence."""
    for message in request.messages:
        for attachment in getattr(message, "attachments", ()):
            if not attachment.is_image:
                raise ProviderError(Kind.REQUEST_REFUSED, "Ollama takes only pictures")
            if known.vision is False:
                raise ProviderError(
                    Kind.REQUEST_REFUSED, f"{request.model} cannot see pictures"
                )


def _read_model(name: str, found: dict[str, Any]) -> ModelInfo:
    can = found.get("capabilities")
    lengths = [
        as_count(value)
        for key, value in as_object(found.get("model_info")).items()
        if key.endswith(".context_length")
    ]
    return ModelInfo(
        name=name,
        # Older versions do not say what a model can do.
        tools="tools" in can if isinstance(can, list) else None,
        thinking="thinking" in can if isinstance(can, list) else None,
        vision="vision" in can if isinstance(can, list) else None,
        context_tokens=max(lengths, default=0) or None,
    )
