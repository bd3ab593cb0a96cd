"""llama.cpp's slots: one for each agent, saved, and brought back."""

from typing import Any

import aiohttp
from aiohttp import web
import pytest

from custom_components.chatterbox.providers.base import (
    ModelRequest,
    SystemMessage,
    UserMessage,
)
from custom_components.chatterbox.providers.openai import slots as slots_module
from custom_components.chatterbox.providers.openai.client import OpenAIProvider

from ..asking import ask
from ..replay import Asked, ReplayServer

BY = {"Server": "llama.cpp"}
"""What llama.cpp's server says of itself in each answer."""


class LlamaCpp:
    """As llama.cpp's server was seen to do, b11549: its slots, and their files."""

    def __init__(self, server: ReplayServer, count: int, *, saves: bool = True) -> None:
        """Serve this many slots."""
        self.server = server
        self.saves = saves
        self.files: dict[str, str] = {}
        self.moves: list[tuple[str, int]] = []
        self.asked_of: list[int | None] = []
        self.slots: list[str | None] = [None] * count
        server.pages = {
            "/v1/models": lambda _: self._json({"data": [{"id": "demo"}]}),
            "/props": lambda _: self._json({"total_slots": count}),
            "/slots": lambda _: self._json(
                [
                    {"id": i, "is_processing": False}
                    | ({} if kept is None else {"id_task": 7})
                    for i, kept in enumerate(self.slots)
                ]
            ),
            "/v1/chat/completions": self._chat,
        }
        for slot in range(count):
            server.pages[f"/slots/{slot}"] = self._move

    def restart(self) -> None:
        """Lose what is in the slots, as a restart does."""
        self.slots = [None] * len(self.slots)

    @staticmethod
    def _json(data: Any, status: int = 200) -> web.Response:
        return web.json_response(data, headers=BY, status=status)

    def _chat(self, asked: Asked) -> web.Response:
        slot = asked.json.get("id_slot")
        self.asked_of.append(slot)
        if slot is not None:
            assert asked.json["cache_prompt"] is True
            self.slots[slot] = asked.json["messages"][0]["content"]
        choice = {"message": {"content": "Hi"}, "finish_reason": "stop"}
        return self._json({"choices": [choice]})

    def _move(self, asked: Asked) -> web.Response:
        if not self.saves:
            message = "This server does not support slots action."
            return self._json({"error": {"message": message}}, 501)
        slot = int(asked.path.rsplit("/", 1)[1])
        name = asked.json["filename"]
        action = asked.query["action"]
        self.moves.append((action, slot))
        if action == "save":
            self.files[name] = self.slots[slot] or ""
        elif name in self.files:
            self.slots[slot] = self.files[name]
        else:
            return self._json({"error": {"message": "Unable to restore slot"}}, 400)
        return self._json({"n_saved": 40})


def of(agent: str, *, prime: bool = False) -> ModelRequest:
    """Return a request of an agent."""
    messages = (SystemMessage(f"You are {agent}."), UserMessage("Hi"))
    return ModelRequest("demo", messages, cache_key=agent, prime=prime, timeout=5.0)


@pytest.fixture
async def provider(
    session: aiohttp.ClientSession, replay: ReplayServer
) -> OpenAIProvider:
    """Give a client of it."""
    return OpenAIProvider(session, replay.origin + "/v1", None)


async def test_agents_have_slots_of_their_own(
    provider: OpenAIProvider, replay: ReplayServer
) -> None:
    llama = LlamaCpp(replay, 2)
    await provider.list_models()
    for agent in ("ada", "bob", "ada", "bob"):
        await ask(provider, of(agent))
    assert llama.asked_of == [0, 1, 0, 1]
    assert provider.prompts_kept == 2


async def test_a_restarted_server_gets_its_prompt_back(
    provider: OpenAIProvider, replay: ReplayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots_module, "FRESH_FOR", 0.0)
    llama = LlamaCpp(replay, 1)
    await provider.list_models()
    await ask(provider, of("ada", prime=True))
    await ask(provider, of("ada", prime=True))
    # Saved once: it is the same prompt.
    assert llama.moves == [("restore", 0), ("save", 0)]
    llama.restart()
    # While somebody speaks, before the sentence is there.
    await provider.connect()
    assert llama.moves[2:] == [("restore", 0)]
    assert llama.slots == ["You are ada."]
    await ask(provider, of("ada"))
    assert llama.moves[3:] == []


async def test_a_sentence_without_notice_finds_its_prompt_too(
    provider: OpenAIProvider, replay: ReplayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots_module, "FRESH_FOR", 0.0)
    llama = LlamaCpp(replay, 1)
    await provider.list_models()
    await ask(provider, of("ada", prime=True))
    llama.restart()
    await ask(provider, of("ada"))
    assert llama.moves[2:] == [("restore", 0)]


async def test_too_few_slots_are_shared_by_files(
    provider: OpenAIProvider, replay: ReplayServer
) -> None:
    """Whoever takes another's slot brings what was primed for it."""
    llama = LlamaCpp(replay, 1)
    await provider.list_models()
    await ask(provider, of("ada", prime=True))
    await ask(provider, of("bob", prime=True))
    await ask(provider, of("ada"))
    assert llama.moves == [("restore", 0), ("save", 0)] * 2 + [("restore", 0)]


async def test_a_second_sentence_at_once_goes_where_there_is_room(
    provider: OpenAIProvider, replay: ReplayServer
) -> None:
    llama = LlamaCpp(replay, 2)
    await provider.list_models()
    first = provider.stream(of("ada"))
    await anext(first)
    await ask(provider, of("ada"))
    await first.aclose()
    await ask(provider, of("ada"))
    assert llama.asked_of == [0, None, 0]


async def test_a_server_that_saves_nothing_is_asked_once(
    provider: OpenAIProvider, replay: ReplayServer
) -> None:
    LlamaCpp(replay, 1, saves=False)
    await provider.list_models()
    for agent in ("ada", "bob", "ada"):
        await ask(provider, of(agent, prime=True))
    assert sum(asked.path.startswith("/slots/") for asked in replay.other) == 2


async def test_other_servers_are_told_of_no_slots(
    provider: OpenAIProvider, replay: ReplayServer
) -> None:
    choice = {"message": {"content": "Hi"}, "finish_reason": "stop"}
    sent: list[Any] = []

    def chat(asked: Asked) -> web.Response:
        sent.append(asked.json)
        return web.json_response({"choices": [choice]})

    replay.pages = {"/v1/chat/completions": chat}
    for _ in range(2):
        await ask(provider, of("ada"))
    assert all(key not in body for body in sent for key in ("id_slot", "cache_prompt"))
    assert provider.prompts_kept == 1


async def test_a_slot_in_use_is_not_emptied_for_a_file_that_may_not_be(
    session: aiohttp.ClientSession, replay: ReplayServer
) -> None:
    """Home Assistant has been restarted, and nothing was ever primed."""
    llama = LlamaCpp(replay, 1)
    await ask(OpenAIProvider(session, replay.origin + "/v1", None), of("a"))
    llama.moves.clear()
    await ask(OpenAIProvider(session, replay.origin + "/v1", None), of("a"))
    assert llama.moves == []
