"""Numbers as people spell them and models copy them: "fifty", "fünfzig Prozent"."""

import re
from typing import Final

from unicode_rbnf import RbnfEngine

LANGUAGES: Final = ("en", "de", "fr", "es", "nl", "it", "pl")
HIGHEST: Final = 100
_PERCENT: Final = r"per ?cent|prozent|pour ?cent|por ciento|procento?|per cento"
_DEGREES: Final = r"degrees?|grad[ios]?|grados|graden|degrés?|stopni(?:e|a)?"
_UNIT: Final = re.compile(
    rf"\s*(?:(?P<percent>%|{_PERCENT})|{_DEGREES})\s*$", re.IGNORECASE
)
_DIGITS = re.compile(r"-?\d+(?:[.,]\d+)?")
_SEPARATORS = re.compile(r"[\s-]+")
_spelled: dict[str, str] = {}


def load_number_words() -> None:
    """Read the words for 0 to 100 in each language, once; reads files."""
    if _spelled:
        return
    found: dict[str, str] = {}
    for language in LANGUAGES:
        engine = RbnfEngine.for_language(language)
        for number in range(HIGHEST + 1):
            for text in engine.format_number(number).text_by_ruleset.values():
                found[_plain(text)] = str(number)
    _spelled.update(found)


def with_digits(text: str) -> str:
    """Return a spelled number in digits: "fifty percent" as "50%", "fifty" as "50".

    All else as it is, and while the words are not loaded.
    """
    unit = _UNIT.search(text)
    bare = (text[: unit.start()] if unit else text).strip()
    number = bare if _DIGITS.fullmatch(bare) else _spelled.get(_plain(bare))
    if number is None:
        return text
    return f"{number}%" if unit and unit["percent"] else number


def _plain(text: str) -> str:
    return _SEPARATORS.sub(" ", text.strip()).casefold()
