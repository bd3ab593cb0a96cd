"""Whatever acts through whatever, calls at once end as if made one by one.

`CHATTERBOX_EXAMPLES` sets how many cases are tried, 40 by default.
"""

from collections.abc import Callable
import os
from random import Random

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_test_home_assistant

from custom_components.chatterbox.tools.planning import effects, wrapped

from .random_house import House, houses, random_states

CASES = int(os.environ.get("CHATTERBOX_EXAMPLES", "40"))
EACH = 40
"""Cases in one house, for a house takes long to set up."""


class OtherEndError(AssertionError):
    """The calls ended otherwise than one by one."""


async def try_house(hass: HomeAssistant, seed: int, cases: int) -> None:
    """Try some calls in one house. Raises OtherEndError."""
    random = Random(seed)
    house = House(hass, random)
    await house.async_set_up()
    for case in range(cases):
        states = random_states(random)
        calls = [house.a_call() for _ in range(random.randint(2, 4))]
        await house.async_begin(states)
        expected = await house.async_run(calls, at_once=False)
        await house.async_begin(states)
        if (found := await house.async_run(calls, at_once=True)) != expected:
            message = f"{seed}/{case}: {calls} ended as {found}, not {expected}"
            raise OtherEndError(message)


async def try_houses(cases: int, first: int = 0) -> None:
    """Try so many cases, in houses that differ."""
    for seed, some in houses(cases, EACH):
        async with async_test_home_assistant() as hass:
            try:
                await try_house(hass, first + seed, some)
            finally:
                await hass.async_stop(force=True)


async def test_calls_at_once_end_as_one_by_one() -> None:
    """Scripts within scripts, scenes, groups, template lights, a switch as a light."""
    await try_houses(CASES)


def _follow_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(effects, "behind", lambda hass, entity_id: wrapped.Behind())


def _look_into_no_script(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(effects, "service_steps", lambda steps: iter(()))


@pytest.mark.parametrize("break_it", [_follow_nothing, _look_into_no_script])
async def test_a_broken_search_is_found_out(
    monkeypatch: pytest.MonkeyPatch, break_it: Callable[[pytest.MonkeyPatch], None]
) -> None:
    """What is not followed ends otherwise some time."""
    break_it(monkeypatch)
    with pytest.raises(OtherEndError):
        await try_houses(2000)
