"""Tool calls are put together from what servers make of them."""

import json
import re
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.chatterbox.providers.base import ToolCall
from custom_components.chatterbox.providers.calls import CallMaker
from custom_components.chatterbox.providers.openai.call_pieces import (
    CallAssembler,
    Piece,
)


def piece(
    index: int | None = None,
    id: str | None = None,  # noqa: A002
    name: str | None = None,
    arguments: Any = None,
) -> Piece:
    """Return an entry of a delta's `tool_calls`; None is left out."""
    function = {"name": name, "arguments": arguments}
    entry = {
        "index": index,
        "id": id,
        "function": {k: v for k, v in function.items() if v is not None},
    }
    return {k: v for k, v in entry.items() if v is not None}


def assemble(*pieces: Piece, cut_off: bool = False) -> list[ToolCall]:
    """Return all calls of an answer."""
    assembler = CallAssembler(CallMaker(set()))
    calls = [call for p in pieces for call in assembler.feed(p)]
    return calls + list(assembler.end(cut_off))


def plain(calls: list[ToolCall]) -> list[tuple[str, dict[str, Any]]]:
    """Return names and arguments; no call may have an error or an id twice."""
    assert [call.error for call in calls if call.error] == []
    assert len({call.id for call in calls}) == len(calls)
    assert all(call.id for call in calls)
    return [(call.name, call.arguments) for call in calls]


A = ("a", {"x": 1})
B = ("b", {"y": 2})

QUIRKS = [
    pytest.param(
        [
            piece(None, "1", "a", ""),
            piece(0, arguments='{"x": 1}'),
            piece(1, "2", "b", ""),
            piece(1, arguments='{"y": 2}'),
        ],
        [A, B],
        id="the first piece without its index",
    ),
    pytest.param(
        [
            piece(0, "1", "a", ""),
            piece(0, arguments='{"x"'),
            piece(0, arguments=": 1}"),
            piece(1, "2", "b", ""),
            piece(1, arguments='{"y": 2}'),
        ],
        [A, B],
        id="openai",
    ),
    pytest.param(
        [piece(0, "1", "a", '{"x": 1}'), piece(0, "2", "b", '{"y": 2}')],
        [A, B],
        id="same-index-other-id",
    ),
    pytest.param(
        [piece(0, None, "a", '{"x": 1}'), piece(0, None, "b", '{"y": 2}')],
        [A, B],
        id="same-index-no-id",
    ),
    pytest.param(
        [piece(0, None, "a", '{"x": 1}'), piece(0, None, "a", '{"x": 1}')],
        [A, A],
        id="same-index-no-id-same-call-twice",
    ),
    pytest.param(
        [piece(0, "", "a", '{"x": 1}'), piece(0, "", "b", '{"y": 2}')],
        [A, B],
        id="same-index-empty-id",
    ),
    pytest.param(
        [piece(0, "1", "a", '{"x": 1}'), piece(0, "1", "b", '{"y": 2}')],
        [A, B],
        id="same-index-same-id",
    ),
    pytest.param(
        [piece(0, "1", "a", '{"x": 1}'), piece(0, "1", "a", '{"x": 2}')],
        [A, ("a", {"x": 2})],
        id="same-index-same-id-same-name",
    ),
    pytest.param(
        [piece(0, "1", "a", '{"x": 1}'), piece(1, "1", "b", '{"y": 2}')],
        [A, B],
        id="other-index-same-id",
    ),
    pytest.param(
        [piece(None, "1", "a", '{"x": 1}'), piece(None, "2", "b", '{"y": 2}')],
        [A, B],
        id="no-index",
    ),
    pytest.param(
        [piece(None, None, "a", '{"x": 1}'), piece(None, None, "b", '{"y": 2}')],
        [A, B],
        id="no-index-no-id",
    ),
    pytest.param(
        [
            piece(None, "1", "a", ""),
            piece(arguments='{"x": '),
            piece(arguments="1}"),
            piece(None, "2", "b", '{"y":'),
            piece(arguments="2}"),
        ],
        [A, B],
        id="no-index-in-pieces",
    ),
    pytest.param(
        [
            piece(None, "1", "a", '{"x": '),
            piece(None, "1", None, "1}"),
            piece(None, "2", "b", '{"y": 2}'),
        ],
        [A, B],
        id="id-in-every-piece",
    ),
    pytest.param(
        [
            piece(0, "1", "a", '{"x": '),
            piece(0, "1", "a", "1}"),
            piece(0, "1", "a", ""),
            piece(1, "2", "b", '{"y": 2}'),
        ],
        [A, B],
        id="name-and-id-in-every-piece",
    ),
    pytest.param(
        [piece(0, "1", "a", '{"x": 1}'), piece(0, "1", "a", '{"x": 1}')],
        [A],
        id="said-again-at-the-end",
    ),
    pytest.param(
        [piece(0, None, "a", '{"x": 1}'), piece(0, None, "a", "")],
        [A],
        id="named-again-at-the-end",
    ),
    pytest.param(
        [
            piece(0, None, "a", ""),
            piece(0, arguments='{"x": 1}'),
            piece(0, None, "a", ""),
            piece(0, arguments='{"x": 2}'),
        ],
        [A, ("a", {"x": 2})],
        id="same-index-no-id-same-name-in-pieces",
    ),
    pytest.param(
        [piece(0, None, "a", {"x": 1}), piece(0, None, "b", {"y": 2})],
        [A, B],
        id="arguments-as-object",
    ),
    pytest.param(
        [piece(0, "1", "a", json.dumps('{"x": 1}')), piece(1, "2", "b", '{"y": 2}')],
        [A, B],
        id="encoded-twice",
    ),
    pytest.param(
        [piece(0, "1", "a", "{}"), piece(0, arguments='{"x": 1}')],
        [A],
        id="an-empty-object-first",
    ),
    pytest.param(
        [piece(0, "1", "a"), piece(1, "2", "b", ""), piece(2, "3", "c", "null")],
        [("a", {}), ("b", {}), ("c", {})],
        id="no-arguments",
    ),
    pytest.param(
        [piece(0, None, "a"), piece(0, None, "b")],
        [("a", {}), ("b", {})],
        id="no-arguments-no-id",
    ),
    pytest.param(
        [
            piece(0, "1", "a", ""),
            piece(1, "2", "b", ""),
            piece(0, arguments='{"x": 1}'),
            piece(1, arguments='{"y": 2}'),
        ],
        [A, B],
        id="named-first-arguments-after",
    ),
    pytest.param(
        [
            piece(0, "1", "a", '{"x"'),
            piece(1, "2", "b", '{"y"'),
            piece(0, arguments=": 1}"),
            piece(1, arguments=": 2}"),
        ],
        [A, B],
        id="interleaved",
    ),
    pytest.param(
        [piece(0, "1"), piece(0, None, "a"), piece(0, arguments='{"x": 1}')],
        [A],
        id="id-then-name-then-arguments",
    ),
    pytest.param(
        [piece(0, "1", "a", '{"x": 1}'), piece(0, "1"), piece(3)],
        [A],
        id="empty-pieces",
    ),
]


@pytest.mark.parametrize(("pieces", "expected"), QUIRKS)
def test_understands(pieces: list[Piece], expected: list[Any]) -> None:
    assert plain(assemble(*pieces)) == expected


def test_a_call_is_given_as_the_next_begins() -> None:
    assembler = CallAssembler(CallMaker(set()))
    assert list(assembler.feed(piece(0, "1", "a", '{"x": 1}'))) == []
    assert plain(list(assembler.feed(piece(1, "2", "b", "")))) == [A]
    assert list(assembler.feed(piece(1, arguments='{"y": 2}'))) == []
    assert plain(list(assembler.feed(piece(2, "3", "c", "{}")))) == [B]
    assert plain(list(assembler.end(cut_off=False))) == [("c", {})]


def test_a_call_without_arguments_waits_until_the_next_has_some() -> None:
    assembler = CallAssembler(CallMaker(set()))
    assert list(assembler.feed(piece(0, "1", "a", ""))) == []
    assert list(assembler.feed(piece(1, "2", "b", ""))) == []
    assert plain(list(assembler.feed(piece(1, arguments='{"y')))) == [("a", {})]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ('{"x": 1', "not valid JSON"),
        ("x=1", "not valid JSON"),
        ('{"x": NaN}', "NaN is not JSON"),
        ('{"x": 1}{"x": 2}', "not valid JSON"),
        ("[1]", "not a JSON object"),
        ('"text"', "not valid JSON"),
        ([1], "not a JSON object"),
        ('{"x": "\\ud83c"}', "half of a character"),
        ("[" * 100_000, "not valid JSON"),
    ],
)
def test_arguments_that_are_none_are_the_calls_error(
    arguments: Any, error: str
) -> None:
    bad, good = assemble(piece(0, "1", "a", arguments), piece(1, "2", "b", '{"y": 2}'))
    assert bad.arguments == {}
    assert bad.error is not None
    assert error in bad.error
    assert plain([good]) == [B]


def test_a_call_that_was_cut_off_says_so() -> None:
    whole, cut = assemble(
        piece(0, "1", "a", '{"x": 1}'), piece(1, "2", "b", '{"y": '), cut_off=True
    )
    assert plain([whole]) == [A]
    assert cut.error == "The call was cut off at the length limit."


def test_a_call_without_a_name_is_an_error_that_can_be_sent_back() -> None:
    (call,) = assemble(piece(0, "1", None, '{"x": 1}'))
    assert call.error == "The call has no name."
    assert re.fullmatch(r"\w+", call.name)


def test_ids_are_unique_in_the_whole_history() -> None:
    assembler = CallAssembler(CallMaker({"call_0", "call_1"}))
    pieces = [
        piece(0, "call_0", "a", "{}"),
        piece(1, "", "b", "{}"),
        piece(2, "c", "c"),
    ]
    calls = [call for p in pieces for call in assembler.feed(p)]
    calls += assembler.end(cut_off=False)
    assert calls[2].id == "c"
    for call in calls[:2]:
        assert re.fullmatch(r"[a-zA-Z0-9]{9}", call.id)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)
    ),
    max_leaves=8,
)
CALLS = st.lists(
    st.tuples(st.sampled_from("abc"), st.dictionaries(st.text(max_size=5), JSON)),
    min_size=1,
    max_size=4,
)


@given(CALLS, st.sampled_from(["openai", "no-index", "no-id", "ids"]), st.data())
def test_any_calls_in_any_pieces(
    calls: list[tuple[str, dict[str, Any]]], form: str, data: st.DataObject
) -> None:
    pieces = []
    for number, (name, arguments) in enumerate(calls):
        text = json.dumps(arguments, ensure_ascii=data.draw(st.booleans()))
        width = data.draw(st.integers(1, len(text)))
        index = None if form == "no-index" else number
        call_id = None if form == "no-id" else f"id{number}"
        pieces.append(piece(index, call_id, name, ""))
        again = call_id if form == "ids" else None
        pieces += [
            piece(index, again, None, text[start : start + width])
            for start in range(0, len(text), width)
        ]
    assert plain(assemble(*pieces)) == calls
