"""The demo model plans by the tools and the prompt that it is given."""

import json
from typing import Any

import pytest

from scripts.demo_model import CallPiece, Planner, Text

PROMPT = """You are a voice assistant.
The areas of this home, and the names and domain of what is in each:
Galley | Kitchen (floor Ground):
Galley Lamps | Kitchen Lights: light
Shade: cover
Oven Radio: media_player
Bath:
Spot: light
In no area:
Garage Gate: cover
Groceries | Shopping list: todo
Chores: todo
North Station: weather
Family: calendar
"""

CORE_PROMPT = """An overview of the areas and the devices in this smart home:
- names: Desk Lamp, Office Lamp
  domain: light
  areas: Office
- names: Heater
  domain: climate
"""

TARGET = {
    "name": {"type": "string"},
    "area": {"type": "string"},
    "domain": {"type": "array", "items": {"type": "string"}},
}


def tool(
    name: str,
    description: str = "",
    required: tuple[str, ...] = (),
    /,
    **properties: dict[str, Any],
) -> dict[str, Any]:
    """Return a tool as a request offers it."""
    schema = {"type": "object", "properties": properties, "required": list(required)}
    function = {"name": name, "description": description, "parameters": schema}
    return {"type": "function", "function": function}


def percent(top: int = 100) -> dict[str, Any]:
    """Return the schema of a number from 0."""
    return {"type": "number", "minimum": 0, "maximum": top}


ON = tool("intent__HassTurnOn", "Turns on/opens a device. Use for 'lock'.", **TARGET)
OFF = tool("intent__HassTurnOff", "Turns off/closes a device. 'unlock'.", **TARGET)
LIGHT_SET = tool(
    "light__HassLightSet",
    color={"type": "string"},
    temperature={"type": "integer"},
    brightness=percent(),
    **TARGET,
)
CLIMATE = tool(
    "climate__HassClimateSetTemperature",
    "",
    ("temperature",),
    temperature={"type": "number"},
    **TARGET,
)
POSITION = tool("intent__HassSetPosition", position=percent(), **TARGET)
VOLUME = tool("media_player__HassSetVolume", volume_level=percent(), **TARGET)
VOLUME_SERVICE = tool("media_player__volume_set", volume_level=percent(1), **TARGET)
FORECASTS = tool(
    "weather__get_forecasts",
    "",
    ("type",),
    type={"type": "string", "enum": ["twice_daily", "daily", "hourly"]},
    name={"type": "array", "items": {"type": "string"}},
)
LIVE = tool(
    "homeassistant__GetLiveContext",
    name={"type": "string"},
    domain={"anyOf": [{"type": "string"}, {"type": "array"}]},
    area={"type": "string"},
)
EVENTS = tool(
    "calendar__get_events",
    "",
    ("calendar", "range"),
    calendar={"type": "string", "enum": ["Family", "Work"]},
    range={"type": "string", "enum": ["today", "week"]},
)
EVENTS_SERVICE = tool(
    "calendar__get_events",
    duration={"type": "object", "properties": {"days": {}, "hours": {}}},
    name={"anyOf": [{"type": "string"}, {"type": "array"}]},
)
ADD = tool(
    "todo__HassListAddItem",
    "",
    ("item", "name"),
    item={"type": "string"},
    name={"type": "string"},
)
ITEMS = tool(
    "todo__get_items",
    "",
    ("todo_list",),
    todo_list={"type": "string", "enum": ["Chores", "Groceries", "Shopping list"]},
)
NUMBER = {"type": "integer"}
TIMER = tool(
    "intent__HassStartTimer",
    hours=NUMBER,
    minutes=NUMBER,
    seconds=NUMBER,
    name={"type": "string"},
)
CANCEL = tool("intent__HassCancelTimer", name={"type": "string"})
CANCEL_ALL = tool("intent__HassCancelAllTimers", area={"type": "string"})
CLOCK = tool("llm__GetDateTime")
REPLY = tool(
    "reply",
    "",
    ("say",),
    say={"type": "string"},
    expect_answer={"type": "boolean"},
)


def ask(
    sentence: str, *tools: dict[str, Any], prompt: str = PROMPT, more: Any = ()
) -> dict[str, Any]:
    """Return a request."""
    messages = [
        {"role": "system", "content": prompt},
        {"role": "user", "content": sentence},
        *more,
    ]
    return {"model": "demo", "messages": messages, "tools": list(tools)}


def calls_of(request: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the calls that the planner makes."""
    calls: dict[Any, list[str]] = {}
    for step in Planner()(request):
        if isinstance(step, CallPiece):
            call = calls.setdefault(step.index, [step.name or "", ""])
            call[1] += str(step.arguments or "")
    return [(name, json.loads(text)) for name, text in calls.values()]


def said(request: dict[str, Any]) -> str:
    """Return what the planner says."""
    return "".join(s.text for s in Planner()(request) if isinstance(s, Text))


def after(*calls: tuple[str, dict[str, Any], Any]) -> list[dict[str, Any]]:
    """Return the messages of calls and their results."""
    made = [
        {
            "id": f"c{number}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments)},
        }
        for number, (name, arguments, _) in enumerate(calls)
    ]
    results = [
        {"role": "tool", "tool_call_id": f"c{number}", "content": json.dumps(result)}
        for number, (_, _, result) in enumerate(calls)
    ]
    return [{"role": "assistant", "content": None, "tool_calls": made}, *results]


@pytest.mark.parametrize(
    ("sentence", "tools", "expected"),
    [
        pytest.param(
            "Turn on the kitchen lights.",
            [OFF, ON],
            [("intent__HassTurnOn", {"name": "Kitchen Lights"})],
            id="alias",
        ),
        pytest.param(
            "please switch the spot off",
            [ON, OFF],
            [("intent__HassTurnOff", {"name": "Spot"})],
            id="verb-around-thing",
        ),
        pytest.param(
            "turn off the lights in the bath",
            [ON, OFF],
            [("intent__HassTurnOff", {"area": "Bath", "domain": ["light"]})],
            id="area-and-kind",
        ),
        pytest.param(
            "turn off all the lights",
            [ON, OFF],
            [("intent__HassTurnOff", {"domain": ["light"]})],
            id="all-of-a-kind",
        ),
        pytest.param(
            "[Home Assistant: Sunday 2026-11-22, 16:21 CET. In area Bath, floor First.]"
            "\n\nturn on the lights",
            [ON, OFF],
            [("intent__HassTurnOn", {"area": "Bath", "domain": ["light"]})],
            id="where-the-person-is",
        ),
        pytest.param(
            "open the garage gate and close the shade",
            [ON, OFF],
            [
                ("intent__HassTurnOn", {"name": "Garage Gate"}),
                ("intent__HassTurnOff", {"name": "Shade"}),
            ],
            id="open-and-close-by-description",
        ),
        pytest.param(
            "turn on the spot and the kitchen lights",
            [ON, OFF],
            [
                ("intent__HassTurnOn", {"name": "Spot"}),
                ("intent__HassTurnOn", {"name": "Kitchen Lights"}),
            ],
            id="verb-goes-on",
        ),
        pytest.param(
            "turn on the kitchen lights and tell me the weather",
            [ON, OFF, FORECASTS, LIVE],
            [
                ("intent__HassTurnOn", {"name": "Kitchen Lights"}),
                (
                    "weather__get_forecasts",
                    {"type": "daily", "name": ["North Station"]},
                ),
            ],
            id="two-wishes",
        ),
        pytest.param(
            "what's the weather like?",
            [ON, LIVE],
            [("homeassistant__GetLiveContext", {"domain": "weather"})],
            id="weather-without-forecast-tool",
        ),
        pytest.param(
            "tell me the hourly forecast for today",
            [FORECASTS],
            [],
            id="not-a-sentence-it-knows",
        ),
        pytest.param(
            "dim the kitchen lights to 40%",
            [ON, LIGHT_SET, CLIMATE],
            [("light__HassLightSet", {"name": "Kitchen Lights", "brightness": 40})],
            id="brightness-by-kind",
        ),
        pytest.param(
            "set the brightness of the spot to 10 percent",
            [ON, LIGHT_SET],
            [("light__HassLightSet", {"name": "Spot", "brightness": 10})],
            id="brightness-by-name",
        ),
        pytest.param(
            "set the shade to 30%",
            [POSITION, LIGHT_SET],
            [("intent__HassSetPosition", {"name": "Shade", "position": 30})],
            id="position",
        ),
        pytest.param(
            "set the temperature in the bath to 21.5 degrees",
            [LIGHT_SET, CLIMATE],
            [
                (
                    "climate__HassClimateSetTemperature",
                    {"area": "Bath", "domain": ["climate"], "temperature": 21.5},
                )
            ],
            id="temperature-is-not-the-light's",
        ),
        pytest.param(
            "make the spot blue",
            [ON, LIGHT_SET],
            [("light__HassLightSet", {"name": "Spot", "color": "blue"})],
            id="colour",
        ),
        pytest.param(
            "set the volume in the galley to 30 percent",
            [VOLUME],
            [
                (
                    "media_player__HassSetVolume",
                    {"area": "Galley", "domain": ["media_player"], "volume_level": 30},
                )
            ],
            id="volume",
        ),
        pytest.param(
            "set the volume of the oven radio to 30 percent",
            [VOLUME_SERVICE],
            [("media_player__volume_set", {"name": "Oven Radio", "volume_level": 0.3})],
            id="volume-on-the-schema's-scale",
        ),
        pytest.param(
            "what is on my calendar today?",
            [EVENTS],
            [
                ("calendar__get_events", {"calendar": "Family", "range": "today"}),
                ("calendar__get_events", {"calendar": "Work", "range": "today"}),
            ],
            id="every-calendar",
        ),
        pytest.param(
            "do I have any appointments this week",
            [EVENTS_SERVICE],
            [("calendar__get_events", {"duration": {"days": 7}, "name": "Family"})],
            id="calendar-service",
        ),
        pytest.param(
            "put milk and eggs on the shopping list",
            [ADD, ITEMS],
            [
                ("todo__HassListAddItem", {"name": "Shopping list", "item": "milk"}),
                ("todo__HassListAddItem", {"name": "Shopping list", "item": "eggs"}),
            ],
            id="two-items",
        ),
        pytest.param(
            "what's on the shopping list",
            [ADD, ITEMS],
            [("todo__get_items", {"todo_list": "Shopping list"})],
            id="read-list",
        ),
        pytest.param(
            "set a pizza timer for 1 hour and 5 minutes",
            [TIMER, CANCEL],
            [("intent__HassStartTimer", {"hours": 1, "minutes": 5, "name": "pizza"})],
            id="timer",
        ),
        pytest.param(
            "set a 10 minute timer",
            [TIMER],
            [("intent__HassStartTimer", {"minutes": 10})],
            id="timer-short",
        ),
        pytest.param(
            "cancel the pizza timer",
            [CANCEL_ALL, CANCEL],
            [("intent__HassCancelTimer", {"name": "pizza"})],
            id="cancel-timer",
        ),
        pytest.param(
            "cancel all timers",
            [CANCEL, CANCEL_ALL],
            [("intent__HassCancelAllTimers", {})],
            id="cancel-all",
        ),
        pytest.param(
            "what time is it?", [CLOCK], [("llm__GetDateTime", {})], id="time"
        ),
        pytest.param(
            "is the garage gate open?",
            [LIVE],
            [("homeassistant__GetLiveContext", {"name": "Garage Gate"})],
            id="state",
        ),
    ],
)
def test_plans_by_what_is_offered(
    sentence: str,
    tools: list[dict[str, Any]],
    expected: list[tuple[str, dict[str, Any]]],
) -> None:
    assert calls_of(ask(sentence, *tools)) == expected


def test_reads_home_assistants_own_overview() -> None:
    request = ask("turn on the office lamp", ON, prompt=CORE_PROMPT)
    assert calls_of(request) == [("intent__HassTurnOn", {"name": "Office Lamp"})]
    request = ask("turn on the office lights", ON, prompt=CORE_PROMPT)
    arguments = {"area": "Office", "domain": ["light"]}
    assert calls_of(request) == [("intent__HassTurnOn", arguments)]


def test_calls_by_the_spoken_name_where_the_prompt_lists_nothing() -> None:
    request = ask("turn on the disco ball", ON, prompt="")
    assert calls_of(request) == [("intent__HassTurnOn", {"name": "disco ball"})]


def test_says_so_when_it_does_not_understand() -> None:
    request = ask("compose a sonnet", ON)
    assert calls_of(request) == []
    assert "did not understand “compose a sonnet”" in said(request)


def test_says_so_when_no_tool_is_offered_for_it() -> None:
    request = ask("turn on the spot")
    assert calls_of(request) == []
    assert (
        said(request) == "Sorry, I was offered no tool that can do “turn on the spot”."
    )


def test_does_what_it_understood_and_says_what_it_did_not() -> None:
    sentence = "turn on the spot and compose a sonnet"
    assert calls_of(ask(sentence, ON, REPLY)) == [
        ("intent__HassTurnOn", {"name": "Spot"})
    ]
    more = after(("intent__HassTurnOn", {"name": "Spot"}, {"speech": {}}))
    answer = said(ask(sentence, ON, REPLY, more=more))
    assert answer.startswith("Spot turned on. Sorry, I did not understand “compose")


def test_answers_the_time_from_the_note() -> None:
    note = "[Home Assistant: Sunday 2026-11-22, 16:21 CET. In area Bath.]\n\n"
    assert said(ask(f"{note}what time is it", CLOCK)) == "It is 16:21."
    assert said(ask(f"{note}what day is it")) == "It is Sunday, 22 November 2026."


def test_answers_a_state_from_the_note() -> None:
    note = "[Home Assistant: Sunday 2026-11-22, 16:21.\nGarage Gate (cover gate): open]"
    answer = said(ask(f"{note}\n\nis the garage gate open?", LIVE))
    assert answer == "Garage Gate is open."


def test_closes_a_turn_of_actions_with_reply() -> None:
    request = ask("turn on the spot and close the shade", ON, OFF, REPLY)
    assert calls_of(request)[-1] == (
        "reply",
        {"say": "Spot turned on. Shade is closing.", "expect_answer": False},
    )


def test_never_closes_a_turn_that_reads() -> None:
    request = ask("turn on the spot and tell me the weather", ON, FORECASTS, REPLY)
    assert "reply" not in [name for name, _ in calls_of(request)]


def test_speaks_what_the_results_say() -> None:
    forecast = {
        "weather.north": {
            "forecast": [
                {
                    "datetime": "2026-11-22T16:00:00+00:00",
                    "condition": "sunny",
                    "temperature": 21.5,
                },
                {
                    "datetime": "2026-11-23T16:00:00+00:00",
                    "condition": "rainy",
                    "templow": 8,
                },
            ]
        }
    }
    more = after(
        ("intent__HassTurnOn", {"name": "Spot"}, {"data": {"failed": []}}),
        ("weather__get_forecasts", {}, forecast),
    )
    sentence = "turn on the spot and tell me the weather"
    assert said(ask(sentence, ON, FORECASTS, more=more)) == (
        "Spot turned on. The forecast: Sunday sunny, 21.5 degrees; Monday rainy, at "
        "night 8."
    )


def test_tells_the_hours_of_an_hourly_forecast() -> None:
    hours = [
        {"datetime": f"2026-11-22T{hour}:00:00", "condition": "sunny"}
        for hour in (15, 16)
    ]
    more = after(("weather__get_forecasts", {}, {"weather.x": {"forecast": hours}}))
    answer = said(ask("what's the weather", FORECASTS, more=more))
    assert answer == "The forecast: Sunday at 15:00 sunny; Sunday at 16:00 sunny."


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        ({"error": "No such light."}, "That did not work: No such light."),
        (
            {"data": {"success": [], "failed": [{"name": "Spot"}]}},
            "That did not work: Spot did not respond.",
        ),
    ],
)
def test_says_what_failed(result: dict[str, Any], answer: str) -> None:
    more = after(("intent__HassTurnOn", {"name": "Spot"}, result))
    assert said(ask("turn on the spot", ON, more=more)) == answer


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        pytest.param(
            {
                "result": "Live Context: An overview\n- names: Spot\n  domain: light\n"
                "  state: 'on'\n  areas: Bath\n  attributes:\n    brightness_pct: '71'\n"
                "- names: Shade\n  domain: cover\n  state: closed\n"
            },
            "Spot is on, 71 percent and Shade is closed.",
            id="live-context",
        ),
        pytest.param(
            {"date": "2026-11-22", "time": "16:21:06", "weekday": "Sunday"},
            "It is 16:21 on Sunday, 22 November.",
            id="clock",
        ),
        pytest.param(
            {"items": [{"summary": "milk"}, {"summary": "eggs"}, {"summary": "tea"}]},
            "On the list: milk, eggs and tea.",
            id="list",
        ),
        pytest.param({"items": []}, "The list is empty.", id="empty-list"),
        pytest.param(
            {
                "calendar.family": {
                    "events": [{"start": "2026-11-23T10:00:00", "summary": "Dentist"}]
                }
            },
            "There is Dentist, Monday at 10:00.",
            id="events",
        ),
        pytest.param({"result": []}, "There is nothing.", id="no-events"),
        pytest.param({"result": "Seven"}, "Seven", id="a-word"),
        pytest.param({"a": 1, "b": 2}, 'The answer is: {"a": 1, "b": 2}.', id="else"),
    ],
)
def test_reads_results_by_their_shape(result: dict[str, Any], answer: str) -> None:
    more = after(("homeassistant__GetLiveContext", {"name": "Spot"}, result))
    assert said(ask("what is the state of the spot", LIVE, more=more)) == answer
