"""What is asked for at this hour, ready before it is asked."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components import conversation
from homeassistant.core import HomeAssistant
import pytest

from ...home import Agent
from ...weather_home import CABIN, GARDEN, WeatherHome
from .conftest import Reader, questions

ASK = "What's the weather?"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the seconds by which monotonic time is ahead."""
    from custom_components.chatterbox.agent.foresight import ready  # noqa: PLC0415
    from custom_components.chatterbox.tools.cache.cache import (  # noqa: PLC0415
        ToolResultCache,
    )

    ahead = [0.0]
    real = ToolResultCache.now

    def now(self: ToolResultCache) -> float:
        return real(self) + ahead[0]

    monkeypatch.setattr(ToolResultCache, "now", now)
    monkeypatch.setattr(ready, "monotonic", lambda: ahead[0])
    return ahead


async def prepare(hass: HomeAssistant, agent: Agent) -> None:
    """Begin to speak."""
    await conversation.async_prepare_agent(hass, agent.entity_id, "en")
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_what_has_expired_or_soon_will_is_refreshed(
    hass: HomeAssistant, agent: Agent, home: WeatherHome, clock: list[float]
) -> None:
    """While the person speaks; not what is fresh, and never more often than its TTL."""
    await questions(agent, ASK)
    await prepare(hass, agent)
    assert home.requests == [GARDEN]
    clock[0] += 400
    await prepare(hass, agent)
    assert home.requests == [GARDEN]
    await questions(agent, ASK)
    assert home.requests == [GARDEN, GARDEN]
    clock[0] += 100
    await prepare(hass, agent)
    assert home.requests == [GARDEN, GARDEN]
    clock[0] += 150
    await prepare(hass, agent)
    assert home.requests == [GARDEN] * 3
    clock[0] += 260
    await prepare(hass, agent)
    assert home.requests == [GARDEN] * 3
    clock[0] += 40
    await prepare(hass, agent)
    assert home.requests == [GARDEN] * 4
    assert await questions(agent, ASK) == 1
    assert home.requests == [GARDEN] * 4


async def test_at_most_two_and_only_at_their_hour(
    hass: HomeAssistant,
    agent: Agent,
    home: WeatherHome,
    reader: Reader,
    clock: list[float],
    freezer: FrozenDateTimeFactory,
) -> None:
    """What is asked for most goes first."""
    for sentence, entity_id, kind, times in (
        ("garden", GARDEN, "daily", 2),
        ("cabin", CABIN, "daily", 4),
        ("soon", CABIN, "hourly", 3),
    ):
        reader.call = ("weather__get_forecasts", {"type": kind, "entity_id": entity_id})
        for _ in range(times):
            await agent.say(sentence)
    await hass.services.async_call(
        "chatterbox", "invalidate_cache", {"tool": reader.call[0]}, blocking=True
    )
    home.requests.clear()
    freezer.tick(timedelta(hours=5))
    await prepare(hass, agent)
    assert home.requests == []
    freezer.tick(timedelta(hours=19))
    await prepare(hass, agent)
    assert home.requests == [CABIN, CABIN]


async def test_nothing_that_is_not_exposed(
    hass: HomeAssistant, agent: Agent, home: WeatherHome, clock: list[float]
) -> None:
    """Nor where foresight is off."""
    from homeassistant.components.homeassistant.exposed_entities import (  # noqa: PLC0415
        async_expose_entity,
    )

    for _ in range(2):
        await agent.say(ASK)
    async_expose_entity(hass, "conversation", GARDEN, False)
    clock[0] += 400
    await prepare(hass, agent)
    assert home.requests == [GARDEN]
