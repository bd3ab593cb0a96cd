"""Random arguments, put together of all that has ever led to what is hidden.

`CHATTERBOX_EXAMPLES=10000` tries as many.
"""

from contextlib import suppress
import json
from typing import Any
from urllib.parse import quote

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from hypothesis import HealthCheck, given, settings, strategies as st
import probatio
import pytest

from .exposed_home import HIDDEN, Home, make_attacked_home

SERVICES = (
    "light.turn_on",
    "script.on",
    "media_player.play_media",
    "media_player.join",
    "notify.send_message",
    "homeassistant.turn_on",
)
ARGUMENTS = (
    *("entity_id", "area_id", "floor_id", "device_id", "label_id", "target"),
    *("name", "area", "where", "loose", "way", "room", "rooms", "storey", "thing"),
    *("tag", "media", "media_content_id", "media_content_type", "group_members"),
    *("message", "title", "target_entity_id", "data"),
)
WORDS = (
    *HIDDEN,
    *("light.kitchen", "light.bedroom", "light.all_lamps", "group.mixed"),
    *("Den lamp", "Hideaway", "Cellar lamp", "Kitchen light", "All lamps", "Den phone"),
    *("Kitchen", "kitchen", "Cellar", "cellar", "Ground floor", "underground"),
    *("Secret", "secret", "mixed", "Ceiling", "Boiler", "all", "none", "light", "*"),
    *("REGISTRY", "DEVICE", "states.light", "{{ states.light }}", "", " ", "music"),
)
JOINS = (
    ",",
    ", ",
    "\n",
    " ",
    "','",
    "|",
    ";",
    "\t",
    "/",
    "\u200b",
    "%2C",
    " and ",
    "=",
)


def _full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


SHAPES = (
    str,
    str.upper,
    str.title,
    quote,
    lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    lambda text: quote("".join(f"%{byte:02x}" for byte in text.encode())),
    _full_width,
    json.dumps,
    lambda text: f"['{text}']",
    lambda text: f"('{text}',)",
    lambda text: f"{{{{ '{text}' }}}}",
    lambda text: f"media-source://camera/{text}",
    lambda text: f"/api/x/{text}?a={text}",
    lambda text: json.dumps({"entity_id": text}),
    lambda text: f"\u202e{text}\u202c",
    lambda text: f" {text}\n",
)

texts = st.builds(
    lambda words, join, shape: shape(join.join(words)),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
    st.sampled_from(JOINS),
    st.sampled_from(SHAPES),
)
values = st.recursive(
    st.one_of(texts, st.none(), st.booleans(), st.integers(-1, 300)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(st.sampled_from(ARGUMENTS), texts), inner, max_size=2
        ),
    ),
    max_leaves=4,
)
calls = st.tuples(
    st.sampled_from(SERVICES),
    st.dictionaries(st.sampled_from(ARGUMENTS), values, min_size=1, max_size=4),
)


@pytest.fixture
async def home(hass: HomeAssistant) -> Home:
    """Give the home with a script and groups."""
    return await make_attacked_home(hass)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(call=calls)
async def test_nothing_hidden_is_reached(home: Home, call: Any) -> None:
    """Whatever a model sends is done to what is exposed, or refused."""
    service, args = call
    registry_id = er.async_get(home.hass).async_get("light.cellar").id  # type: ignore[union-attr]
    given_ids = {"REGISTRY": registry_id, "DEVICE": home.devices["Boiler"]}
    home.calls.clear()
    # A script's target that a template makes a number of is a TypeError of its own.
    with suppress(HomeAssistantError, probatio.Invalid, TypeError):
        await home.call(service, **_filled(args, given_ids))
    assert not home.reached & set(HIDDEN)


def _filled(value: Any, ids: dict[str, str]) -> Any:
    """Return a value with the ids that are known only once the home is made."""
    match value:
        case str():
            for word, id_ in ids.items():
                value = value.replace(word, id_)
            return value
        case dict():
            return {_filled(k, ids): _filled(v, ids) for k, v in value.items()}
        case list():
            return [_filled(item, ids) for item in value]
    return value
