"""A server and a client of each protocol."""

from collections.abc import Callable
from dataclasses import dataclass
import json
from typing import Any

import aiohttp
import pytest

from custom_components.chatterbox.providers.client import HttpProvider
from custom_components.chatterbox.providers.registry import create_provider

from ..replay import Answer, ReplayServer
from .wire import PROTOCOLS, Part, Protocol


@dataclass(slots=True)
class Spoken:
    """A protocol, a server that speaks it, and a client."""

    protocol: Protocol
    server: ReplayServer
    provider: HttpProvider

    def answer(self, *parts: Part | str, **options: Any) -> None:
        """Have the server answer the next request."""
        self.play(self.protocol.answer(*parts, **options))

    def play(self, body: bytes, **options: Any) -> None:
        """Have the server answer the next request with these bytes."""
        self.server.answers.append(
            Answer(body, **{"content_type": self.protocol.content_type, **options})
        )

    def refuse(self, status: int, message: str, **options: Any) -> None:
        """Have the server answer the next request with a status."""
        body = json.dumps({"error": {"message": message}}).encode()
        self.play(body, status=status, content_type="application/json", **options)


def where[F: Callable[..., Any]](attribute: str) -> Callable[[F], F]:
    """Mark a behaviour of the protocols that have an attribute."""

    def mark(function: F) -> F:
        function.where = attribute  # type: ignore[attr-defined]
        return function

    return mark


def has(protocol: Protocol, behaviour: Callable[..., Any]) -> bool:
    """Return whether a protocol has what a behaviour is about."""
    attribute = getattr(behaviour, "where", None)
    return attribute is None or bool(getattr(protocol, attribute))


@pytest.fixture(params=PROTOCOLS, ids=lambda protocol: protocol.kind)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    """Give each protocol."""
    protocol: Protocol = request.param
    return protocol


@pytest.fixture
def spoken(
    request: pytest.FixtureRequest,
    protocol: Protocol,
    replay: ReplayServer,
    session: aiohttp.ClientSession,
) -> Spoken:
    """Give a client of a server with each protocol that has what the test is about."""
    if not has(protocol, request.function):
        pytest.skip("the protocol has nothing of the kind")
    replay.pages = {protocol.models_path: protocol.models, **protocol.pages}
    url = replay.origin + protocol.base
    provider = create_provider(protocol.kind, session, url, "sk-test")
    assert isinstance(provider, HttpProvider)
    return Spoken(protocol, replay, provider)
