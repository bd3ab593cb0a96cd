"""A client for servers that speak OpenAI's Responses."""

from typing import override

from ..base import ModelRequest
from ..client import HttpProvider
from ..needs import Needs
from .answer import ResponsesReader
from .request import LESSONS, request_body


class ResponsesProvider(HttpProvider):
    """A server with OpenAI's Responses, as an LLMProvider."""

    ask_path = "/responses"
    reader = ResponsesReader
    lessons = LESSONS

    @override
    def body(self, request: ModelRequest, needs: Needs) -> bytes:
        return request_body(request, needs, self.additions(request.model))
