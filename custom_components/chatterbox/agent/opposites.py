"""Calls that do something else than what a sentence asks for."""

from collections.abc import Mapping
from enum import Enum
import re
from typing import Any, Final

from homeassistant.helpers import llm


class Effect(Enum):
    """What a call comes to."""

    ON = "on"
    """On, open, locked."""
    OFF = "off"
    PAUSED = "paused"


_EFFECTS: Final[Mapping[str, Effect]] = {
    **dict.fromkeys(("HassTurnOn", "HassOpenCover", "turn_on"), Effect.ON),
    **dict.fromkeys(("open_cover", "open_valve", "lock"), Effect.ON),
    **dict.fromkeys(("HassTurnOff", "HassCloseCover", "turn_off"), Effect.OFF),
    **dict.fromkeys(("close_cover", "close_valve", "unlock"), Effect.OFF),
    **dict.fromkeys(("HassMediaPause", "media_pause"), Effect.PAUSED),
}
_ON_OFF: Final = ("on", "off")
_STATES: Final = {
    "cover": ("open", "closed"),
    "lock": ("locked", "unlocked"),
    "valve": ("open", "closed"),
}
"""States that are each other's opposite; what else there is, is on its way."""
_POSITIONS: Final = {0: Effect.OFF, 100: Effect.ON}
_OTHERS: Final = frozenset({"scene", "script"})
"""What turns on may well be what turns something off."""
_OPENS: Final = re.compile(
    r"\b(open|öffne|ouvr\w+|abre|apri|(?:turn|switch)\b.*\bon)\b", re.I
)
_CLOSES: Final = re.compile(
    r"\b(close|shut|schließe?|ferme\w*|cierra|chiudi|sluit|(?:turn|switch)\b.*\boff)\b",
    re.I,
)


_PARTICLES: Final = {
    **dict.fromkeys(("on", "an", "ein", "auf", "aan"), Effect.ON),
    **dict.fromkeys(("off", "aus", "zu", "uit", "dicht"), Effect.OFF),
}
"""Of verbs, which alone say it in "terrace lights on, path lights off"."""

_PLEASE: Final = re.compile(r"^\W*(please|bitte|(can|could|would) you)\s+", re.I)
_LATER: Final = re.compile(
    r"\?|\d|\b(if|when|unless|until|after|before|at|in (a|an|one|two|ten|half)|then|wenn"
    r"|falls|um|nach|si|quand|cuando|quando|se|als|wanneer|minut\w*|hour\w*|stunden?)\b",
    re.I,
)


def is_not_what_was_asked(
    sentence: str, asked: llm.ToolInput | None, called: llm.ToolInput
) -> bool:
    """Return whether a call does the opposite of the sentence, or of `asked`."""
    if not _OTHERS.isdisjoint(_domains(called.tool_args)):
        return False
    wanted = effect_of(asked) if asked else of_verb(sentence)
    done = effect_of(called)
    return wanted is not None and done is not None and wanted is not done


def opposite_states(domain: str) -> tuple[str, str]:
    """Return the states that turning a thing on and off comes to."""
    return _STATES.get(domain, _ON_OFF)


def wants_something(sentence: str) -> bool:
    """Return whether a sentence begins with a verb of opening or closing, for now."""
    return of_verb(sentence) is not None and not _LATER.search(sentence)


def of_verb(sentence: str) -> Effect | None:
    """Return what the verb asks for that a sentence begins with."""
    sentence = _PLEASE.sub("", sentence)
    opens, closes = _OPENS.search(sentence), _CLOSES.search(sentence)
    if opens and not closes and not sentence[: opens.start()].strip():
        return Effect.ON
    if closes and not opens and not sentence[: closes.start()].strip():
        return Effect.OFF
    return None


def of_part(part: str) -> Effect | None:
    """Return what a part of a sentence asks for by its verb, or by its last word."""
    last = re.search(r"(\w+)\W*\Z", part.casefold())
    return of_verb(part.strip()) or _PARTICLES.get(last[1] if last else "")


def effect_of(call: llm.ToolInput) -> Effect | None:
    """Return what a call comes to, None where it does not tell."""
    name, position = call.tool_name.rpartition("__")[2], call.tool_args.get("position")
    if isinstance(position, int | float):
        return _POSITIONS.get(int(position))
    if name == "HassLightSet":
        return Effect.OFF if call.tool_args.get("brightness") == 0 else Effect.ON
    return _EFFECTS.get(name)


def _domains(args: Mapping[str, Any]) -> frozenset[str]:
    domains, ids = args.get("domain") or (), args.get("entity_id") or ()
    return frozenset(
        str(text).partition(".")[0]
        for value in (domains, ids)
        for text in ([value] if isinstance(value, str) else value)
    )
