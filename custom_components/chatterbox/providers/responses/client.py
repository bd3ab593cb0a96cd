"""A client for servers that speak OpenAI's Responses."""

from typing import Any, override

from ..base import ModelInfo, ModelRequest
from ..client import HttpProvider
from ..needs import Needs
from ..openai.models import read_models
from .answer import AnswerReader
from .request import LESSONS, request_body


class ResponsesProvider(HttpProvider):
    """A server with OpenAI's Responses, as an LLMProvider."""

    ask_path = "/responses"
    lessons = LESSONS

    @override
    def headers(self, api_key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {api_key}"} if api_key else {}

    @override
    def body(self, request: ModelRequest, needs: Needs) -> bytes:
        return request_body(request, needs, self.additions(request.model))

    @override
    def reader(self, request: ModelRequest) -> AnswerReader:
        return AnswerReader(request, self.additions(request.model))

    @override
    def read_models(self, found: Any) -> list[ModelInfo]:
        return read_models(found)
