"""Names of tools."""

import re

from homeassistant.helpers import llm
from hypothesis import given, strategies as st
import pytest

from custom_components.chatterbox.tools.naming import legal_name, merge_tools, unwrap

from ..home import ActionTool


async def nothing(args: dict[str, object]) -> None:
    """Do nothing."""


def tool(name: str) -> llm.Tool:
    """Return a tool of that name."""
    return ActionTool(name, nothing)


@given(st.text())
def test_any_name_becomes_legal(name: str) -> None:
    """1 to 64 of the letters that servers take; a legal name stays."""
    legal = legal_name(name)
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", legal)
    assert legal_name(legal) == legal


def test_names_that_differ_stay_different() -> None:
    """What is cut or replaced never makes two tools one."""
    assert legal_name("a.b") != legal_name("a/b")
    assert legal_name("x" * 80) != legal_name("x" * 81)


def test_merged_without_a_prefix() -> None:
    """Tools of several APIs keep their names."""
    merged = merge_tools([("Assist", [tool("a")]), ("MCP", [tool("b")])])
    assert [t.name for t in merged] == ["a", "b"]


def test_colliding_names_get_the_apis_name() -> None:
    """The first keeps the name; the others are called by the name they know."""
    first, second, third = tool("a"), tool("a"), tool("a")
    merged = merge_tools([("One", [first]), ("My MCP", [second]), ("My MCP", [third])])
    assert [t.name for t in merged] == ["a", "my_mcp__a", "my_mcp__a_2"]
    assert [unwrap(t) for t in merged] == [first, second, third]


@pytest.mark.parametrize("name", ["search.web", "ünï", "x" * 70])
def test_illegal_name_is_wrapped(name: str) -> None:
    """A tool whose name no server takes is offered under another."""
    inner = tool(name)
    (merged,) = merge_tools([("MCP", [inner])])
    assert merged.name == legal_name(name) != name
    assert unwrap(merged) is inner


def test_equal_tools_are_one() -> None:
    """Home Assistant has the same tool in two of its APIs."""

    class Clock(ActionTool):
        """A tool without a state of its own."""

        def __eq__(self, other: object) -> bool:
            return type(self) is type(other)

        __hash__ = None  # type: ignore[assignment]

    first, again, other = Clock("now", nothing), Clock("now", nothing), tool("now")
    merged = merge_tools([("A", [first]), ("B", [again]), ("C", [other])])
    assert [tool.name for tool in merged] == ["now", "c__now"]
    assert merged[0] is first
