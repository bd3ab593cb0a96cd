"""Rules for questions, and what else is answered rather than done."""

from datetime import datetime, timedelta
import re
from typing import Any

from .home import KINDS
from .offered import OfferedTool
from .plan import Call, Outcome, Rule, Situation, target

_NOTE_TIME = re.compile(
    r"(?P<day>[A-Z][a-z]+day) (?P<date>\d{4}-\d{2}-\d{2}),? (?P<time>\d{1,2}:\d{2})"
)
_PROMPT_TIME = re.compile(
    r"Current time is (?P<time>\d{1,2}:\d{2}).*?date is (?P<date>\d{4}-\d{2}-\d{2})",
    re.DOTALL,
)


def clock(situation: Situation, match: re.Match[str]) -> Outcome:
    """Tell the time or the date, from the note or the prompt if they have it."""
    found = _NOTE_TIME.search(situation.note) or _PROMPT_TIME.search(situation.prompt)
    if found is None:
        tool = situation.tools.find("date time", "current time", "current date")
        return [Call(tool.name, {})] if tool else None
    if "time" in match[0]:
        return f"It is {found['time']}."
    when = datetime.fromisoformat(found["date"])
    return f"It is {when:%A}, {when.day} {when:%B} {when.year}."


def weather(situation: Situation, match: re.Match[str]) -> Outcome:
    """Read the forecast, or the weather as it is now where there is none."""
    place = match.groupdict().get("thing")
    meant = situation.home.meant(place or "weather", "weather")
    name = meant.name if place else situation.home.first("weather")
    tool = situation.tools.find(
        "forecasts", "forecast", "get weather", "weather", but=("set",)
    )
    if tool is not None:
        arguments = _required(tool, match[0], prefer=("daily",))
        if name and "name" in tool.properties:
            arguments["name"] = tool.value("name", name)
        return [Call(tool.name, arguments)]
    tool = situation.tools.find("live context", "get state")
    if tool is None:
        return None
    return [
        Call(tool.name, {"domain": "weather"} if "domain" in tool.properties else {})
    ]


def calendar(situation: Situation, match: re.Match[str]) -> Outcome:
    """Look into every calendar there is, or into the one that was named."""
    tool = situation.tools.find("calendar events", "get events")
    if tool is None:
        return None
    home = situation.home
    days = 1 if re.search(r"\b(?:today|tonight)\b", match[0]) else 7
    arguments = _required(tool, match[0], prefer=("today" if days == 1 else "week",))
    if "duration" in tool.properties:
        arguments["duration"] = {"days": days} if days < 2 else {"days": 7}
        schema = tool.properties["duration"]
        if "days" not in schema.get("properties", {"days": {}}):
            arguments["duration"] = {"hours": 24 * days}
    elif "end_date_time" in tool.properties:
        until = datetime.now() + timedelta(days=days)
        arguments["end_date_time"] = f"{until:%Y-%m-%d %H:%M:%S}"
    key = tool.first_of(("calendar", "name"))
    names = tool.choices(key or "") or [
        t.name for t in home.things if t.domain == "calendar"
    ]
    named = [name for name in names if name.lower() in match[0].lower()]
    if key is None or not names:
        return [Call(tool.name, arguments)]
    return [
        Call(tool.name, arguments | {key: tool.value(key, name)})
        for name in named or names
    ]


def read_list(situation: Situation, match: re.Match[str]) -> Outcome:
    """Read what is on a list."""
    tool = situation.tools.find("get items", takes=("todo_list", "name"))
    if tool is None:
        return None
    key = tool.first_of(("todo_list", "name")) or "name"
    wanted = match["thing"]
    meant = situation.home.meant(wanted, "todo").name or wanted
    names = tool.choices(key)
    name = next((n for n in names if n.lower() in (wanted, meant.lower())), None)
    name = name or (names[0] if names else meant)
    return [Call(tool.name, {key: tool.value(key, name)})]


def timers(situation: Situation, match: re.Match[str]) -> Outcome:
    """Ask how long the timers have left."""
    tool = situation.tools.find("timer status")
    return [Call(tool.name, {})] if tool else None


def state(situation: Situation, match: re.Match[str]) -> Outcome:
    """Tell the state of a thing: from the note if it stands there, else by a tool."""
    phrase = match["thing"]
    meant = situation.home.meant(phrase, None, situation.here)
    for line in situation.note.splitlines()[1:]:
        name, _, facts = line.rstrip("]").partition("): ")
        if facts and meant.name and name.startswith(f"{meant.name} ("):
            return f"{meant.name} is {facts}."
    if not (meant.domain or meant.area or KINDS.get(phrase)):
        return f"I know of nothing that is called “{phrase}”."
    tool = situation.tools.find("live context", "get state")
    return [Call(tool.name, target(tool, meant))] if tool else None


def greet(situation: Situation, match: re.Match[str]) -> Outcome:
    """Answer a greeting."""
    return "Hello! What can I do for you?"


def thank(situation: Situation, match: re.Match[str]) -> Outcome:
    """Answer thanks."""
    return "You are welcome."


def _required(
    tool: OfferedTool, sentence: str, prefer: tuple[str, ...]
) -> dict[str, Any]:
    """Choose a value for each parameter that must have one of a few."""
    arguments: dict[str, Any] = {}
    for key in tool.required:
        if not (choices := tool.choices(key)):
            continue
        said = [
            c for c in choices if c.removesuffix("ly").replace("_", " ") in sentence
        ]
        liked = [choice for choice in prefer if choice in choices]
        arguments[key] = (said or liked or choices)[0]
    return arguments


_ASK = r"(?:what(?:'s| is| are)|tell me|read(?: me)?|show(?: me)?|how(?:'s| is))"

RULES: tuple[tuple[str, Rule], ...] = (
    (r"(?:hello|hi|hey|good (?:morning|evening))(?: there)?", greet),
    (r"(?:thanks|thank you)(?: very much)?", thank),
    (
        r"(?:what(?:'s| is) the (?:time|date)|what (?:time|day|date) is it(?: today)?|"
        r"what(?:'s| is) today|tell me the (?:time|date))(?: now| today)?",
        clock,
    ),
    (
        rf"{_ASK} (?:the )?(?:current )?(?:weather|forecast)(?: forecast)?(?: like)?"
        r"(?: (?:for|in|at) (?!today|tomorrow|the )(?P<thing>.+?))?"
        r"(?: (?:for )?(?:today|tomorrow|tonight|now|this week|the week))?",
        weather,
    ),
    (
        r"(?:will it|is it(?: going to)?|do i need an?) (?:rain|snow|be|sunny|cold|warm|"
        r"hot|rainy|raining|umbrella).*",
        weather,
    ),
    (
        r"(?:what|when|which|do i|am i|is there|are there|anything|show|tell me).*"
        r"\b(?:calendar|appointments?|events?|meetings?|busy|schedule)\b.*",
        calendar,
    ),
    (rf"{_ASK} (?:on |still on )?(?:the |my )?(?P<thing>[\w' -]*list)", read_list),
    (r"(?:how (?:much|long)|what).*\btimers?\b.*", timers),
    (
        r"(?:is|are) (?P<thing>.+?) (?:on|off|open|opened|closed|locked|unlocked|"
        r"running|playing|home)",
        state,
    ),
    (
        r"(?:what(?:'s| is)|how (?:warm|cold|bright) is)(?: the)?(?: (?:state|status|"
        r"temperature|brightness|position|volume) (?:of|in|on))? (?P<thing>.+)",
        state,
    ),
)
"""Patterns that a whole part of a sentence must match, the most telling first."""
