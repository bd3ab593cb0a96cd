"""A few seconds of the soak: nothing is silent, nothing hangs, nothing is left."""

from homeassistant.core import HomeAssistant

from benchmarks.homes import make_home
from benchmarks.soak import LIMITS, soak
from scripts.demo_model import ModelServer

from .home import setup_agent


async def test_short_soak(hass: HomeAssistant, model_server: ModelServer) -> None:
    """Ten satellites, faults, reloads, renames and exposure changes."""
    house = await make_home(hass, 20)
    agent = await setup_agent(
        hass, model_server, llm_hass_api=["assist"], **LIMITS | {"timeout": 1}
    )
    # What listens for as long as Home Assistant runs begins with the first turns.
    await soak(agent, house, seconds=2, satellites=5)
    before = sum(hass.bus.async_listeners().values())
    found = await soak(agent, house, seconds=8, satellites=10)
    assert found.turns > 10
    assert found.faults
    assert found.survived
    assert found.changes >= 5
    assert not found.silences
    assert not found.hangs
    assert not found.errors
    assert sum(hass.bus.async_listeners().values()) <= before + 5
