"""Every way to what is hidden ends before anything runs."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, label_registry as lr
import pytest

from custom_components.chatterbox.tools.calls import ToolError

from .attacks import ADDRESSES, GROUPS, HARMLESS, PLACES, PLAIN_TEXTS, TARGETS
from .exposed_home import Home, make_attacked_home, register_remote

REMOTE = {
    "fields": {
        "data": {"selector": {"object": {}}},
        "text": {"selector": {"text": {}}},
        "url": {"selector": {"text": {}}},
        "file_path": {"selector": {"text": {}}},
        "who": {"selector": {"entity": {}}},
    }
}


@pytest.fixture
async def home(hass: HomeAssistant) -> Home:
    """Return a home with a hidden den, a script and a group that looks like a lamp."""
    return await make_attacked_home(hass)


@pytest.fixture
def remote(home: Home) -> list[dict[str, Any]]:
    """Register a service that takes anything, and return what reaches it."""
    return register_remote(home, REMOTE)


def _known(home: Home, value: Any) -> Any:
    """Return the value with the ids that the home has given."""
    den = er.async_get(home.hass).async_get("light.den")
    assert den
    if isinstance(value, str):
        return value.replace("<den>", den.id).replace(
            "<ceiling>", home.devices["Ceiling"]
        )
    return value


async def _refused(home: Home, service: str, args: dict[str, Any]) -> str:
    with pytest.raises(ToolError) as refused:
        await home.call(service, **args)
    await home.hass.async_block_till_done()
    assert not home.calls
    return str(refused.value)


@pytest.mark.parametrize("field", ["where", "loose"])
@pytest.mark.parametrize("text", TARGETS)
async def test_a_scripts_text_is_no_target(home: Home, field: str, text: str) -> None:
    """Whatever the script's templates make of it."""
    refusal = await _refused(home, "script.on", {field: _known(home, text)})
    assert "den lamp" not in refusal.lower()


@pytest.mark.parametrize("args", PLACES, ids=str)
async def test_a_place_is_handed_on_only_if_all_in_it_is_exposed(
    home: Home, args: dict[str, Any]
) -> None:
    """Its id would make hidden siblings act."""
    known = {key: _known(home, value) for key, value in args.items()}
    refusal = await _refused(home, "script.on", known)
    assert "more than what is exposed" in refusal


@pytest.mark.parametrize(
    ("args", "reached"),
    [
        ({"where": "light.kitchen"}, {"light.kitchen"}),
        ({"where": "light.kitchen, light.bedroom"}, {"light.kitchen", "light.bedroom"}),
        ({"loose": "light.bedroom"}, {"light.bedroom"}),
        ({"way": "all", "where": "light.kitchen"}, {"light.kitchen"}),
        ({"room": "Bedroom"}, {"light.bedroom"}),
        ({"tag": "Cosy"}, set()),
    ],
    # A set is printed in another order in every process.
    ids=lambda value: str(sorted(value)),
)
async def test_what_is_exposed_is_reached_by_a_script(
    home: Home, args: dict[str, Any], reached: set[str]
) -> None:
    """Nothing that may be reached is lost."""
    lr.async_get(home.hass).async_create("Nothing")
    if "tag" in args:
        er.async_get(home.hass).async_update_entity(
            "light.bedroom", labels={"cosy", "mixed"}
        )
        reached = {"light.bedroom"}
    await home.call("script.on", **args)
    await home.hass.async_block_till_done()
    assert home.reached == reached


@pytest.mark.parametrize(("service", "args"), GROUPS, ids=str)
async def test_a_group_in_a_value_is_refused(
    home: Home, remote: list[dict[str, Any]], service: str, args: dict[str, Any]
) -> None:
    """Where it is not taken apart; what of it is exposed can be named."""
    refusal = await _refused(home, service, args)
    assert "light.kitchen" in refusal
    assert "light.den" not in refusal
    assert not remote


@pytest.mark.parametrize("address", ADDRESSES)
async def test_no_address_shows_what_is_hidden(home: Home, address: str) -> None:
    """However it is encoded; Home Assistant's own API is nobody's."""
    media = {"media_content_id": address, "media_content_type": "video"}
    await _refused(
        home,
        "media_player.play_media",
        {"entity_id": "media_player.tv", "media": media},
    )


@pytest.mark.parametrize("text", PLAIN_TEXTS)
async def test_no_file_and_no_address_of_the_home(
    home: Home, remote: list[dict[str, Any]], text: str
) -> None:
    """Where the field is not there for one."""
    await _refused(home, "test.remote", {"text": text})
    await _refused(home, "test.remote", {"data": {"deep": [text]}})
    assert not remote


@pytest.mark.parametrize("text", HARMLESS)
async def test_other_texts_go_through(
    home: Home, remote: list[dict[str, Any]], text: str
) -> None:
    """They are what a person might say."""
    await home.call("test.remote", text=text, data={"deep": [text]})
    assert remote == [{"text": text, "data": {"deep": [text]}}]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("url", "http://192.168.1.1/picture.jpg"),
        ("url", "/local/picture.jpg"),
        ("file_path", "/media/song.mp3"),
        ("file_path", "/share/music/song.mp3"),
    ],
)
async def test_a_field_for_addresses_takes_them(
    home: Home, remote: list[dict[str, Any]], field: str, text: str
) -> None:
    """The user has chosen the action, which is for that."""
    await home.call("test.remote", **{field: text}, data={field: text})
    assert remote == [{field: text, "data": {field: text}}]


@pytest.mark.parametrize(
    "address",
    [
        "media-source://media_source/local/song.mp3",
        "https://stream.example.com/radio",
        "http://192.168.1.7/radio.mp3",
        "/local/doorbell.mp3",
        "spotify:track:4uLU6hMCjMI75M1A2tKUQC",
        "library://track/12",
    ],
)
async def test_music_plays(home: Home, address: str) -> None:
    """What a player is for."""
    await home.call(
        "media_player.play_media",
        entity_id="media_player.tv",
        media={"media_content_id": address, "media_content_type": "music"},
    )
    assert home.reached == {"media_player.tv"}
