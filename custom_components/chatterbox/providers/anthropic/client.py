"""A client for servers that speak Anthropic's Messages."""

from typing import Final, override

from ..base import ModelRequest
from ..client import HttpProvider
from ..needs import Needs
from .answer import MessagesReader
from .request import LESSONS, request_body

VERSION: Final = "2023-06-01"
"""Of the protocol; there is no newer one."""


class AnthropicProvider(HttpProvider):
    """A server with Anthropic's Messages, as an LLMProvider."""

    ask_path = "/messages"
    models_path = "/models?limit=1000"
    reader = MessagesReader
    lessons = LESSONS

    @override
    def headers(self, api_key: str) -> dict[str, str]:
        key = {"x-api-key": api_key} if api_key else {}
        return {"anthropic-version": VERSION, **key}

    @override
    def body(self, request: ModelRequest, needs: Needs) -> bytes:
        return request_body(request, needs, self.additions(request.model))
