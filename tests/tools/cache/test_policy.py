"""Tests for which results are kept, and for how long."""

from pathlib import Path

import homeassistant
from homeassistant.components.calendar.llm import CalendarGetEventsTool
from homeassistant.components.homeassistant.llm import GetLiveContextTool
from homeassistant.components.llm.llm import GetDateTimeTool
from homeassistant.helpers import intent
from homeassistant.util.yaml import load_yaml_dict
import pytest

from custom_components.chatterbox.tools.cache.policy import (
    CACHED_SERVICES,
    NOT_KEPT,
    SHARED_FOR,
    STALE_AT_ONCE,
    CacheChoice,
    CacheOptions,
    policy_for,
)

COMPONENTS = Path(homeassistant.__file__).parent / "components"
FORECASTS = "weather.get_forecasts"


@pytest.mark.parametrize("service", CACHED_SERVICES)
def test_every_service_of_the_table_is_one_that_only_answers(service: str) -> None:
    """It ships with Home Assistant, in an integration that has such services."""
    domain, name = service.split(".")
    folder = COMPONENTS / domain
    assert name in load_yaml_dict(str(folder / "services.yaml"))
    code = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    assert "SupportsResponse.ONLY" in code


@pytest.mark.parametrize("service", CACHED_SERVICES)
def test_every_line_of_the_table_has_sane_times_and_a_reason(service: str) -> None:
    """Seconds, not minutes; and nothing old is served that stands in for nothing."""
    policy = CACHED_SERVICES[service]
    assert 30 <= policy.ttl <= 600
    assert policy.stale_while_revalidate <= 3600
    assert policy.stale_if_error in (0.0, 3600.0)
    assert policy.reason
    assert not policy.private


@pytest.mark.parametrize(
    "tool",
    [
        GetDateTimeTool.name,
        GetLiveContextTool.name,
        f"intent__{intent.INTENT_TIMER_STATUS}",
        intent.INTENT_GET_STATE,
        intent.INTENT_GET_CURRENT_TIME,
        intent.INTENT_GET_CURRENT_DATE,
        intent.INTENT_GET_TEMPERATURE,
    ],
)
def test_what_is_stale_at_once_is_never_kept(tool: str) -> None:
    """Not even by the user's choice; and it is shared for no more than a second."""
    options = CacheOptions(choices={tool: CacheChoice(ttl=600.0)})
    policy = policy_for(tool, options, is_service=False)
    assert policy.ttl == 0
    assert policy.shared_for <= 1
    assert policy.reason
    assert tool.rpartition("__")[2] in STALE_AT_ONCE


def test_other_tools_are_kept_by_choice_alone() -> None:
    """What declares nothing of its world may be a mail or a stock price."""
    tool = CalendarGetEventsTool.name
    policy = policy_for(tool, CacheOptions(), is_service=False)
    assert policy is NOT_KEPT
    assert policy.shared_for == SHARED_FOR
    chosen = CacheOptions(choices={tool: CacheChoice(ttl=45.0)})
    policy = policy_for(tool, chosen, is_service=False)
    assert policy.ttl == 45.0
    assert policy.stale_if_error == 0
    assert not policy.outlives_state


@pytest.mark.parametrize(
    ("ttl", "revalidates", "stands_in"),
    [
        (600.0, True, True),
        (300.0, True, True),
        (60.0, False, True),
        (0.0, False, False),
    ],
)
def test_a_choice_for_a_service_of_the_table(
    ttl: float, revalidates: bool, stands_in: bool
) -> None:
    """A shorter time asks for newer answers; 0 for none that are kept."""
    options = CacheOptions(choices={FORECASTS: CacheChoice(ttl=ttl)})
    policy = policy_for(FORECASTS, options, is_service=True)
    assert policy.ttl == ttl
    assert (policy.stale_while_revalidate > 0) is revalidates
    assert (policy.stale_if_error > 0) is stands_in


def test_an_agent_whose_entry_keeps_nothing_is_private() -> None:
    """In all that it asks."""
    options = CacheOptions.from_entry({}, {"keep_results": False})
    assert policy_for(FORECASTS, options, is_service=True).private
    assert not policy_for(FORECASTS, CacheOptions(), is_service=True).private
