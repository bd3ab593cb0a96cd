"""Which sentences are wholly an affirmation, and which digits a sentence says.

Short on purpose: what is not listed goes to the model, and is asked again.
"""

from collections.abc import Mapping
import re
from typing import Final
import unicodedata

from homeassistant.core import HomeAssistant
from homeassistant.util import language as language_util

AFFIRMATIONS: Final[Mapping[str, frozenset[str]]] = {
    "de": frozenset(
        {
            "ja",
            "ja bitte",
            "ja bitte mach das",
            "ja genau",
            "ja gerne",
            "ja klar",
            "ja mach das",
            "ja sicher",
            "ja tu das",
            "jawohl",
            "bestätige",
            "bestätigt",
            "ich bestätige",
            "mach das",
        }
    ),
    "en": frozenset(
        {
            "yes",
            "yes confirm",
            "yes do it",
            "yes do that",
            "yes go ahead",
            "yes i am sure",
            "yes i do",
            "yes i'm sure",
            "yes please",
            "yes please do",
            "yes sure",
            "yeah",
            "yep",
            "confirm",
            "confirmed",
            "do it",
            "go ahead",
            "i confirm",
            "please do",
        }
    ),
    "es": frozenset(
        {
            "sí",
            "si",
            "sí adelante",
            "si adelante",
            "sí claro",
            "si claro",
            "sí confirmo",
            "si confirmo",
            "sí hazlo",
            "si hazlo",
            "sí por favor",
            "si por favor",
            "sí seguro",
            "si seguro",
            "adelante",
            "confirmado",
            "confirmo",
            "hazlo",
        }
    ),
    "fr": frozenset(
        {
            "oui",
            "oui bien sûr",
            "oui confirme",
            "oui fais-le",
            "oui fais le",
            "oui je confirme",
            "oui merci",
            "oui s'il te plaît",
            "oui s'il vous plaît",
            "oui vas-y",
            "oui vas y",
            "confirmé",
            "fais-le",
            "je confirme",
            "vas-y",
        }
    ),
    "it": frozenset(
        {
            "sì",
            "si",
            "sì certo",
            "si certo",
            "sì confermo",
            "si confermo",
            "sì fallo",
            "si fallo",
            "sì grazie",
            "si grazie",
            "sì per favore",
            "si per favore",
            "sì procedi",
            "si procedi",
            "confermato",
            "confermo",
            "fallo",
            "procedi",
        }
    ),
    "nl": frozenset(
        {
            "ja",
            "ja doe dat",
            "ja doe het",
            "ja dat klopt",
            "ja graag",
            "ja hoor",
            "ja ik bevestig",
            "ja zeker",
            "bevestig",
            "bevestigd",
            "doe dat maar",
            "doe het",
            "ik bevestig",
        }
    ),
}
"""Whole sentences, without punctuation and in small letters, by language."""

_DIGITS: Final[Mapping[str, str]] = {
    "de": "null eins zwei|zwo drei vier fünf sechs sieben acht neun",
    "en": "zero|oh one two three four five six seven eight nine",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf",
    "it": "zero uno due tre quattro cinque sei sette otto nove",
    "nl": "nul een|één twee drie vier vijf zes zeven acht negen",
}
DIGIT_LANGUAGES: Final = tuple(_DIGITS)

_LARGER: Final = re.compile(
    r"(?:teen|ty|dred|sand)$|^(?:ten|eleven|twelve)$"
    r"|zehn|zwanzig|ßig$|zig$|hundert|tausend|^elf$|zwölf"
    r"|^(?:onze|douze|treize|quatorze|quinze|seize|dix)|vingt|trente|quarante"
    r"|cinquante|soixante|cents?$|^mille?$"
    r"|^(?:diez|once|doce|trece|catorce|quince)$|^dieci|^veint|^treinta|enta$|cient"
    r"|^(?:undici|dodici|tredici|quattordici|quindici|sedici)$|dici|venti|anta$|cento"
    r"|^(?:tien|elf|twaalf)$|tien$|tig$|honderd|duizend",
)
"""What numbers above nine look like: whoever says one may be saying the code."""

_SPACE: Final = re.compile(r"\s+")
_MARKS: Final = re.compile(r"[.,!;:¡…\"“”„«»]+")


def answer_language(hass: HomeAssistant, language: str) -> str | None:
    """Return the language of the lists for a tag such as ``de-CH``, None without one."""
    if language == "*":
        language = hass.config.language
    found = language_util.matches(language, AFFIRMATIONS)
    return found[0] if found else None


def is_affirmation(sentence: str, language: str) -> bool:
    """Return whether a sentence is wholly an affirmation in a language of the lists."""
    return _plain(sentence) in AFFIRMATIONS.get(language, ())


def _plain(sentence: str) -> str:
    """Return a sentence in small letters without marks; a question is no answer."""
    text = unicodedata.normalize("NFC", sentence).casefold().replace("\u2019", "'")
    return _SPACE.sub(" ", _MARKS.sub(" ", text)).strip()


def spoken_digits(sentence: str, language: str | None) -> str | None:
    """Return a sentence's digits, ``?`` where unclear; None without a number."""
    words = _DIGITS.get(language or "", "").split()
    digit_of = {
        word: str(digit)
        for digit, names in enumerate(words)
        for word in names.split("|")
    }
    found = []
    for token in re.findall(r"\d+|[^\W\d_]+", unicodedata.normalize("NFC", sentence)):
        word = token.casefold()
        if token.isdecimal():
            # A digit of any script is the digit that it stands for.
            found.append("".join(str(unicodedata.decimal(sign)) for sign in token))
        elif word in digit_of:
            found.append(digit_of[word])
        elif _LARGER.search(word) or _compound(word, digit_of):
            found.append("?")
    return "".join(found) or None


def _compound(word: str, digit_of: Mapping[str, str]) -> bool:
    """Return whether a word is digits written together, as some write them."""
    names = sorted(digit_of, key=len, reverse=True)
    rest = word
    for name in names:
        if len(name) > 2:
            rest = rest.replace(name, "")
    return rest in ("", "und", "en", "e") and word not in digit_of
