"""A model that called danger by its place is told to name it, and then it is asked for."""

import pytest

from ..danger_home import (
    VALVE,
    Danger,
    danger_fixture,  # noqa: F401
)
from ..home import spoken


@pytest.mark.parametrize(
    "by_place",
    [{"area": "Hall", "domain": ["valve"]}, {"domain": ["valve"]}],
    ids=["area", "kind"],
)
@pytest.mark.parametrize(
    "sentence", ["Turn on the main water", "Turn on the water in the hall"]
)
async def test_the_error_leads_to_the_question(
    danger: Danger, by_place: dict[str, str], sentence: str
) -> None:
    danger.agent.server.call(("intent__HassTurnOn", by_place))
    danger.agent.server.call(("intent__HassTurnOn", {"name": "Main water"}))
    result = await danger.result(sentence)
    told = danger.agent.server.requests[1].messages[-1]["content"]
    assert '"Main water" (valve.main)' in told.replace("\\", "")
    assert "each has to be called by its name" in told
    assert spoken(result) == "Shall I really open Main water?"
    assert result.continue_conversation
    assert danger.done == []
    assert spoken(await danger.result("Yes.")) == "Done."
    assert danger.done == [("valve.open_valve", VALVE)]
    assert danger.requests == 2
