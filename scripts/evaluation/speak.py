"""Speaks the sentences of a task to a fresh home and judges what comes of them."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
import inspect
import time
from typing import Any

from homeassistant.components import conversation
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import chat_session
from homeassistant.util import dt as dt_util

from .agents import add_agent
from .jobs import AgentConfig
from .judge import Verdict, judge_turn, whole
from .snapshot import take_snapshot
from .tasks import Task
from .world import device_id, fresh_home


@dataclass(slots=True)
class SpokenTurn:
    """What came of one sentence."""

    say: str
    spoken: str = ""
    seconds: float = 0.0
    first_word: float | None = None
    """Seconds to the first text that is spoken."""
    calls: list[dict[str, Any]] = field(default_factory=list)
    """`name`, `arguments` and, of those that failed, `error`."""


@dataclass(slots=True)
class Spoken:
    """What came of a task."""

    verdict: Verdict
    turns: list[SpokenTurn]


async def speak(task: Task, agent: AgentConfig, timeout: float) -> Spoken:  # noqa: ASYNC109
    """Speak all sentences of a task; each turn may take so many seconds.

    Raises EvaluationFileError if the home cannot be made.
    """
    async with fresh_home(task.home, task.language) as hass:
        agent_id = await add_agent(hass, agent)
        conversation_id: str | None = None
        verdicts, turns = [], []
        for turn in task.turns:
            before = take_snapshot(hass, task.home)
            spoken, conversation_id = await say(
                hass,
                turn.say,
                task.language,
                agent_id,
                timeout,
                conversation_id=conversation_id,
                device=device_id(hass, task.device) if task.device else None,
            )
            await hass.async_block_till_done()
            after = take_snapshot(hass, task.home)
            turns.append(spoken)
            verdicts.append(
                judge_turn(
                    turn,
                    task,
                    before,
                    after,
                    spoken.spoken,
                    dt_util.now(),
                    [call["name"] for call in spoken.calls],
                )
            )
        return Spoken(whole(verdicts), turns)


async def say(
    hass: HomeAssistant,
    sentence: str,
    language: str,
    agent_id: str,
    timeout: float,  # noqa: ASYNC109
    *,
    conversation_id: str | None = None,
    device: str | None = None,
) -> tuple[SpokenTurn, str]:
    """Say a sentence as a pipeline does; returns the conversation's id too."""
    spoken = SpokenTurn(sentence)
    started = time.monotonic()

    def listen(_: Any, delta: Mapping[str, Any]) -> None:
        if delta.get("role", "assistant") == "assistant" and delta.get("content"):
            spoken.first_word = spoken.first_word or time.monotonic() - started

    with (
        open_session(hass, conversation_id) as session,
        conversation.async_get_chat_log(
            hass, session, chat_log_delta_listener=listen
        ) as log,
    ):
        told = len(log.content)
        try:
            async with asyncio.timeout(timeout):
                result = await conversation.async_converse(
                    hass,
                    sentence,
                    session.conversation_id,
                    Context(),
                    language,
                    agent_id,
                    device_id=device,
                )
            spoken.spoken = result.response.speech.get("plain", {}).get("speech") or ""
        except TimeoutError:
            spoken.spoken = ""
        except Exception as err:
            # An agent is anybody's code; the pipeline ends such a run unheard.
            spoken.calls.append({"name": "", "arguments": {}, "error": repr(err)})
        spoken.seconds = time.monotonic() - started
        spoken.calls += _calls(log.content[told:])
        return spoken, session.conversation_id


def open_session(
    hass: HomeAssistant, conversation_id: str | None
) -> AbstractContextManager[chat_session.ChatSession]:
    """Begin or go on with a conversation; a newer Home Assistant asks whose it is."""
    open_new = chat_session.async_get_chat_session
    if "context" in inspect.signature(open_new).parameters:
        return open_new(  # type: ignore[call-arg, unused-ignore]
            hass, conversation_id, context=None
        )
    return open_new(hass, conversation_id)


def _calls(contents: list[conversation.Content]) -> list[dict[str, Any]]:
    """Return what was called, with the errors."""
    calls: dict[str, dict[str, Any]] = {}
    for content in contents:
        if isinstance(content, conversation.AssistantContent):
            for tool in content.tool_calls or ():
                calls[tool.id] = {"name": tool.tool_name, "arguments": tool.tool_args}
        elif isinstance(content, conversation.ToolResultContent):
            call = calls.get(content.tool_call_id)
            if call is not None and (error := _error(content.result)):
                call["error"] = error
    return list(calls.values())


def _error(result: Any) -> str | None:
    data = getattr(result, "data", result)
    failed = bool(getattr(result, "error", False))
    if isinstance(data, Mapping) and (failed or data.get("error")):
        return str(data.get("error_text") or data.get("error") or data)[:300]
    return str(data)[:300] if failed else None
