"""What is between think tags is thinking, wherever the pieces end."""

from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.chatterbox.providers.base import TextDelta, ThinkingDelta
from custom_components.chatterbox.providers.think_tags import TextSplitter


def split(*pieces: str) -> tuple[str, str]:
    """Return what is said and what is thought."""
    splitter = TextSplitter()
    deltas = [delta for piece in pieces for delta in splitter.feed(piece)]
    deltas += splitter.end()
    said = "".join(d.text for d in deltas if isinstance(d, TextDelta))
    thought = "".join(d.text for d in deltas if isinstance(d, ThinkingDelta))
    assert all(delta.text for delta in deltas)
    return said, thought


CASES = [
    pytest.param("Hello", ("Hello", ""), id="none"),
    pytest.param("<think>hm</think>\n\nHello", ("Hello", "hm"), id="before"),
    pytest.param("A <think>hm</think> b", ("A b", "hm"), id="between"),
    pytest.param("<think>a</think><think>b</think>c", ("c", "ab"), id="twice"),
    pytest.param("<think>hm", ("", "hm"), id="never-closed"),
    pytest.param("Hm</think>Hello", ("HmHello", ""), id="never-opened"),
    pytest.param("1 <2, <thing>, </b> <", ("1 <2, <thing>, </b> <", ""), id="no-tags"),
    pytest.param(
        '<tool_response>\n{"success": true}\n</tool_response>\nIt is on.',
        ("It is on.", '\n{"success": true}\n'),
        id="a-result-again",
    ),
    pytest.param("sun \ud83c\udf1e \ud83c", ("sun 🌞 \ufffd", ""), id="surrogates"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_every_split_gives_the_same(text: str, expected: tuple[str, str]) -> None:
    assert split(*text) == expected
    for cut in range(len(text) + 1):
        assert split(text[:cut], text[cut:]) == expected, cut


TAGS = ["<think>", "</think>", "<tool_response>", "</tool_response>"]
PARTS = st.sampled_from([*TAGS, "<", "<t", "</th", "</tool_", "a", " ", "\n", "think>"])


@given(st.lists(PARTS).map("".join), st.data())
def test_any_text_in_any_pieces(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    edges = [0, *cuts, len(text)]
    pieces = [text[start:end] for start, end in pairwise(edges)]
    assert split(*pieces) == split(text)


def test_text_is_not_held_back_without_need() -> None:
    splitter = TextSplitter()
    assert list(splitter.feed("It is <b")) == [TextDelta("It is <b")]
    assert list(splitter.feed(" <th")) == [TextDelta(" ")]
    assert list(splitter.feed("ree")) == [TextDelta("<three")]
