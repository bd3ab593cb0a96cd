"""Tools as the model is told of them."""

from typing import Any

import pytest

from custom_components.chatterbox.agent.tool_specs import stable_schema


@pytest.mark.parametrize(
    ("schema", "stable"),
    [
        pytest.param({"enum": ["b", "a"]}, {"enum": ["a", "b"]}, id="enum"),
        pytest.param(
            {"enum": [2, None, "a", 10]}, {"enum": [None, 10, 2, "a"]}, id="mixed"
        ),
        pytest.param(
            {"items": {"anyOf": [{"enum": ["z", "y"]}, {"required": ["d", "c"]}]}},
            {"items": {"anyOf": [{"enum": ["y", "z"]}, {"required": ["c", "d"]}]}},
            id="deep",
        ),
        pytest.param(
            {"properties": {"required": {"type": "boolean"}}, "required": ["required"]},
            {"properties": {"required": {"type": "boolean"}}, "required": ["required"]},
            id="a-property-of-that-name",
        ),
        pytest.param({"default": ["b", "a"]}, {"default": ["b", "a"]}, id="default"),
    ],
)
def test_sets_are_sorted_however_deep(
    schema: dict[str, Any], stable: dict[str, Any]
) -> None:
    assert stable_schema(schema) == stable
