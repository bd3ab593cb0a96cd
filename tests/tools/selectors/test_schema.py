"""Tests for selectors as JSON Schema, and for reading what answers them."""

from typing import Any

from homeassistant.helpers import selector
from jsonschema import Draft202012Validator
import pytest

from custom_components.chatterbox.tools.selectors.schema import (
    KINDS,
    REFERENCES,
    UNSUPPORTED,
    coerce_value,
    hint,
    json_schema,
)

STRING = {"type": "string"}


def config_of(kind: str, config: dict[str, Any] | None) -> Any:
    """Return a selector's config as Home Assistant validates it."""
    return selector.validate_selector({kind: config})[kind]


NEW_IN_2026_11 = {"unit_of_measurement"}


def test_every_selector_is_known() -> None:
    """A selector that Home Assistant adds is offered or left out on purpose."""
    known = set(KINDS) | set(UNSUPPORTED)
    assert known >= set(selector.SELECTORS)
    assert known - set(selector.SELECTORS) <= NEW_IN_2026_11
    assert not set(KINDS) & set(UNSUPPORTED)
    assert set(KINDS) >= REFERENCES


@pytest.mark.parametrize(
    ("kind", "config", "schema"),
    [
        ("text", None, STRING),
        ("text", {"multiple": True}, {"type": "array", "items": STRING}),
        ("boolean", None, {"type": "boolean"}),
        (
            "number",
            {"min": 0, "max": 1, "step": 0.01},
            {"type": "number", "minimum": 0, "maximum": 1},
        ),
        ("number", {"mode": "box"}, {"type": "number"}),
        (
            "select",
            {"options": ["a", "b"]},
            {"type": "string", "enum": ["a", "b"]},
        ),
        (
            "select",
            {"options": [{"value": "a", "label": "A"}], "multiple": True},
            {"type": "array", "items": {"type": "string", "enum": ["a"]}},
        ),
        ("select", {"options": ["a"], "custom_value": True}, STRING),
        ("constant", {"value": True}, {"type": "boolean", "enum": [True]}),
        ("date", None, {"type": "string", "format": "date"}),
        (
            "color_temp",
            {"unit": "kelvin", "min": 2000, "max": 6500},
            {"type": "number", "minimum": 2000, "maximum": 6500},
        ),
        ("language", {"languages": ["en"]}, {"type": "string", "enum": ["en"]}),
        ("language", None, STRING),
        ("entity", {"multiple": True}, {"type": "array", "items": STRING}),
        ("target", None, {"type": "array", "items": STRING}),
        (
            "choose",
            {
                "choices": {
                    "n": {"selector": {"number": {}}},
                    "t": {"selector": {"text": {}}},
                }
            },
            {"anyOf": [{"type": "number"}, STRING]},
        ),
    ],
)
def test_schemas(kind: str, config: Any, schema: dict[str, Any]) -> None:
    """Each selector has a plain schema."""
    made = json_schema(kind, config_of(kind, config))
    assert made == schema
    Draft202012Validator.check_schema(made)


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        ("[255, 100, 50]", {"type": "array", "items": {"type": "number"}}),
        ('["a", "b"]', {"type": "array", "items": STRING}),
        ('[["a"], 1]', {"type": "array", "items": {}}),
        ('{"a": 1}', {"type": "object"}),
        ("light.a: on\nlight.b: off", {"type": "object"}),
        ("playlist", STRING),
        (7, {"type": "number"}),
        (None, {"type": "object"}),
        ("{unreadable: [", {"type": "object"}),
    ],
)
def test_free_objects_look_like_their_example(example: Any, expected: Any) -> None:
    """Nothing else says what they hold."""
    assert json_schema("object", config_of("object", None), example) == expected


SLOTS = {
    "multiple": True,
    "fields": {
        "at": {"required": True, "selector": {"time": {}}},
        "level": {"selector": {"number": {"min": 0, "max": 9}}},
    },
}


def test_objects_with_fields() -> None:
    """Their fields are described and read by their own selectors."""
    config = config_of("object", SLOTS)
    assert json_schema("object", config) == {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "at": {"description": "HH:MM:SS", "type": "string"},
                "level": {"type": "number", "minimum": 0, "maximum": 9},
            },
            "required": ["at"],
            "additionalProperties": False,
        },
    }
    assert coerce_value("object", config, {"at": "7:00", "level": "3"}) == [
        {"at": "07:00:00", "level": 3}
    ]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([{"level": 3}], "at is missing"),
        ([{"at": "7:00", "hue": 1}], "'hue' is not one of: at, level"),
        ([{"at": "7:00", "level": 10}], "level: 10 is out of range: 0 to 9"),
        (["7:00"], "is not an object"),
    ],
)
def test_objects_that_do_not_fit(value: Any, says: str) -> None:
    """The message says which field and what it takes."""
    with pytest.raises(ValueError, match=says):
        coerce_value("object", config_of("object", SLOTS), value)


@pytest.mark.parametrize(
    ("kind", "config", "value", "expected"),
    [
        ("text", {"multiple": True}, "a", ["a"]),
        ("select", {"options": ["a", "b"], "multiple": True}, "A", ["a"]),
        ("select", {"options": ["a"], "custom_value": True}, "own", "own"),
        ("number", {"min": 0, "max": 100, "unit_of_measurement": "%"}, "50%", 50),
        ("boolean", None, "true", True),
        ("object", None, '{"a": [1]}', {"a": [1]}),
        ("constant", {"value": True, "label": "Enabled"}, "enabled", True),
        (
            "media",
            None,
            {"media_content_id": "x", "media_content_type": "music", "metadata": {}},
            {"media_content_id": "x", "media_content_type": "music"},
        ),
        (
            "location",
            None,
            {"latitude": "50", "longitude": 8},
            {"latitude": 50, "longitude": 8},
        ),
        ("device_class", {"domain": "cover"}, "Garage", "garage"),
        ("duration", None, "0:05:00", {"hours": 0, "minutes": 5, "seconds": 0}),
        ("unheard_of", None, "anything", "anything"),
    ],
)
def test_reading(kind: str, config: Any, value: Any, expected: Any) -> None:
    """Near misses of one meaning become what the service takes."""
    known = kind in selector.SELECTORS
    assert (
        coerce_value(kind, config_of(kind, config) if known else {}, value) == expected
    )


@pytest.mark.parametrize(
    ("kind", "config", "value"),
    [
        ("media", None, "some jazz"),
        ("location", None, {"latitude": 91, "longitude": 0}),
        ("location", None, "home"),
        ("constant", {"value": True}, "false"),
        ("country", {"countries": ["NL"]}, "DE"),
        ("backup_location", None, "../etc"),
        ("choose", {"choices": {"n": {"selector": {"number": {}}}}}, "many"),
    ],
)
def test_refusing(kind: str, config: Any, value: Any) -> None:
    """What does not fit is refused, by us or by Home Assistant's own selector."""
    with pytest.raises(ValueError, match=r"\w"):
        coerce_value(kind, config_of(kind, config), value)


@pytest.mark.parametrize(
    ("kind", "config", "expected"),
    [
        ("number", {"unit_of_measurement": "min", "mode": "box"}, "min"),
        ("color_temp", {"unit": "kelvin"}, "K"),
        ("time", None, "HH:MM:SS"),
        ("select", {"options": ["a", "b"], "custom_value": True}, "e.g. a, b"),
        ("select", {"options": ["a", "b"]}, ""),
    ],
)
def test_hints(kind: str, config: Any, expected: str) -> None:
    """A description ends in what the schema cannot say."""
    assert hint(kind, config_of(kind, config)) == expected
