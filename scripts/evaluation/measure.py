"""One task, measured in a process of its own."""

import asyncio
from dataclasses import asdict, replace
from typing import Any

from scripts.demo_model import ModelServer

from .jobs import Answer, Job, ServerLostError
from .playback import Playback
from .relay import Relay, Usage
from .speak import Spoken, speak


def measure(job: Job) -> dict[str, Any]:
    """Speak a task and return what came of it, as a line of results has it.

    Raises EvaluationFileError, ServerLostError.
    """
    return asyncio.run(_measure(job))


async def _measure(job: Job) -> dict[str, Any]:
    if job.answers is not None:
        spoken, usage = await _replayed(job, job.answers)
    else:
        spoken, usage = await _live(job)
    verdict = spoken.verdict
    return {
        "task": job.task.id,
        "category": job.task.category,
        "language": job.task.language,
        "sentence": job.task.sentence,
        "right": verdict.right,
        "refused": verdict.refused,
        "claimed_falsely": verdict.claimed_falsely,
        "markup": verdict.markup,
        "asked": verdict.asked,
        "why": list(verdict.why),
        "unchecked": job.task.unchecked,
        **asdict(usage),
        "turns": [asdict(turn) for turn in spoken.turns],
    }


async def _replayed(job: Job, answers: tuple[Answer, ...]) -> tuple[Spoken, Usage]:
    playback = Playback(answers)
    server = await ModelServer(playback).start()
    try:
        agent = replace(job.agent, url=server.url)
        spoken = await speak(job.task, agent, job.timeout)
    finally:
        await server.close()
    return spoken, Usage(len(playback.requests))


async def _live(job: Job) -> tuple[Spoken, Usage]:
    relay = await Relay(job.agent.url).start()
    try:
        agent = replace(job.agent, url=relay.url)
        spoken = await speak(job.task, agent, job.timeout)
    finally:
        await relay.close()
    if relay.lost:
        raise ServerLostError(relay.lost)
    return spoken, relay.usage
