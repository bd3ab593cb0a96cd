"""Rules for sentences that want something done."""

import re
from typing import Any

from .offered import OfferedTool
from .plan import Call, Outcome, Rule, Situation, target

_UNITS = {"hour": "hours", "minute": "minutes", "second": "seconds"}

# What a verb asks for: names or descriptions of tools, best first, and the kind of
# thing that it is about if only one is.
_VERBS: dict[str, tuple[tuple[str, ...], str | None, str]] = {
    "turn on": (("turn on",), None, "{} turned on."),
    "turn off": (("turn off",), None, "{} turned off."),
    "open": (("open cover", "~opens"), "cover", "{} is opening."),
    "close": (("close cover", "~closes"), "cover", "{} is closing."),
    "lock": (("lock lock", "~; locks a lock", "~'lock'"), "lock", "{} locked."),
    "unlock": (("unlock", "~unlocks a lock", "~'unlock'"), "lock", "{} unlocked."),
    "stop": (("stop cover", "stop moving"), "cover", "{} stopped."),
    "activate": (("turn on",), None, "{} activated."),
    "pause": (("pause",), "media_player", "{} paused."),
    "resume": (("unpause", "play media"), "media_player", "{} playing."),
    "skip": (("media next",), "media_player", "Skipped."),
    "mute": (("mute",), "media_player", "{} muted."),
    "start": (("vacuum start", "turn on"), "vacuum", "{} started."),
}

# A quantity: what it is called in parameters, the kind of thing that has it, and words
# that its tool must not have.
_QUANTITIES: dict[str, tuple[tuple[str, ...], str]] = {
    "brightness": (("brightness_pct", "brightness"), "light"),
    "position": (("position",), "cover"),
    "volume": (("volume_level", "volume"), "media_player"),
    "temperature": (("temperature",), "climate"),
    "humidity": (("humidity",), "humidifier"),
    "speed": (("percentage",), "fan"),
}
_OF_KIND = {kind: name for name, (_, kind) in _QUANTITIES.items()}


def act(situation: Situation, match: re.Match[str]) -> Outcome:
    """Turn on, open, lock, pause: a verb and a thing."""
    words = match.groupdict()
    verb = f"{words['verb']} {words.get('way') or ''}".strip()
    verb = verb.replace("switch", "turn").replace("shut", "close")
    verb = {"continue": "resume", "play": "resume", "run": "activate"}.get(verb, verb)
    wanted, kind, done = _VERBS[verb]
    meant = situation.home.meant(words["thing"] or "", kind, situation.here)
    tool = situation.tools.find(*wanted, domain=meant.domain)
    if tool is None:
        return None
    return [Call(tool.name, target(tool, meant), _sentence(done, meant.spoken))]


def set_to(situation: Situation, match: re.Match[str]) -> Outcome:
    """Set a quantity of a thing: brightness, position, volume, temperature."""
    words = match.groupdict()
    number = float(words["number"])
    quantity = words.get("quantity") or ""
    home = situation.home
    if not quantity:
        meant = home.meant(words["thing"], None, situation.here)
        is_degrees = (words.get("unit") or "").startswith("degree")
        quantity = "temperature" if is_degrees else _OF_KIND.get(meant.domain or "", "")
    if quantity not in _QUANTITIES:
        return None
    keys, kind = _QUANTITIES[quantity]
    meant = home.meant(words.get("thing") or "", kind, situation.here)
    tool = situation.tools.find("", domain=kind, takes=keys)
    if tool is None or (key := tool.first_of(keys)) is None:
        return None
    value = number if quantity == "temperature" else tool.scaled(key, number)
    value = int(value) if value == int(value) else value
    unit = " degrees" if quantity == "temperature" else " percent"
    of = f" {quantity}" if quantity in ("volume", "temperature", "humidity") else ""
    done = f"{{}}{of} set to {number:g}{unit}."
    arguments = {**target(tool, meant), key: value}
    return [Call(tool.name, arguments, _sentence(done, meant.spoken))]


def volume_step(situation: Situation, match: re.Match[str]) -> Outcome:
    """Turn the volume up or down."""
    way = "up" if match["way"] in ("up", "louder") else "down"
    meant = situation.home.meant(match["thing"] or "", "media_player", situation.here)
    tool = situation.tools.find("volume", domain="media_player", takes=("volume_step",))
    arguments: dict[str, Any] = {"volume_step": way}
    if tool is None:
        tool = situation.tools.find(f"volume {way}", domain="media_player")
        arguments = {}
    if tool is None:
        return None
    return [Call(tool.name, target(tool, meant) | arguments, f"Volume {way}.")]


def paint(situation: Situation, match: re.Match[str]) -> Outcome:
    """Give a light a colour."""
    keys = ("color", "color_name")
    meant = situation.home.meant(match["thing"], "light", situation.here)
    tool = situation.tools.find("", domain="light", takes=keys)
    if tool is None or (key := tool.first_of(keys)) is None:
        return None
    arguments = {**target(tool, meant), key: match["color"]}
    done = _sentence(f"{{}} set to {match['color']}.", meant.spoken)
    return [Call(tool.name, arguments, done)]


def change_list(situation: Situation, match: re.Match[str]) -> Outcome:
    """Put things on a list, or take them off, one call for each."""
    adds = match["verb"] in ("put", "add")
    wanted = ("add item",) if adds else ("remove item", "complete item")
    if match["verb"].startswith(("check", "tick", "complete")):
        wanted = ("complete item",)
    tool = situation.tools.find(*wanted, takes=("item",))
    if tool is None:
        return None
    meant = situation.home.meant(match["thing"], "todo")
    name = meant.name or situation.home.first("todo")
    items = [_bare(item) for item in re.split(r",? and |, ", match["items"])]
    where = "on" if adds else "off"
    return [
        Call(
            tool.name,
            _on_list(tool, name or match["thing"]) | {"item": tool.value("item", item)},
            f"{item.capitalize()} is {where} the {match['thing']}.",
        )
        for item in items
        if item
    ]


def start_timer(situation: Situation, match: re.Match[str]) -> Outcome:
    """Start a timer, with a name if it was given one."""
    length = {
        _UNITS[unit.rstrip("s")]: int(number)
        for number, unit in re.findall(r"(\d+)[ -](\w+)", match["length"])
        if unit.rstrip("s") in _UNITS
    }
    tool = situation.tools.find("start timer", takes=tuple(length))
    if tool is None or not length:
        return None
    arguments: dict[str, Any] = dict(length)
    if name := _bare(match.groupdict().get("name") or ""):
        arguments["name"] = name
    spoken = " and ".join(
        f"{number} {unit if number != 1 else unit[:-1]}"
        for unit, number in length.items()
    )
    return [Call(tool.name, arguments, f"Timer set for {spoken}.")]


def change_timer(situation: Situation, match: re.Match[str]) -> Outcome:
    """Cancel, pause or resume a timer."""
    verb = {"stop": "cancel", "resume": "unpause"}.get(match["verb"], match["verb"])
    every = verb == "cancel" and "all" in match["which"]
    tool = situation.tools.find(
        "cancel all timers" if every else f"{verb} timer", "cancel all timers"
    )
    if tool is None or (not every and "all" in tool.words and verb != "cancel"):
        return None
    name = _bare(re.sub(r"\btimers?\b|\ball\b", "", match["which"]))
    takes_name = name and "name" in tool.properties
    done = {"cancel": "cancelled", "pause": "paused"}.get(verb, "running again")
    return [Call(tool.name, {"name": name} if takes_name else {}, f"Timer {done}.")]


def broadcast(situation: Situation, match: re.Match[str]) -> Outcome:
    """Say something in the whole home."""
    tool = situation.tools.find("broadcast", takes=("message",))
    if tool is None:
        return None
    return [Call(tool.name, {"message": match["message"]}, "I have passed it on.")]


def _on_list(tool: OfferedTool, name: str) -> dict[str, Any]:
    key = tool.first_of(("name", "todo_list", "entity_id"))
    return {key: tool.value(key, name)} if key else {}


def _bare(text: str) -> str:
    return re.sub(r"^(?:the|a|an|some|my) ", "", text.strip())


def _sentence(done: str, spoken: str) -> str:
    text = done.format(spoken)
    return text[:1].upper() + text[1:]


_NUMBER = r"(?P<number>\d+(?:\.\d+)?) ?(?P<unit>%|percent|degrees?|°c?)?"
_COLOR = (
    r"(?P<color>red|green|blue|yellow|orange|purple|pink|white|cyan|turquoise|violet)"
)
_LIST = r"(?P<thing>(?:(?!\band\b)[\w' -])*?list)"

RULES: tuple[tuple[str, Rule], ...] = (
    (
        rf"(?P<verb>put|add) (?P<items>.+?) (?:on|to|onto) (?:the |my )?{_LIST}",
        change_list,
    ),
    (
        rf"(?P<verb>remove|delete|take|check|tick|complete) (?:off )?(?P<items>.+?)"
        rf" (?:from|off|on) (?:the |my )?{_LIST}",
        change_list,
    ),
    (
        r"(?:set|start|create) (?:a |an |the )?(?:(?P<name>[a-z ]+) )?timer (?:for|of) "
        r"(?P<length>.+)",
        start_timer,
    ),
    (
        r"(?:set|start) (?:a |an )?(?P<length>\d+[ -](?:hour|minute|second)s?)"
        r"(?: (?P<name>[a-z ]+))? timer",
        start_timer,
    ),
    (
        r"(?P<verb>cancel|stop|pause|resume) (?P<which>(?:.+ )?timers?)",
        change_timer,
    ),
    (r"(?:broadcast|announce|tell everyone)(?: that)? (?P<message>.+)", broadcast),
    (
        r"(?:turn|make) (?:the )?(?:volume|it|music)(?: (?:in|of|on) (?P<thing>.+?))? "
        r"(?P<way>up|down|louder|quieter)",
        volume_step,
    ),
    (
        r"turn (?P<way>up|down) the (?:volume|music)(?: (?:in|of|on) (?P<thing>.+))?",
        volume_step,
    ),
    (
        r"(?:set|change|turn|put) (?:the )?(?P<quantity>brightness|position|volume|"
        r"temperature|humidity|speed)(?: (?:of|in|for|on) (?P<thing>.+?))? (?:to|at) "
        rf"{_NUMBER}",
        set_to,
    ),
    (
        r"(?:set|change|turn) (?:the )?(?P<thing>.+?) (?P<quantity>brightness|position|"
        rf"volume|temperature|humidity|speed) (?:to|at) {_NUMBER}",
        set_to,
    ),
    (
        rf"(?:set|dim|brighten|open|close|put|change) (?P<thing>.+?) (?:to|at) {_NUMBER}",
        set_to,
    ),
    (rf"(?:set|turn|make|change|paint) (?P<thing>.+?)(?: to)? {_COLOR}", paint),
    (r"(?P<verb>turn|switch) (?P<way>on|off) (?P<thing>.+)", act),
    (r"(?P<verb>turn|switch) (?P<thing>.+) (?P<way>on|off)", act),
    (
        r"(?P<verb>open|close|shut|lock|unlock|activate|run|start) (?P<thing>.+)",
        act,
    ),
    (
        r"(?P<verb>pause|resume|continue|play|skip|mute|stop)(?: (?P<thing>.+))?",
        act,
    ),
)
"""Patterns that a whole part of a sentence must match, the most telling first."""
