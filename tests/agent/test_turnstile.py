"""Tests of turns that leave the event loop to others in between."""

import asyncio
from collections.abc import Callable
from unittest.mock import patch

from homeassistant.core import HomeAssistant

from custom_components.chatterbox.agent.turnstile import LONGEST, async_get_turnstile


async def until_done(turns: list[asyncio.Task[None]], look: Callable[[], int]) -> int:
    """Return by how much a figure rose at most in a round of the event loop."""
    most, before = 0, look()
    while not all(each.done() for each in turns):
        await asyncio.sleep(0)
        most, before = max(most, look() - before), look()
    return most


async def test_turns_that_are_long_go_on_in_different_rounds(
    hass: HomeAssistant,
) -> None:
    turnstile, passed, now = async_get_turnstile(hass), [], [0.0]

    async def turn(number: int) -> None:
        await turnstile.pass_through()
        passed.append(number)
        now[0] += LONGEST * 0.6

    with patch.object(hass.loop, "time", lambda: now[0]):
        turns = [asyncio.create_task(turn(number)) for number in range(6)]
        assert await until_done(turns, lambda: len(passed)) == 2
    assert passed == [0, 1, 2, 3, 4, 5]


async def test_turns_that_are_short_do_not_wait(hass: HomeAssistant) -> None:
    turnstile, passed = async_get_turnstile(hass), []

    async def turn(number: int) -> None:
        await turnstile.pass_through()
        passed.append(number)

    with patch.object(hass.loop, "time", lambda: 0.0):
        turns = [asyncio.create_task(turn(number)) for number in range(6)]
        assert await until_done(turns, lambda: len(passed)) == 6


async def test_one_that_hangs_fails_or_is_given_up_holds_up_nobody(
    hass: HomeAssistant,
) -> None:
    turnstile, passed, now = async_get_turnstile(hass), [], [0.0]

    async def turn(number: int) -> None:
        await turnstile.pass_through()
        now[0] += LONGEST * 2
        if number == 0:
            await asyncio.Event().wait()
        if number == 1:
            raise ValueError
        passed.append(number)

    with patch.object(hass.loop, "time", lambda: now[0]):
        turns = [asyncio.create_task(turn(number)) for number in range(6)]
        await asyncio.sleep(0)
        turns[2].cancel()
        assert await until_done(turns[1:], lambda: len(passed)) == 1
    assert passed == [3, 4, 5]
    assert isinstance(turns[1].exception(), ValueError)
    assert turns[2].cancelled()
    turns[0].cancel()
