"""A client for servers that speak OpenAI's chat completions."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import override

import aiohttp

from ..base import ModelEvent, ModelRequest
from ..client import HttpProvider
from ..needs import Learnt, Needs
from .answer import ChatReader
from .request import LESSONS, request_body
from .slots import SERVER, Slots


class OpenAIProvider(HttpProvider):
    """An OpenAI-compatible server, as an LLMProvider."""

    ask_path = "/chat/completions"
    reader = ChatReader
    lessons = LESSONS

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        api_key: str | None = None,
        learnt: Learnt | None = None,
    ) -> None:
        super().__init__(session, url, api_key, learnt)
        self._slots = Slots(self.get_json)

    @property
    def _has_slots(self) -> bool:
        return self._connection.server == SERVER

    @property
    @override
    def prompts_kept(self) -> int:
        return max(1, self._slots.count)

    @override
    async def connect(self) -> None:
        await super().connect()
        if self._has_slots:
            await self._slots.bring_back_all()

    @override
    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        if not self._has_slots:
            async with aclosing(super().stream(request)) as events:
                async for event in events:
                    yield event
            return
        async with self._slots.hold(request) as slot:
            place = {} if slot is None else {"id_slot": slot}
            extra = {"cache_prompt": True, **place, **request.extra_body}
            asked = replace(request, extra_body=extra)
            async with aclosing(super().stream(asked)) as events:
                async for event in events:
                    yield event

    @override
    def body(self, request: ModelRequest, needs: Needs) -> bytes:
        return request_body(request, needs, self.additions(request.model))
