"""Server-sent events are parsed as the standard says, wherever chunks end."""

from itertools import combinations, pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.chatterbox.providers.sse import EventParser, EventTooLongError

# As a server sends it: a comment to keep alive, text outside of ASCII, all three line
# ends, an event of several lines, other fields, an event without data, and the end.
RECORDED = (
    "\ufeff: OPENROUTER PROCESSING\r\n\r\n"
    'data: {"choices":[{"delta":{"content":"Grüße 🌞"}}]}\n\n'
    'event: message\rid: 7\rretry: 10\rdata: {"a":\rdata:  1}\r\r'
    "event: ping\n\n"
    "data\n\n"
    "data:[DONE]\r\n\r\n"
    'data: {"never": "ended"}\n'
).encode()

EVENTS = [
    '{"choices":[{"delta":{"content":"Grüße 🌞"}}]}',
    '{"a":\n 1}',
    "",
    "[DONE]",
]


def parse(*chunks: bytes) -> list[str]:
    """Return the events of a stream that came in these chunks."""
    parser = EventParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


def test_parses_a_stream_in_one_chunk() -> None:
    assert parse(RECORDED) == EVENTS


def test_parses_a_stream_byte_by_byte() -> None:
    assert parse(*(bytes([byte]) for byte in RECORDED)) == EVENTS


def test_every_split_in_two_gives_the_same_events() -> None:
    for cut in range(len(RECORDED) + 1):
        assert parse(RECORDED[:cut], RECORDED[cut:]) == EVENTS, cut


def test_every_split_in_three_gives_the_same_events() -> None:
    for first, second in combinations(range(len(RECORDED) + 1), 2):
        parts = RECORDED[:first], RECORDED[first:second], RECORDED[second:]
        assert parse(*parts) == EVENTS, (first, second)


def test_an_event_is_given_as_its_last_line_break_begins() -> None:
    parser = EventParser()
    assert parser.feed(b"data: 1\r") == []
    assert parser.feed(b"\n\r") == ["1"]
    assert parser.feed(b"\ndata: 2\n") == []
    assert parser.feed(b"\n") == ["2"]


LINE = st.one_of(
    st.text(st.characters(exclude_characters="\r\n"), max_size=20).map(
        "data: ".__add__
    ),
    st.sampled_from(["", "", ":", ": comment", "data", "id: 1", "dat: x", "data:x:y"]),
)
STREAM = st.lists(st.tuples(LINE, st.sampled_from(["\n", "\r", "\r\n"])), max_size=20)


def by_the_standard(text: str) -> list[str]:
    """Return the events of a whole stream, in the standard's own words."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    events: list[str] = []
    buffer = ""
    for line in lines[:-1]:
        if not line:
            if buffer:
                events.append(buffer.removesuffix("\n"))
            buffer = ""
        elif not line.startswith(":"):
            field, _, value = line.partition(":")
            if field == "data":
                buffer += value.removeprefix(" ") + "\n"
    return events


@given(STREAM, st.data())
def test_any_stream_in_any_chunks(
    lines: list[tuple[str, str]], data: st.DataObject
) -> None:
    text = "".join(line + end for line, end in lines)
    stream = text.encode("utf-8", "replace")
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8))
    edges = [0, *sorted(cuts), len(stream)]
    chunks = [stream[start:end] for start, end in pairwise(edges)]
    expected = by_the_standard(stream.decode().removeprefix("\ufeff"))
    assert parse(*chunks) == expected


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    assert parse(b"data: a\xff\xfeb\n\n") == ["a\ufffd\ufffdb"]


def test_a_byte_order_mark_counts_only_at_the_start() -> None:
    assert parse("\ufeffdata: a\n\n\ufeffdata: b\n\n".encode()) == ["a"]


@pytest.mark.parametrize(
    "endless",
    [
        pytest.param([b"data: " + b"x" * 60] * 2, id="line"),
        pytest.param([b"data: " + b"x" * 30 + b"\n"] * 3, id="event"),
    ],
)
def test_an_endless_event_is_refused(endless: list[bytes]) -> None:
    parser = EventParser(max_event_bytes=100)
    *bearable, last = endless
    assert [event for chunk in bearable for event in parser.feed(chunk)] == []
    with pytest.raises(EventTooLongError):
        parser.feed(last)


def test_comments_and_other_events_do_not_count_as_length() -> None:
    parser = EventParser(max_event_bytes=50)
    for _ in range(100):
        assert parser.feed(b": keep-alive\n") == []
    assert parser.feed(b"data: 1\n\n") == ["1"]
    for _ in range(100):
        assert parser.feed(b"data: 12345\n\n") == ["12345"]
