"""Tests for what entities were ever able to do."""

from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.media_player import MediaPlayerEntityFeature
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.const import DOMAIN
from custom_components.chatterbox.tools.calls import ToolError
from custom_components.chatterbox.tools.exposure.features import (
    STORAGE_KEY,
    SeenFeatures,
    async_get_seen_features,
    ever_supported,
)
from custom_components.chatterbox.tools.services.catalog import async_get_catalog
from custom_components.chatterbox.tools.services.tool import ServiceTool
from scripts.demo_model import ModelServer
from tests.home import setup_agent

from .exposed_home import ASSISTANT, Home

PLAYER = "media_player.cinema"
OFF = int(MediaPlayerEntityFeature.TURN_ON)
PLAYING = int(MediaPlayerEntityFeature.PAUSE | MediaPlayerEntityFeature.STOP)


def show(hass: HomeAssistant, features: int, state: str = "off") -> None:
    """Let the player show these features."""
    hass.states.async_set(PLAYER, state, {"supported_features": features})


@pytest.fixture
async def home(hass: HomeAssistant) -> Home:
    """Return a home with an exposed player that is off, and that no registry knows."""
    for component in ("homeassistant", "media_player"):
        assert await async_setup_component(hass, component, {})
    async_get_seen_features(hass)
    show(hass, OFF)
    async_expose_entity(hass, ASSISTANT, PLAYER, True)
    await hass.async_block_till_done()
    return Home(hass)


async def offered(hass: HomeAssistant) -> tuple[ServiceTool, ...]:
    """Return the tools of what can be done to a player."""
    return await async_get_catalog(hass).async_get_tools(
        ["media_player.media_pause", "media_player.turn_on"], ASSISTANT
    )


def names(tools: tuple[ServiceTool, ...]) -> list[str]:
    """Return the names of tools."""
    return [tool.name for tool in tools]


async def test_what_a_player_shows_later_is_offered(
    hass: HomeAssistant, home: Home
) -> None:
    """A player that was off when the tools were made can be paused once it plays."""
    assert names(await offered(hass)) == ["media_player__turn_on"]
    show(hass, PLAYING, "playing")
    await hass.async_block_till_done()
    assert "media_player__media_pause" in names(await offered(hass))


async def test_the_tools_stay_the_same_when_features_go(
    hass: HomeAssistant, home: Home
) -> None:
    """The model server keeps what it has read."""
    show(hass, PLAYING, "playing")
    await hass.async_block_till_done()
    tools = await offered(hass)
    for features, state in ((OFF, "off"), (0, "unavailable"), (PLAYING, "playing")):
        show(hass, features, state)
        await hass.async_block_till_done()
        assert await offered(hass) is tools


@pytest.mark.parametrize(
    "args",
    [
        pytest.param({"entity_id": [PLAYER]}, id="by id"),
        pytest.param({"name": ["Cinema"]}, id="by name"),
        pytest.param({}, id="the only one"),
    ],
)
async def test_the_error_says_what_is_not_possible_now(
    hass: HomeAssistant, home: Home, args: dict[str, Any]
) -> None:
    """Not that there is no such player."""
    show(hass, PLAYING, "playing")
    await hass.async_block_till_done()
    tool = await home.tool("media_player.media_pause")
    show(hass, OFF)
    with pytest.raises(
        ToolError, match=r'^Not possible now.*: media_player\.cinema \("off"\)\.$'
    ):
        await home.call("media_player.media_pause", **args)
    assert await home.tool("media_player.media_pause") is tool


async def test_a_name_that_means_nothing_is_another_error(
    hass: HomeAssistant, home: Home
) -> None:
    """Whatever was once possible."""
    show(hass, PLAYING, "playing")
    await hass.async_block_till_done()
    tool = await home.tool("media_player.media_pause")
    show(hass, OFF)
    with pytest.raises(ToolError, match=r"^No media_player"):
        await home.call(tool.name.replace("__", "."), name=["Attic"])


async def test_kept_across_a_restart(
    hass: HomeAssistant, home: Home, hass_storage: dict[str, Any]
) -> None:
    """A player that is off when Home Assistant starts is offered as before."""
    MockConfigEntry(domain=DOMAIN).add_to_hass(hass)
    show(hass, PLAYING, "playing")
    hass.states.async_set("light.gone", "on", {"supported_features": 4})
    await hass.async_block_till_done()
    hass.states.async_remove("light.gone")
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert hass_storage[STORAGE_KEY]["data"] == {PLAYER: OFF | PLAYING}

    show(hass, OFF)
    restarted = SeenFeatures(hass)
    assert restarted.of(PLAYER) == OFF
    await restarted.async_load()
    assert restarted.of(PLAYER) == OFF | PLAYING


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param({"version": 9, "data": {}}, id="newer"),
        pytest.param({"version": 1, "data": [1]}, id="list"),
        pytest.param({"version": 1, "data": {PLAYER: "many"}}, id="text"),
        pytest.param({"version": 1, "data": {PLAYER: None}}, id="nothing"),
    ],
)
async def test_a_file_that_cannot_be_read(
    hass: HomeAssistant,
    home: Home,
    hass_storage: dict[str, Any],
    stored: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It costs what was seen before, and one line in the log."""
    hass_storage[STORAGE_KEY] = {"minor_version": 1, "key": STORAGE_KEY, **stored}
    await async_get_seen_features(hass).async_load()
    assert ever_supported(hass, PLAYER) == OFF
    assert caplog.text.count("Kept features of entities cannot be read") == 1


async def test_dropped_with_the_entity_and_kept_with_its_new_name(
    hass: HomeAssistant, home: Home
) -> None:
    """What was seen of an entity is of no other that gets its id later."""
    registry = er.async_get(hass)
    entry = registry.async_get_or_create("media_player", "test", "one")
    hass.states.async_set(entry.entity_id, "on", {"supported_features": PLAYING})
    await hass.async_block_till_done()
    assert ever_supported(hass, entry.entity_id) == PLAYING
    hass.states.async_remove(entry.entity_id)
    registry.async_update_entity(entry.entity_id, new_entity_id="media_player.den")
    await hass.async_block_till_done()
    assert ever_supported(hass, entry.entity_id) == 0
    assert ever_supported(hass, "media_player.den") == PLAYING
    registry.async_remove("media_player.den")
    await hass.async_block_till_done()
    assert ever_supported(hass, "media_player.den") == 0


async def test_nothing_is_left_of_the_last_server(
    hass: HomeAssistant, model_server: ModelServer, hass_storage: dict[str, Any]
) -> None:
    """Not even what the entities of the home can do; the set-up has read it."""
    data = {"media_player.attic": PLAYING}
    hass_storage[STORAGE_KEY] = {
        "version": 1,
        "minor_version": 1,
        "key": STORAGE_KEY,
        "data": data,
    }
    agent = await setup_agent(hass, model_server)
    assert ever_supported(hass, "media_player.attic") == PLAYING
    await hass.config_entries.async_remove(agent.entry.entry_id)
    assert STORAGE_KEY not in hass_storage


async def test_nothing_is_written_for_nobody(
    hass: HomeAssistant, home: Home, hass_storage: dict[str, Any]
) -> None:
    """Without an agent there is nothing on disk."""
    show(hass, PLAYING, "playing")
    await hass.async_block_till_done()
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert STORAGE_KEY not in hass_storage
