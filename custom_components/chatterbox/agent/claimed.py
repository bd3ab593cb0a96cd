"""Whether an answer says that something was done."""

import re
from typing import Final

_EN: Final = (
    r"(?:turned|switched|set|opened|closed|locked|unlocked|dimmed|added|removed|started"
    r"|stopped|paused|resumed|muted|changed|adjusted|lowered|raised|increased|decreased"
    r"|activated|put)"
)
_DE: Final = (
    r"(?:\w*geschaltet|\w*gemacht|geöffnet|geschlossen|\w*gestellt|gedimmt|gesetzt"
    r"|hinzugefügt|gestartet|gestoppt|pausiert|\w*riegelt)"
)
_FR: Final = (
    r"(?:allumée?s?|éteinte?s?|ouverte?s?|fermée?s?|réglée?s?|ajoutée?s?|mise?s?"
    r"|lancée?s?|arrêtée?s?)"
)
_ES: Final = (
    r"(?:encendid\w+|apagad\w+|abiert\w+|cerrad\w+|puest\w+|añadid\w+|ajustad\w+)"
)
_IT: Final = (
    r"(?:acces\w+|spent\w+|apert\w+|chius\w+|impostat\w+|aggiunt\w+|mess[oaie])"
)
_NL: Final = (
    r"(?:\w*gezet|\w*geschakeld|geopend|gesloten|toegevoegd|ingesteld|gedimd|gestart)"
)
_DONE: Final = re.compile(
    rf"\b(?:i|we)(?:['\u2019]ve| have)? (?:now |just |also )*{_EN}\b"
    rf"|\b(?:has|have|was|were|is|are)(?: been| now| all| both)* {_EN}\b"
    # Our own sentence too, which a model repeats.
    r"|^\W*(?:done|all set|erledigt|fertig|(?:c['\u2019]est )?fait|terminé|hecho|listo"
    r"|fatto|gedaan|klaar)\b"
    r"|\b(?:is|are) already\b|\b(?:ist|sind)(?: \w+)? (?:bereits|schon)\b|\best déjà\b"
    r"|\bsont déjà\b|\bya está|\b(?:è|sono) già\b|\b(?:is|zijn|staat|staan) al\b"
    r"|\b(?:(?:is|are) now|(?:ist|sind) jetzt|(?:est|sont) maintenant|ahora está\w*"
    r"|está\w* ahora|ora (?:è|sono)|(?:è|sono) ora|(?:is|zijn|staat|staan) nu)\b"
    rf"|\b(?:habe|wurden?|ist|sind)\b[^.!?]*\b{_DE}\b"
    rf"|\b(?:j['\u2019]ai|a été|ont été|est|sont)(?: maintenant)? {_FR}\b"
    rf"|\b(?:he|ha sido|han sido|está|están)(?: ahora)? {_ES}\b"
    rf"|\b(?:ho|è stat\w|sono stat\w|è|sono)(?: ora)? {_IT}\b"
    rf"|\b(?:heb|is|zijn)\b[^.!?]*\b{_NL}\b",
    re.I,
)
_QUESTION: Final = re.compile(
    r"\?|^\W*(?:is|are|was|were|what|which|who|when|where|why|how|do|does|did|has|have"
    r"|should|tell|thanks?|thank you|ist|sind|war|waren|was|welche\w*|wer|wann|wo|warum"
    r"|wie|hast|hat|habe|sag|soll|danke|est|sont|qu\w*|comment|où|merci|est-ce|está|están"
    r"|qué|cuál\w*|cuándo|dónde|cómo|gracias|è|sono|che|cosa|quale|quando|dove|come"
    r"|grazie|zijn|staat|staan|wat|welke|wie|wanneer|waar|hoe|bedankt)\b",
    re.I,
)


def says_done(answer: str) -> bool:
    """Return whether an answer says that something was done."""
    return bool(_DONE.search(answer))


def is_question(sentence: str) -> bool:
    """Return whether a sentence asks for words, or thanks for them, not for an action."""
    return bool(_QUESTION.search(sentence))
