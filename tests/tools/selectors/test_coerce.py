"""Tests for reading what has one meaning and refusing what has several."""

from typing import Any

import pytest

from custom_components.chatterbox.tools.selectors import coerce


@pytest.mark.parametrize(
    ("value", "bounds", "expected"),
    [
        pytest.param(50, (0, 100, None), 50, id="number"),
        pytest.param(50.0, (0, 100, None), 50, id="whole"),
        pytest.param("50", (0, 100, None), 50, id="text"),
        pytest.param("50%", (0, 100, "%"), 50, id="own unit"),
        pytest.param("50 %", (0, 100, None), 50, id="percent of 100"),
        pytest.param("50%", (0, 1, None), 0.5, id="percent of 1"),
        pytest.param("21,5", (None, None, "°C"), 21.5, id="decimal comma"),
        pytest.param("21 C", (None, None, "°C"), 21, id="unit without its sign"),
        pytest.param("-3", (None, 0, None), -3, id="negative"),
    ],
)
def test_numbers(value: Any, bounds: Any, expected: float) -> None:
    """A number may be text, with the field's own unit or a percent sign."""
    assert coerce.as_number(value, *bounds) == expected
    assert isinstance(coerce.as_number(value, *bounds), type(expected))


@pytest.mark.parametrize(
    ("value", "bounds", "says"),
    [
        pytest.param(True, (0, 1, None), "not a number", id="truth value"),
        pytest.param("a lot", (0, 1, None), "not a number", id="words"),
        pytest.param(50, (0, 1, None), "out of range: 0 to 1", id="too large"),
        pytest.param(-1, (0, None, "min"), "at least 0 min", id="too small"),
        pytest.param(9, (None, 5, None), "at most 5", id="upper bound alone"),
        pytest.param("70 F", (None, None, "°C"), "not in °C", id="other unit"),
        pytest.param("5 km", (None, None, None), "not a plain number", id="some unit"),
        pytest.param(float("nan"), (None, None, None), "not a number", id="nan"),
        pytest.param(float("inf"), (None, None, None), "not a number", id="infinite"),
    ],
)
def test_no_number(value: Any, bounds: Any, says: str) -> None:
    """What could be meant in two ways is refused, with what is accepted."""
    with pytest.raises(ValueError, match=says):
        coerce.as_number(value, *bounds)


@pytest.mark.parametrize("value", [True, "true", "On", " yes ", 1, "1"])
def test_true(value: Any) -> None:
    """There are many ways to say so."""
    assert coerce.as_boolean(value) is True


@pytest.mark.parametrize("value", [False, "false", "off", "No", 0])
def test_false(value: Any) -> None:
    """And not to."""
    assert coerce.as_boolean(value) is False


@pytest.mark.parametrize("value", ["maybe", 2, None, []])
def test_neither(value: Any) -> None:
    """Nothing is taken for true because it is not empty."""
    with pytest.raises(ValueError, match="neither true nor false"):
        coerce.as_boolean(value)


OPTIONS = [("heat_cool", "Heat/cool"), ("fan_only", "Only fan"), ("off", "Off")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("off", "off"),
        ("OFF", "off"),
        ("heat cool", "heat_cool"),
        ("Heat-Cool", "heat_cool"),
        ("only fan", "fan_only"),
    ],
)
def test_options(value: str, expected: str) -> None:
    """An option is known by its value and its label, however they are written."""
    assert coerce.as_option(value, OPTIONS) == expected


def test_unknown_option_is_told_the_options() -> None:
    """The closest is named first."""
    with pytest.raises(ValueError, match="not one of: heat_cool, fan_only, off"):
        coerce.as_option("dry", OPTIONS)


def test_ambiguous_option_is_refused() -> None:
    """Two labels that are the same mean nothing."""
    with pytest.raises(ValueError, match="not one of"):
        coerce.as_option("low", [("1", "Low"), ("2", "Low")])


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (coerce.as_date, "2026-11-23", "2026-11-23"),
        (coerce.as_date, "2026-11-23T10:00:00", "2026-11-23"),
        (coerce.as_datetime, "2026-11-23T10:00:00", "2026-11-23 10:00:00"),
        (coerce.as_datetime, "2026-11-23 10:00", "2026-11-23 10:00:00"),
        (coerce.as_datetime, "2026-11-23", "2026-11-23 00:00:00"),
        (coerce.as_datetime, "2026-11-23T10:00:00+01:00", "2026-11-23 10:00:00+01:00"),
        (coerce.as_time, "7:30", "07:30:00"),
        (coerce.as_time, "07:30:15", "07:30:15"),
    ],
)
def test_dates_and_times(read: Any, value: str, expected: str) -> None:
    """They are written in one way, whatever way they were sent."""
    assert read(value) == expected


@pytest.mark.parametrize("read", [coerce.as_date, coerce.as_datetime, coerce.as_time])
@pytest.mark.parametrize("value", ["tomorrow", "", "31.12.2026", 5, None, "25:99"])
def test_no_date_or_time(read: Any, value: Any) -> None:
    """What is not one is refused with the form that is wanted."""
    with pytest.raises(ValueError, match=r"YYYY|HH:MM"):
        read(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"minutes": 5}, {"minutes": 5}),
        ({"minutes": "5"}, {"minutes": 5}),
        ('{"hours": 1}', {"hours": 1}),
        ("1:30:00", {"hours": 1, "minutes": 30, "seconds": 0}),
        ("0:45", {"hours": 0, "minutes": 45, "seconds": 0}),
        (90, {"seconds": 90}),
        ("PT5M", {"seconds": 300}),
    ],
)
def test_durations(value: Any, expected: dict[str, float]) -> None:
    """They are taken apart into what Home Assistant takes."""
    assert coerce.as_duration(value, 1000) == expected


@pytest.mark.parametrize(
    "value", [{}, {"weeks": 1}, "a while", {"minutes": -1}, True, [5], {"hours": 2000}]
)
def test_no_duration(value: Any) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match=r"duration|range"):
        coerce.as_duration(value, 1000)


def test_negative_duration() -> None:
    """Where it makes sense it is allowed."""
    assert coerce.as_duration({"minutes": -5}, 1000, negative=True) == {"minutes": -5}


@pytest.mark.parametrize(
    "value",
    [
        [255, 165, 0],
        "[255, 165, 0]",
        "255, 165, 0",
        "orange",
        "Orange",
        "#ffa500",
        "FFA500",
        {"r": 255, "g": 165, "b": 0},
    ],
)
def test_colours(value: Any) -> None:
    """A colour may be named, or written as on the web."""
    assert coerce.as_rgb(value) == [255, 165, 0]


@pytest.mark.parametrize("value", ["warmish", [1, 2], [256, 0, 0], 5, None, "#fff"])
def test_no_colour(value: Any) -> None:
    """What is none is refused."""
    with pytest.raises(ValueError, match=r"colour|range|number"):
        coerce.as_rgb(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", ["a"]),
        (["a"], ["a"]),
        ('["a", "b"]', ["a", "b"]),
        ("[a", ["[a"]),
        (1, [1]),
    ],
)
def test_lists(value: Any, expected: list[Any]) -> None:
    """One value is a list of one."""
    assert coerce.as_list(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("a", "a"), (5, "5"), (["milk"], "milk"), (2.5, "2.5")]
)
def test_texts(value: Any, expected: str) -> None:
    """A number is written out."""
    assert coerce.as_text(value) == expected


@pytest.mark.parametrize("value", [True, None, {}, ["a", "b"]])
def test_no_text(value: Any) -> None:
    """Nothing else is."""
    with pytest.raises(ValueError, match="not text"):
        coerce.as_text(value)
