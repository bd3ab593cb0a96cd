"""Tests of an agent on a mirror of a running home."""

from collections.abc import Callable
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest

from scripts.demo_model import ModelServer, Planner
from scripts.evaluation.dry_run import dry_run
from scripts.evaluation.home import EvaluationFileError
from scripts.evaluation.jobs import AgentConfig
from tests.house import House, make_house


@pytest.fixture
async def house(hass: HomeAssistant, socket_enabled: None) -> House:
    """Give a running home of two lamps, of which one is not exposed."""
    house = await make_house(hass, "http", "websocket_api", "config")
    kitchen = house.area("Kitchen", "Ground Floor")
    house.entity("light.stove", "Stove Lamp", area=kitchen)
    house.entity("light.safe", "Safe Lamp", "on", area=kitchen, exposed=False)
    return house


@pytest.fixture
async def address(
    socket_enabled: None, house: House, aiohttp_client: Callable[..., Any]
) -> str:
    """Give the address of the running home."""
    assert await async_setup_component(house.hass, "api", {})
    client = await aiohttp_client(house.hass.http.app)
    return str(client.make_url(""))


# The running home's end of the websocket is closed a moment after ours.
lingers = pytest.mark.parametrize("expected_lingering_timers", [True])


@lingers
async def test_calls_are_shown_and_nothing_acts(
    house: House,
    address: str,
    hass_access_token: str,
    capsys: pytest.CaptureFixture[str],
    socket_enabled: None,
) -> None:
    server = await ModelServer(Planner()).start()
    agent = AgentConfig(url=server.url)
    sentences = ["Turn on the kitchen lights", "Turn off the safe lamp"]

    await dry_run(address, hass_access_token, agent, sentences, 30)
    await server.close()

    shown = capsys.readouterr().out
    assert "1 exposed entities are mirrored. Nothing acts." in shown
    assert "“Turn on the kitchen lights”\n  would call intent__HassTurnOn" in shown
    assert '"Kitchen"' in shown
    assert "Safe" not in "".join(str(r.json) for r in server.requests[:1])
    assert house.calls == []
    states = {s.entity_id: s.state for s in house.hass.states.async_all("light")}
    assert states == {"light.stove": "off", "light.safe": "on"}


@lingers
async def test_a_wrong_token_is_told(address: str, socket_enabled: None) -> None:
    with pytest.raises(EvaluationFileError, match="does not accept the token"):
        await dry_run(address, "wrong", AgentConfig(), ["Hello"], 30)
