"""How long tools take."""

import pytest

from custom_components.chatterbox.tools.durations import ToolDurations


@pytest.mark.parametrize(
    ("seconds", "slow"),
    [
        pytest.param((), False, id="never-called"),
        pytest.param((2.0,), True, id="slow-once"),
        pytest.param((1.5,), False, id="at-the-bound"),
        pytest.param((9.0, 0.1), False, id="fast-at-times"),
        pytest.param((0.1, 2, 2, 2, 2, 2), True, id="fast-long-ago"),
    ],
)
def test_a_tool_is_slow_if_all_recent_calls_were(
    seconds: tuple[float, ...], slow: bool
) -> None:
    durations = ToolDurations()
    for each in seconds:
        durations.add("tool", each)
    assert durations.is_slow("tool") is slow
    assert not durations.is_slow("other")
