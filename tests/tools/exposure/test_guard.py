"""Tests for telling entity ids and templates in what a model writes."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.chatterbox.tools.calls import ToolError
from custom_components.chatterbox.tools.exposure.guard import refuse_templates
from custom_components.chatterbox.tools.exposure.text_references import (
    decoded,
    entity_ids_in,
    texts,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("light.kitchen", ("light.kitchen",)),
        (" Light.Kitchen ", ("light.kitchen",)),
        ("light.\u212aitchen", ("light.kitchen",)),
        ("light.a, cover.b", ("light.a", "cover.b")),
        ("['light.a', 'light.b']", ("light.a", "light.b")),
        ("media-source://camera/camera.den", ("camera.den",)),
        ("/api/camera_proxy/camera.den?token=1", ("camera.den",)),
        ("media-source://dlna_dms/files.nas/song", ()),
        ("http://h/x?entity_id=camera.den", ("camera.den",)),
        ("media-source://camera/camera%2Eden", ("camera.den",)),
        ("media-source://camera/%2563amera%252eden", ("camera.den",)),
        ("\uff43amera\uff0eden", ("camera.den",)),
        ("Turn off light.kitchen please.", ("light.kitchen",)),
        ("light.a,\nlight.b", ("light.a", "light.b")),
        ("('light.a',)", ("light.a",)),
        ("x|light.a", ("light.a",)),
        ("example.com", ()),
        ("weather.com", ()),
        ("https://switch.ch/", ()),
        ("me@switch.ch", ()),
        ("http://192.168.1.5/", ()),
        ("camera.jpg", ()),
        ("/media/camera.jpg", ()),
        ("light.a and light.b", ("light.a", "light.b")),
        ("1.5 of lamp.shade", ()),
        ("", ()),
        (",", ()),
    ],
)
async def test_entity_ids(hass: HomeAssistant, text: str, expected: Any) -> None:
    """By the look of it, so that nobody learns what exists."""
    assert entity_ids_in(hass, text) == expected


async def test_entity_that_is_called_like_a_file(hass: HomeAssistant) -> None:
    """Then it is the entity."""
    hass.states.async_set("camera.jpg", "idle")
    assert entity_ids_in(hass, "camera.jpg") == ("camera.jpg",)


async def test_entity_of_a_domain_of_its_own(hass: HomeAssistant) -> None:
    """Integrations can have entities of any domain."""
    assert entity_ids_in(hass, "wallbox.car") == ()
    hass.states.async_set("wallbox.car", "idle")
    assert entity_ids_in(hass, "wallbox.car") == ("wallbox.car",)


@pytest.mark.parametrize(
    "value",
    ["{{ x }}", {"a": ["{% x %}"]}, {"{# x #}": 1}, ("a", {"b": {"c": "x{{"}})],
)
def test_templates(value: Any) -> None:
    """Wherever they are."""
    with pytest.raises(ToolError, match="argument: templates"):
        refuse_templates("argument", value)


@pytest.mark.parametrize("value", ["a } b", "{ x }", 5, None, {"a": [1, "{"]}])
def test_no_templates(value: Any) -> None:
    """A single brace is text."""
    refuse_templates("argument", value)


def test_texts() -> None:
    """Keys are texts too."""
    assert sorted(texts({"a": ["b", {"c": 1}], "d": None})) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a%2Fb", "a/b"),
        ("a%25252Fb", "a/b"),
        ("100 %", "100 %"),
        ("\uff05\uff12\uff26", "/"),
        ("\u212aiss", "kiss"),
    ],
)
def test_decoded(text: str, plain: str) -> None:
    """Until nothing is left to decode."""
    assert decoded(text) == plain


def test_decoding_ends() -> None:
    """Whatever it would cost."""
    with pytest.raises(ToolError, match="too many times"):
        decoded("%" + "25" * 10_000)
