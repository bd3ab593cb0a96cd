"""Times of arguments, learnt as what they are from now."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.chatterbox.agent.foresight.times import absolute, relative

BERLIN = ZoneInfo("Europe/Berlin")
WEDNESDAY = datetime(2026, 11, 25, 12, 3, 20, tzinfo=BERLIN)
FRIDAY = datetime(2026, 11, 27, 8, 30, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("said", "later"),
    [
        pytest.param("2026-11-25", "2026-11-27", id="today"),
        pytest.param("2026-11-26", "2026-11-28", id="tomorrow"),
        pytest.param("2026-11-25T00:00:00", "2026-11-27T00:00:00", id="its begin"),
        pytest.param("2026-11-25 23:59:59", "2026-11-27 23:59:59", id="its end"),
        pytest.param("2026-12-02T23:59", "2026-12-04T23:59", id="in seven days"),
        pytest.param("2026-12-03 00:00:00", "2026-12-05 00:00:00", id="their end"),
        pytest.param("2026-11-25T12:03:00", "2026-11-27T08:30:00", id="now"),
        pytest.param(
            "2026-12-02T12:03:00", "2026-12-04T08:30:00", id="a week from now"
        ),
        pytest.param(
            "2026-11-25T00:00:00+01:00", "2026-11-27T00:00:00+01:00", id="with a zone"
        ),
        pytest.param("2026-11-25T11:03:20Z", "2026-11-27T07:30:00Z", id="in UTC"),
        pytest.param("Kitchen", "Kitchen", id="no time"),
    ],
)
def test_a_time_moves_with_the_days(said: str, later: str) -> None:
    """In the form in which the model wrote it."""
    args = {"range": [said, {"n": 3}]}
    assert absolute(relative(args, WEDNESDAY), WEDNESDAY + timedelta(0))["range"][
        1
    ] == {"n": 3}
    assert absolute(relative(args, WEDNESDAY), FRIDAY) == {"range": [later, {"n": 3}]}


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("2026-11-24", id="yesterday"),
        pytest.param("2026-12-24", id="Christmas"),
        pytest.param("2026-11-25T17:30:00", id="this afternoon"),
        pytest.param("at 18:00", id="in words"),
        pytest.param("24.12.2026", id="in another form"),
        pytest.param("2026-11-25T00:00:00+05:00", id="of another zone"),
        pytest.param("\x00day 0 %Y", id="made up"),
    ],
)
def test_what_will_not_come_again_is_not_learnt(said: str) -> None:
    """Else it would be asked for when it is long over."""
    with pytest.raises(ValueError, match=r"tim|text"):
        relative({"start": said}, WEDNESDAY)


@pytest.mark.parametrize("stored", ["\x00day 0 %x", "\x00noon 1 %Y-%m-%d", "\x00day x"])
def test_what_was_not_written_by_us_is_refused(stored: str) -> None:
    """A file can be edited."""
    with pytest.raises(ValueError, match=r"time|values|int"):
        absolute(stored, WEDNESDAY)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_at_the_same_moment_arguments_are_the_same(args: object) -> None:
    """Whatever they are; but for a "now" that the model takes a minute off."""
    try:
        told = relative(args, WEDNESDAY)
    except ValueError:
        return
    assert absolute(told, WEDNESDAY) == args
