"""Tests for asking one model after another, over four loopback servers and protocols."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest

from custom_components.chatterbox.providers.attempt import Candidate
from custom_components.chatterbox.providers.base import (
    ModelEvent,
    ModelRequest,
    ProviderError,
    ProviderErrorKind as Kind,
    TextDelta,
    ThinkingDelta,
)
from custom_components.chatterbox.providers.failover import Failover
from custom_components.chatterbox.providers.first_tokens import FEWEST
from custom_components.chatterbox.providers.registry import create_provider
from custom_components.chatterbox.providers.standing import Standing

from .asking import calls, request, said
from .protocols.wire import NO_END, PROTOCOLS, Call, Protocol, Think
from .replay import Answer, ReplayServer

LAMP = Call("id_1", "HassTurnOn", {"name": "Lamp"})
AT_ONCE = 0.05
"""Seconds of patience with a server that will never send anything."""


@dataclass
class Log:
    """What a Watch was told."""

    told: list[tuple[str, str]] = field(default_factory=list)
    errors: list[ProviderError] = field(default_factory=list)

    def asked(self, candidate: Candidate) -> None:
        """Note it."""
        self.told.append(("asked", candidate.server))

    def taken(self, candidate: Candidate) -> None:
        """Note it."""
        self.told.append(("taken", candidate.server))

    def failed(self, candidate: Candidate, error: ProviderError) -> None:
        """Note it."""
        self.told.append(("failed", candidate.server))
        self.errors.append(error)
        candidate.standing.failed(error)

    def answered(self, candidate: Candidate) -> None:
        """Note it."""
        self.told.append(("answered", candidate.server))
        candidate.standing.answered()

    def left(self, candidate: Candidate) -> None:
        """Note it."""
        self.told.append(("left", candidate.server))


@dataclass
class Model:
    """One model, its server and its protocol."""

    protocol: Protocol
    server: ReplayServer
    candidate: Candidate

    def answers(self, *parts: Any, end: str = "whole", **options: Any) -> None:
        """Have it answer the next request."""
        body = self.protocol.answer(*parts, **options)
        self.server.answers.append(Answer(body, self.protocol.content_type, end=end))

    def is_silent(self) -> None:
        """Have it send a head to the next request, and nothing else."""
        self.server.answers.append(Answer(b"", self.protocol.content_type, end="stall"))

    def refuses(self, status: int) -> None:
        """Have it refuse the next request."""
        self.server.answers.append(Answer(b"{}", "application/json", status))

    def was_slow(self, seconds: float) -> None:
        """Give it a past."""
        for _ in range(FEWEST):
            self.candidate.standing.first_tokens.add(seconds)


@pytest.fixture(params=range(4), ids=[p.kind for p in PROTOCOLS])
async def models(
    request: pytest.FixtureRequest, session: aiohttp.ClientSession
) -> AsyncIterator[list[Model]]:
    """Give a model of each protocol, each of them the first once."""
    first = request.param
    made = []
    for protocol in (*PROTOCOLS[first:], *PROTOCOLS[:first]):
        server = await ReplayServer().start()
        server.pages = {protocol.models_path: protocol.models, **protocol.pages}
        number = len(made)
        made.append(
            Model(
                protocol,
                server,
                Candidate(
                    server=str(number),
                    model="demo",
                    provider=create_provider(
                        protocol.kind, session, server.origin + protocol.base, "sk-test"
                    ),
                    standing=Standing(),
                    adapt=lambda asked: asked,
                    patience=lambda: None,
                ),
            )
        )
    yield made
    for model in made:
        await model.server.close()


def impatient(model: Model) -> Candidate:
    """Return a model that is given a moment."""
    return replace(model.candidate, patience=lambda: AT_ONCE)


async def run(
    failover: Failover, asked: ModelRequest | None = None
) -> tuple[list[ModelEvent], ProviderError | None]:
    """Return the events of an answer and the error that ended it."""
    events: list[ModelEvent] = []
    try:
        async for event in failover.stream(asked or request()):
            events.append(event)  # noqa: PERF401
    except ProviderError as err:
        return events, err
    return events, None


async def test_the_first_answers(models: list[Model]) -> None:
    """Nobody else is asked."""
    log = Log()
    models[0].answers("Hello.")
    events, error = await run(Failover([m.candidate for m in models], log))
    assert error is None
    assert said(events) == "Hello."
    assert log.told == [("asked", "0"), ("taken", "0"), ("answered", "0")]
    assert models[1].server.asked == []


@pytest.mark.parametrize("fault", ["down", "429", "500", "silent", "cut", "thinking"])
async def test_the_next_takes_over(models: list[Model], fault: str) -> None:
    """Whatever it is that comes before a word; what was thought goes with who thought."""
    first, second = models[:2]
    candidates = [m.candidate for m in models]
    match fault:
        case "down":
            await first.server.close()
        case "429" | "500":
            first.refuses(int(fault))
        case "silent":
            first.is_silent()
            candidates[0] = impatient(first)
        case "cut":
            first.answers(reason=NO_END, end="cut")
        case "thinking":
            first.answers(Think("Well", "sig"), reason=NO_END, end="cut")
    second.answers("Here ", LAMP)
    log = Log()
    failover = Failover(candidates, log)
    events, error = await run(failover)
    assert error is None
    assert said(events) == "Here "
    assert calls(events) == [("HassTurnOn", {"name": "Lamp"})]
    assert ("failed", "0") in log.told
    assert log.told[-3:] == [("asked", "1"), ("taken", "1"), ("answered", "1")]
    # The rest of the turn is the second's.
    second.answers("It is on.")
    assert said((await run(failover))[0]) == "It is on."
    assert len(first.server.asked) <= 2, "a dropped connection is tried twice, no more"
    assert len(second.server.asked) == 2


async def test_never_after_a_word(models: list[Model]) -> None:
    """What was said is not said again by another."""
    models[0].answers("It is", " now", reason=NO_END, end="cut")
    log = Log()
    failover = Failover([m.candidate for m in models], log)
    events, error = await run(failover)
    assert error is not None
    assert error.kind is Kind.STREAM_BROKEN
    assert said(events).startswith("It is")
    assert models[1].server.asked == []
    assert failover.can_go_on


async def test_never_after_a_call(models: list[Model]) -> None:
    """It has begun by then: the next is asked by whoever has the result."""
    models[0].answers(LAMP, Call("id_2", "x"), reason=NO_END, end="cut")
    log = Log()
    failover = Failover([m.candidate for m in models], log)
    events, error = await run(failover)
    assert error is not None
    assert calls(events)[:1] == [("HassTurnOn", {"name": "Lamp"})]
    assert models[1].server.asked == []
    assert failover.can_go_on
    models[1].answers("It is on.")
    assert said((await run(failover))[0]) == "It is on."


async def test_all_fail(models: list[Model]) -> None:
    """What is told is what is wrong with the agent's own."""
    models[0].refuses(401)
    for model in models[1:]:
        await model.server.close()
    log = Log()
    failover = Failover([m.candidate for m in models], log)
    events, error = await run(failover)
    assert events == []
    assert error is not None
    assert error.kind is Kind.INVALID_AUTH
    assert [told for told in log.told if told[0] == "failed"] == [
        ("failed", str(number)) for number in range(4)
    ]
    assert not failover.can_go_on


async def test_the_last_is_waited_for(models: list[Model]) -> None:
    """There is nothing better to do than to wait for a slow model."""
    (model,) = models[:1]
    asked = asyncio.Event()

    async def beyond() -> bool:
        asked.set()
        return False

    model.is_silent()
    task = asyncio.create_task(run(Failover([impatient(model)], Log(), beyond=beyond)))
    await asyncio.wait_for(asked.wait(), 5)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(model.server.gone.wait(), 5)


async def test_somebody_can_do_without(models: list[Model]) -> None:
    """Then the last is not waited for either."""

    async def beyond() -> bool:
        return True

    models[0].is_silent()
    failover = Failover([impatient(models[0])], Log(), beyond=beyond)
    events, error = await run(failover)
    assert events == []
    assert error is not None
    assert error.kind is Kind.TIMEOUT
    # A busy machine may have asked nothing yet.
    if models[0].server.asked:
        await asyncio.wait_for(models[0].server.gone.wait(), 5)


async def test_one_that_is_down_is_skipped(models: list[Model]) -> None:
    """Until it may be tried again."""
    first, second = models[:2]
    standing = first.candidate.standing
    await first.server.close()
    log = Log()

    async def turn() -> str:
        second.answers("Second.")
        failover = Failover([m.candidate for m in models[:2]], log)
        return said((await run(failover))[0])

    for _ in range(3):
        assert await turn() == "Second."
    assert standing.skipped
    log.told.clear()
    assert await turn() == "Second."
    assert log.told == [("asked", "1"), ("taken", "1"), ("answered", "1")]
    standing.try_again()
    log.told.clear()
    assert await turn() == "Second."
    assert log.told[:2] == [("asked", "0"), ("failed", "0")]


@pytest.mark.parametrize("can_do_without", [True, False])
async def test_all_are_skipped(models: list[Model], can_do_without: bool) -> None:
    """The first is tried all the same, unless somebody can do without."""

    async def beyond() -> bool:
        return can_do_without

    refused = ProviderError(Kind.CANNOT_CONNECT, "refused")
    for model in models[:2]:
        for _ in range(3):
            model.candidate.standing.failed(refused)
    models[0].answers("I am back.")
    failover = Failover([m.candidate for m in models[:2]], Log(), beyond=beyond)
    events, error = await run(failover)
    if can_do_without:
        assert error is refused
        assert models[0].server.asked == []
    else:
        assert said(events) == "I am back."
        assert not models[0].candidate.standing.down


async def test_a_hedge_that_wins(models: list[Model]) -> None:
    """The slow one is ended, and nothing of its thinking is heard."""
    first, second = models[:2]
    first.was_slow(AT_ONCE)
    first.is_silent()
    second.answers(Think("Hm", "sig"), LAMP)
    log = Log()
    failover = Failover([m.candidate for m in models[:2]], log, hedges=True)
    events, error = await run(failover)
    assert error is None
    assert calls(events) == [("HassTurnOn", {"name": "Lamp"})]
    assert log.told == [
        ("asked", "0"),
        ("asked", "1"),
        ("left", "0"),
        ("taken", "1"),
        ("answered", "1"),
    ]
    await asyncio.wait_for(first.server.gone.wait(), 5)
    assert not first.candidate.standing.down


def late(candidate: Candidate) -> tuple[Candidate, asyncio.Event]:
    """Return the candidate with an answer that waits for the event."""
    go = asyncio.Event()

    class Late:
        async def stream(self, asked: ModelRequest) -> AsyncIterator[ModelEvent]:
            await go.wait()
            async for event in candidate.provider.stream(asked):
                yield event

    return replace(candidate, provider=Late()), go  # type: ignore[arg-type]


async def test_a_hedge_that_loses(models: list[Model]) -> None:
    """Its request is ended."""
    first, second = models[:2]
    first.was_slow(0.0)
    second.is_silent()
    slow, go = late(first.candidate)
    first.answers(Think("Hm", "sig"), "First.")
    log = Log()
    failover = Failover([slow, second.candidate], log, hedges=True)
    task = asyncio.create_task(run(failover))
    while not second.server.asked:
        await asyncio.sleep(0)
    go.set()
    events, error = await task
    assert error is None
    assert said(events) == "First."
    # All of what the winner gave, in order.
    kinds = [type(e) for e in events if isinstance(e, TextDelta | ThinkingDelta)]
    assert kinds[-1] is TextDelta
    assert ("left", "1") in log.told
    await asyncio.wait_for(second.server.gone.wait(), 5)


async def test_a_hedge_that_fails(models: list[Model]) -> None:
    """The other goes on."""
    first, second = models[:2]
    first.was_slow(0.0)
    slow, go = late(first.candidate)
    first.answers("First.")
    second.refuses(500)
    log = Log()
    task = asyncio.create_task(
        run(Failover([slow, second.candidate], log, hedges=True))
    )
    while ("failed", "1") not in log.told:
        await asyncio.sleep(0)
    go.set()
    assert said((await task)[0]) == "First."


async def test_no_hedge_for_one_that_nobody_knows(models: list[Model]) -> None:
    """Nor for one that has begun to think."""
    first, second = models[:2]
    first.is_silent()
    failover = Failover([m.candidate for m in models[:2]], Log(), hedges=True)
    task = asyncio.create_task(run(failover))
    while not first.server.asked:
        await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    assert second.server.asked == []
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
