"""What is not exposed cannot be reached, whatever a model writes."""

import re
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import (
    Context,
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar, floor_registry as fr, llm
from homeassistant.helpers.service import async_set_service_schema
import pytest

from custom_components.chatterbox.tools.calls import ToolError

from .exposed_home import (
    ASSISTANT,
    HIDDEN,
    Home,
    context,
    group_lamps,
    make_home,
    register_remote,
)


@pytest.fixture
async def home(hass: HomeAssistant) -> Home:
    """Return a home with a hidden den and a hidden cellar."""
    return await make_home(hass)


ATTEMPTS = [
    # What is hidden is written @, so that the same can be tried with what is not there.
    pytest.param("light.turn_on", {"entity_id": "@"}, "light.den", id="entity id"),
    pytest.param(
        "light.turn_on", {"entity_id": "@"}, "LIGHT.Den", id="other letter case"
    ),
    pytest.param(
        "light.turn_on", {"entity_id": " @ "}, "light.den", id="blanks around it"
    ),
    pytest.param("light.turn_on", {"name": "@"}, "Den lamp", id="name"),
    pytest.param("light.turn_on", {"name": "@"}, "light.den", id="id as name"),
    pytest.param("light.turn_on", {"entity_id": "@"}, "Den lamp", id="name as id"),
    pytest.param("light.turn_on", {"name": "@"}, "Hideaway", id="alias"),
    pytest.param("light.turn_on", {"area": "@"}, "Cellar", id="area"),
    pytest.param("light.turn_on", {"area_id": "@"}, "cellar", id="area id"),
    pytest.param("light.turn_on", {"floor": "@"}, "Underground", id="floor"),
    pytest.param("light.turn_on", {"device": "@"}, "Boiler", id="device"),
    pytest.param("light.turn_on", {"label": "@"}, "Secret", id="label"),
    pytest.param("light.turn_on", {"label_id": "@"}, "secret", id="label id"),
    pytest.param(
        "light.turn_on", {"target": {"entity_id": "@"}}, "light.den", id="target"
    ),
    pytest.param(
        "light.turn_on",
        {"target": '{"area_id": "@"}'},
        "Cellar",
        id="target as JSON text",
    ),
    pytest.param(
        "light.turn_on",
        {"entity_id": ["light.kitchen", "@"]},
        "light.den",
        id="beside what is exposed",
    ),
    pytest.param(
        "light.turn_on", {"name": "@", "area": "Kitchen"}, "Den lamp", id="in an area"
    ),
    pytest.param(
        "homeassistant.turn_on",
        {"entity_id": "@"},
        "light.den",
        id="homeassistant.turn_on",
    ),
    pytest.param(
        "homeassistant.turn_on",
        {"name": "@"},
        "Den lamp",
        id="homeassistant.turn_on, name",
    ),
    pytest.param(
        "homeassistant.turn_on", {"area": "@"}, "Cellar", id="homeassistant, area"
    ),
    pytest.param(
        "homeassistant.turn_off",
        {"entity_id": "@"},
        "group.secrets",
        id="hidden group",
    ),
    pytest.param(
        "media_player.join",
        {"entity_id": "media_player.tv", "group_members": ["@"]},
        "media_player.den",
        id="player to join",
    ),
    pytest.param(
        "media_player.join",
        {"entity_id": "media_player.tv", "group_members": "@"},
        "Den player",
        id="player to join, by name",
    ),
    pytest.param(
        "media_player.play_media",
        {
            "entity_id": "media_player.tv",
            "media": {
                "media_content_id": "media-source://camera/@",
                "media_content_type": "video",
            },
        },
        "light.den",
        id="inside an address",
    ),
    pytest.param(
        "notify.send_message",
        {"entity_id": "@", "message": "hello"},
        "notify.den",
        id="notify target",
    ),
    pytest.param(
        "notify.send_message",
        {"name": "@", "message": "hello"},
        "Den phone",
        id="notify target, by name",
    ),
    pytest.param(
        "scene.apply",
        {"entities": {"@": "on"}},
        "light.den",
        id="key of an object",
    ),
    pytest.param(
        "scene.apply",
        {"entities": '{"@": {"state": "on"}}'},
        "light.den",
        id="key of an object in text",
    ),
    pytest.param(
        "scene.create",
        {"scene_id": "now", "snapshot_entities": ["@"]},
        "light.den",
        id="snapshot of a scene",
    ),
    pytest.param(
        "test.remote",
        {"data": {"deep": [{"who": "@"}]}},
        "light.den",
        id="deep in an object",
    ),
    pytest.param(
        "test.remote",
        {"data": {"who": "light.kitchen, @"}},
        "light.den",
        id="in a list in a text",
    ),
    pytest.param(
        "test.remote",
        {"data": {"target": {"area_id": "@"}}},
        "Cellar",
        id="target in an object",
    ),
    pytest.param(
        "test.remote",
        {"data": {"device_id": "@"}},
        "Boiler",
        id="device in an object",
    ),
    pytest.param("test.remote", {"text": "@"}, "light.den", id="entity id as text"),
    pytest.param("test.remote", {"device": "@"}, "Boiler", id="device field"),
    pytest.param("test.remote", {"room": "@"}, "Cellar", id="area field"),
    pytest.param("test.remote", {"floor": "@"}, "Underground", id="floor field"),
    pytest.param("test.remote", {"label": "@"}, "Secret", id="label field"),
    pytest.param("test.remote", {"who": "@"}, "light.den", id="entity field"),
    pytest.param("test.remote", {"who": "@"}, "group.mixed", id="group in a field"),
    pytest.param("test.remote", {"history": "@"}, "light.den", id="statistic"),
    pytest.param("test.remote", {"at": ["@"]}, "light.den", id="target field"),
]

REMOTE = {
    "fields": {
        "data": {"selector": {"object": {}}},
        "text": {"selector": {"text": {}}},
        "device": {"selector": {"device": {}}},
        "room": {"selector": {"area": {}}},
        "floor": {"selector": {"floor": {}}},
        "label": {"selector": {"label": {}}},
        "who": {"selector": {"entity": {}}},
        "history": {"selector": {"statistic": {}}},
        "at": {"selector": {"target": {}}},
    }
}


@pytest.fixture
def remote(home: Home) -> list[dict[str, Any]]:
    """Register a service that takes anything, and return what reaches it."""
    return register_remote(home, REMOTE)


def _fill(value: Any, text: str) -> Any:
    if isinstance(value, str):
        return value.replace("@", text)
    if isinstance(value, list):
        return [_fill(item, text) for item in value]
    if isinstance(value, dict):
        return {_fill(key, text): _fill(inner, text) for key, inner in value.items()}
    return value


def _not_there(hidden: str) -> str:
    """Return something of the same form that does not exist."""
    domain, dot, _ = hidden.rpartition(".")
    return f"{domain}{dot}nowhere"


async def _refusal(home: Home, service: str, args: dict[str, Any]) -> str:
    with pytest.raises(ToolError) as refused:
        await home.call(service, **args)
    await home.hass.async_block_till_done()
    return str(refused.value)


@pytest.mark.parametrize(("service", "args", "hidden"), ATTEMPTS)
async def test_what_is_hidden_is_as_if_it_did_not_exist(
    home: Home,
    remote: list[dict[str, Any]],
    service: str,
    args: dict[str, Any],
    hidden: str,
) -> None:
    """Nothing is called, and the answer is that for something that is not there."""
    refusal = await _refusal(home, service, _fill(args, hidden))
    assert not home.calls
    assert not remote
    nowhere = _not_there(hidden)
    without = await _refusal(home, service, _fill(args, nowhere))
    for typed in (hidden, hidden.lower()):
        refusal = refusal.replace(typed, "@")
    for typed in (nowhere, nowhere.lower()):
        without = without.replace(typed, "@")
    if hidden != "group.mixed":  # Itself exposed; of what is in it nothing is said.
        # The names that come closest to what was typed are listed first.
        assert sorted(re.split(r"\W+", refusal)) == sorted(re.split(r"\W+", without))
    for secret in ("den", "hideaway", "cellar", "boiler", "underground", "secret"):
        assert secret not in refusal.lower().replace("@", "")


@pytest.mark.parametrize("everything", ["all", "ALL", " all "])
@pytest.mark.parametrize("service", ["light.turn_on", "homeassistant.turn_on"])
@pytest.mark.parametrize("key", ["entity_id", "name", "area", "label"])
async def test_all_is_nobody(
    home: Home, service: str, key: str, everything: str
) -> None:
    """`all`, which Home Assistant takes for every entity, is refused."""
    refusal = await _refusal(home, service, {key: everything})
    assert "light.kitchen" in refusal
    assert not any(hidden in refusal for hidden in HIDDEN)
    assert not home.calls


@pytest.mark.parametrize(
    ("args", "reached"),
    [
        pytest.param({"area": "Kitchen"}, {"light.kitchen"}, id="area"),
        pytest.param({"area_id": "kitchen"}, {"light.kitchen"}, id="area id"),
        pytest.param(
            {"floor": "ground floor"}, {"light.kitchen", "light.bedroom"}, id="floor"
        ),
        pytest.param({"device": "Ceiling"}, {"light.kitchen"}, id="device"),
        pytest.param({"label": "Cosy"}, {"light.bedroom"}, id="label"),
        pytest.param(
            {"area": ["Kitchen", "Bedroom"]},
            {"light.kitchen", "light.bedroom"},
            id="areas",
        ),
    ],
)
async def test_only_what_is_exposed_in_a_place_is_reached(
    home: Home, args: dict[str, Any], reached: set[str]
) -> None:
    """An area, a floor, a device or a label stands for what is exposed of it."""
    await home.call("light.turn_on", **args)
    assert home.reached == reached


async def test_a_group_stands_for_its_exposed_members(home: Home) -> None:
    """A group is taken apart, as Home Assistant would, and what is hidden left out."""
    await home.call("homeassistant.turn_on", entity_id="group.mixed")
    await home.hass.async_block_till_done()
    assert home.reached == {"light.kitchen"}


async def test_a_group_that_looks_like_a_lamp_is_a_group(home: Home) -> None:
    """Home Assistant takes those apart too, so that its members are called."""
    await group_lamps(home.hass)
    async_expose_entity(home.hass, ASSISTANT, "light.all_lamps", True)
    result = await home.call("light.turn_on", name="All lamps")
    assert result.data["entity_ids"] == ["light.kitchen"]
    assert home.reached == {"light.kitchen"}


async def test_a_group_of_hidden_members_stands_for_nothing(home: Home) -> None:
    """An exposed group does not expose its members."""
    refusal = await _refusal(
        home, "homeassistant.turn_on", {"entity_id": "group.cover"}
    )
    assert "light.den" not in refusal
    assert not home.calls


@pytest.fixture
def unrendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if any template is rendered."""

    def render(*_: Any, **__: Any) -> str:
        raise AssertionError("a template was rendered")

    monkeypatch.setattr("homeassistant.helpers.template.Template.async_render", render)


@pytest.mark.parametrize(
    "text",
    [
        "{{ states('light.den') }}",
        "{% if true %}light.den{% endif %}",
        "hello {# nobody sees this #}",
    ],
)
@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param(("light.turn_on", {"entity_id": "@"}), id="target"),
        pytest.param(("light.turn_on", {"brightness_pct": "@"}), id="number"),
        pytest.param(
            ("notify.send_message", {"name": "Phone", "message": "@"}), id="text"
        ),
        pytest.param(("scene.apply", {"entities": {"@": "on"}}), id="key"),
        pytest.param(("test.remote", {"data": [{"a": ["@"]}]}), id="deep"),
    ],
)
async def test_template_text_is_never_rendered(
    home: Home,
    remote: list[dict[str, Any]],
    unrendered: None,
    attempt: tuple[str, dict[str, Any]],
    text: str,
) -> None:
    """Template text is refused before anything could render it."""
    service, args = attempt
    refusal = await _refusal(home, service, _fill(args, text))
    assert "templates" in refusal
    assert not home.calls
    assert not remote


async def test_exposure_holds_from_the_moment_it_is_changed(home: Home) -> None:
    """What was exposed and is not any more cannot be reached by an old tool."""
    tool = await home.tool("light.turn_on")
    async_expose_entity(home.hass, ASSISTANT, "light.kitchen", False)
    with pytest.raises(ToolError):
        await tool.async_call(
            home.hass,
            llm.ToolInput(tool.name, {"entity_id": "light.kitchen"}),
            context(),
        )
    assert not home.calls


async def test_an_empty_area_is_as_unknown_as_none(home: Home) -> None:
    """That there is an area with nothing exposed in it is not said."""
    ar.async_get(home.hass).async_create("Vault")
    fr.async_get(home.hass).async_create("Attic")
    for key, name in (("area", "Vault"), ("floor", "Attic")):
        there = await _refusal(home, "light.turn_on", {key: name})
        nowhere = await _refusal(home, "light.turn_on", {key: "Nowhere"})
        assert there.replace(name, "@") == nowhere.replace("Nowhere", "@")


async def test_permissions_of_the_user_hold(home: Home) -> None:
    """The call is made in the name of the user who spoke."""
    await home.hass.auth.async_create_user("Owner")
    user = await home.hass.auth.async_create_user("Guest", group_ids=[])
    tool = await home.tool("light.turn_on")
    as_guest = context()
    as_guest.context = Context(user_id=user.id)
    with pytest.raises(HomeAssistantError):
        await tool.async_call(
            home.hass,
            llm.ToolInput(tool.name, {"entity_id": "light.kitchen"}),
            as_guest,
        )
    assert not home.calls


async def test_an_answer_does_not_list_what_is_hidden(home: Home) -> None:
    """A media source lists every camera there is, as this does with lamps."""

    def browse(call: ServiceCall) -> ServiceResponse:
        return {
            "children": [
                {"title": name, "media_content_id": f"media-source://light/{entity_id}"}
                for name, entity_id in (
                    ("Kitchen light", "light.kitchen"),
                    ("Den lamp", "light.den"),
                    ("Song", "light.song"),
                )
            ],
            "found": [{"entity_id": ["light.kitchen", "light.den"]}, "light"],
        }

    home.hass.services.async_register(
        "test", "browse", browse, supports_response=SupportsResponse.ONLY
    )
    async_set_service_schema(home.hass, "test", "browse", {"description": "Browse"})
    result = await home.call("test.browse")
    assert [child["title"] for child in result.data["children"]] == [
        "Kitchen light",
        "Song",
    ]
    assert result.data["found"] == ["light"]
