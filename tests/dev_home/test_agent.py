"""Filling in a config flow's form as it suggests."""

from typing import Any

import pytest

from scripts.dev_home.agent import form_defaults


@pytest.mark.parametrize(
    ("field", "answer"),
    [
        pytest.param({"default": "Chatterbox"}, "Chatterbox", id="default"),
        pytest.param({"default": False, "required": True}, False, id="default-false"),
        pytest.param(
            {"description": {"suggested_value": ["assist"]}}, ["assist"], id="suggested"
        ),
        pytest.param(
            {"required": True, "selector": {"select": {"options": ["a", "b"]}}},
            "a",
            id="first-option",
        ),
        pytest.param(
            {
                "required": True,
                "selector": {"select": {"options": [{"value": "m", "label": "M"}]}},
            },
            "m",
            id="first-option-with-label",
        ),
        pytest.param(
            {"type": "expandable", "schema": [{"name": "inner", "default": 3}]},
            {"inner": 3},
            id="section",
        ),
    ],
)
def test_a_field_is_answered_as_suggested(field: dict[str, Any], answer: Any) -> None:
    """Its default, its suggestion, or the first that can be chosen."""
    assert form_defaults([{"name": "field", **field}]) == {"field": answer}


def test_what_may_be_left_out_is_left_out() -> None:
    """An optional field without a suggestion."""
    optional = {"name": "field", "selector": {"select": {"options": ["a"]}}}
    assert form_defaults([optional]) == {}
