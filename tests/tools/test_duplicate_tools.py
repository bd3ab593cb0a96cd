"""Tests for tools that two APIs have."""

from homeassistant.helpers import llm

from custom_components.chatterbox.tools.duplicate_tools import without_twins


class _Tool(llm.Tool):
    def __init__(self, name: str) -> None:
        self.name = name
        self.integration = name.split("__", maxsplit=1)[0]


class _Script(llm.ActionTool):
    def __init__(self, name: str) -> None:
        self.name = name
        self.integration = "script"


def test_twins() -> None:
    """What Assist has made for a service wins, unless it does less or checks less."""
    of_assist = [
        _Tool("todo__get_items"),
        _Tool("calendar__get_events"),
        _Script("script__party"),
        _Script("script__other"),
    ]
    services = [
        _Tool("calendar__get_events"),
        _Tool("script__party"),
        _Tool("todo__get_items"),
        _Tool("weather__get_forecasts"),
    ]
    (_, theirs), (_, ours) = without_twins([("Assist", of_assist)], services)
    assert list(theirs) == [of_assist[0], of_assist[3]]
    assert list(ours) == [services[0], services[1], services[3]]
