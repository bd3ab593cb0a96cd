"""Every way to what is hidden ends before anything runs."""

from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, label_registry as lr
from homeassistant.helpers.service import async_set_service_schema
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.tools.calls import ToolError

from .attacks import ADDRESSES, GROUPS, HARMLESS, PLACES, PLAIN_TEXTS, TARGETS
from .exposed_home import ASSISTANT, Home, make_home

REMOTE = {
    "fields": {
        "data": {"selector": {"object": {}}},
        "text": {"selector": {"text": {}}},
        "url": {"selector": {"text": {}}},
        "file_path": {"selector": {"text": {}}},
        "who": {"selector": {"entity": {}}},
    }
}
_TURN_ON = "light.turn_on"
SCRIPT = {
    "fields": {
        "where": {"selector": {"text": None}},
        "loose": {},
        "way": {"selector": {"select": {"options": ["one", "all"]}}},
        "room": {"selector": {"area": {}}},
        "rooms": {"selector": {"area": {"multiple": True}}},
        "storey": {"selector": {"floor": {}}},
        "thing": {"selector": {"device": {}}},
        "tag": {"selector": {"label": {}}},
    },
    "sequence": [
        {
            "action": _TURN_ON,
            "continue_on_error": True,
            "target": {
                "entity_id": "{{ where | default(loose) | default([], true) }}",
                "area_id": "{{ rooms | default([room | default('none')]) }}",
                "floor_id": "{{ storey | default([]) }}",
                "device_id": "{{ thing | default([]) }}",
                "label_id": "{{ tag | default([]) }}",
            },
        }
    ],
}


@pytest.fixture
async def home(hass: HomeAssistant) -> Home:
    """Return a home with a hidden den, a script and a group that looks like a lamp."""
    home = await make_home(hass)
    await hass.config.async_update(external_url="https://home.example.org")
    assert await async_setup_component(hass, "script", {"script": {"on": SCRIPT}})
    entry = MockConfigEntry(
        domain="group",
        title="All lamps",
        options={
            "group_type": "light",
            "name": "All lamps",
            "entities": ["light.kitchen", "light.den"],
            "hide_members": False,
            "all": False,
        },
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    mixed = lr.async_get(hass).async_create("Mixed").label_id
    for entity_id in ("light.bedroom", "light.cellar"):
        er.async_get(hass).async_update_entity(entity_id, labels={mixed})
    await hass.async_block_till_done()
    for entity_id in ("script.on", "light.all_lamps"):
        async_expose_entity(hass, ASSISTANT, entity_id, True)
    return home


@pytest.fixture
def remote(home: Home) -> list[dict[str, Any]]:
    """Register a service that takes anything, and return what reaches it."""
    calls: list[dict[str, Any]] = []
    home.hass.services.async_register(
        "test", "remote", lambda call: calls.append(dict(call.data))
    )
    async_set_service_schema(home.hass, "test", "remote", REMOTE)
    return calls


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
