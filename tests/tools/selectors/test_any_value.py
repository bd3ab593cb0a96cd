"""Whatever a model sends for a field is taken for what it says, or is a clear error.

`CHATTERBOX_EXAMPLES=10000` tries as many.
"""

import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.chatterbox.tools.selectors import coerce
from custom_components.chatterbox.tools.selectors.schema import KINDS, coerce_value

LONGEST = 1e9
WORDS = st.sampled_from(
    [
        "1:30",
        "1:30:00",
        "-1",
        "P1DT2H",
        "PT1e9S",
        "5 %",
        "1,5",
        "1,000",
        "nan",
        "inf",
        "on",
        "yes",
        "#ff0000",
        "red",
        "12:60",
        "[1]",
        "2026-02-30",
        "today",
        "²",
        "٣",
        "1e999",
        "{}",
        "null",
        "\x00",
        "�",
    ]
) | st.sampled_from(["9" * 400, "9" * 5000, "[" * 50, "[" * 5000])
NUMBERS = st.integers() | st.floats() | st.integers(10**300, 10**310)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=12) | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["hours", "minutes", "seconds", "days", "r", "g", "b"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=6,
)
CONFIGS: dict[str, dict[str, Any]] = {
    "number": {"min": 0, "max": 100, "unit_of_measurement": "%"},
    "select": {"options": ["off", "low", "high"]},
    "constant": {"value": True},
    "object": {"fields": {"hours": {"selector": {"duration": {}}}}},
    "device_class": {"domain": "sensor"},
    "state_class": {"domain": "sensor"},
    "choose": {"choices": {"a": {"selector": {"time": {}}}}},
}


@given(kind=st.sampled_from(sorted(KINDS)), value=VALUES)
def test_any_value_is_taken_or_refused(kind: str, value: Any) -> None:
    """Nothing but ValueError is raised, in words of bounded length."""
    found, said = None, "taken"
    try:
        found = coerce_value(kind, CONFIGS.get(kind, {}), value)
    except ValueError as err:
        said = str(err)
    assert 0 < len(said) < 2000
    if kind in ("number", "duration", "color_rgb"):
        json.dumps(found, allow_nan=False)


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_a_duration_is_as_long_however_it_is_written(
    hours: int, minutes: int, seconds: int, thousandths: int
) -> None:
    long = seconds + thousandths / 1000
    total = hours * 3600 + minutes * 60 + long
    for written in (
        {"hours": hours, "minutes": minutes, "seconds": long},
        {"hours": str(hours), "minutes": f" {minutes}", "seconds": f"{long:.3f}"},
        f"{hours}:{minutes:02}:{seconds:02}.{thousandths:03}",
        f"PT{hours}H{minutes}M{seconds}.{thousandths:03}S",
        json.dumps({"hours": hours, "minutes": minutes, "seconds": long}),
        total,
    ):
        parts = coerce.as_duration(written, LONGEST)
        in_seconds = sum(
            amount * {"days": 86400, "hours": 3600, "minutes": 60}.get(part, 1)
            for part, amount in parts.items()
        )
        assert in_seconds == pytest.approx(total)
