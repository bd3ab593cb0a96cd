"""What is to be measured. It imports nothing of Home Assistant, which takes seconds."""

from dataclasses import dataclass, field
from typing import Any, Final

from .tasks import Task

OURS: Final = "chatterbox"
CORE: Final = ("llama_cpp", "ollama", "openai_conversation")
"""Home Assistant's own agents that can be pointed to a server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConfig:
    """Which agent asks which server for which model."""

    domain: str = OURS
    url: str = ""
    model: str = "model"
    provider: str = "openai"
    api_key: str = "none"
    options: dict[str, Any] = field(default_factory=dict)
    """Options of the agent, as its form stores them."""


def agent_for(name: str, url: str, provider: str, api_key: str) -> AgentConfig:
    """Return the agent that a name means at this server."""
    if name == "core":
        # By Ollama's port and OpenAI's host; llama.cpp's is for what speaks as they do.
        fits = {":11434": "ollama", "//api.openai.com": "openai_conversation"}
        name = next((fits[part] for part in fits if part in url), "llama_cpp")
    return AgentConfig(domain=name, url=url, provider=provider, api_key=api_key)


REPLAY_TIMEOUT: Final = 60.0
"""Seconds for a turn whose answers are played; nothing in it waits."""

type Answer = dict[str, Any]
"""What a model answered: `text`, and `calls` of `name` and `arguments`."""


class ServerLostError(Exception):
    """The model server cannot be asked any more."""


@dataclass(frozen=True, slots=True)
class Job:
    """A task to speak, to a server or to recorded answers."""

    key: str
    task: Task
    agent: AgentConfig
    timeout: float = REPLAY_TIMEOUT
    answers: tuple[Answer, ...] | None = None
