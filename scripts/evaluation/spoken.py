"""What an answer says: that something is done, markup, the words that are wanted."""

from collections.abc import Iterable, Mapping
import re
from typing import Final

_MARKUP: Final = re.compile(
    r"```|\*\*|</?\w+>|</?tool_call|<\|"  # code, bold, tags, templates' own marks
    r"|^\s*#{1,6}\s|^\s*[-*]\s.*\n\s*[-*]\s|^\s*\|.*\|\s*$"  # headings, lists, tables
    r"|[{\[]\s*[\"']\w+[\"']\s*[:,\]]"  # JSON
    r"|\[Home Assistant:"  # the note beside what was said
    r"|\b\w+__Hass\w+|\bHass[A-Z]\w+|\bGetLiveContext\b"  # names of tools
    r"|\b(?:light|switch|cover|climate|fan|lock|media_player|sensor|binary_sensor|"
    r"vacuum|valve|todo|scene|weather)\.[a-z0-9_]+\b"  # entity ids
    r"|\[[^\]]+\]\(http",
    re.MULTILINE,
)

_ACTS: Final = (
    r"(?:turn(?:ed)?|switched|set|opened|closed|closing|opening|locked|unlocked|"
    r"started|stopped|paused|resumed|muted|unmuted|added|removed|dimmed|brightened|"
    r"skipped|activated|deactivated|changed|adjusted|lowered|raised|increased|"
    r"decreased|sent|returned|put|armed|disarmed|playing|completed)"
)

# By language: what says that something was done, and what says that it was not, or
# that the sentence only offers, asks or tells how things are not.
_DONE: Final[Mapping[str, str]] = {
    "en": (
        rf"^\W*(?:done|ok(?:ay)?|sure|certainly|alright|all set|got it)\b"
        rf"|\b(?:i|we)(?:'ve| have|'ll| will)? (?:now |just |successfully )*{_ACTS}\b"
        rf"|\b(?:is|are|been|was|were) (?:now |successfully |all |both |being )*{_ACTS}\b"
        r"|\b(?:is|are) now\b|^\W*(?:turning|switching|opening|closing|setting|"
        r"starting|locking|unlocking|adding|dimming|stopping|pausing|playing)\b"
        rf"|^\W*{_ACTS}\b|\b(?:turned|switched) (?:on|off)\b"
    ),
    "de": (
        r"\b(?:erledigt|ok(?:ay)?|gerne|ist jetzt|sind jetzt|habe|wurden?|"
        r"eingeschaltet|ausgeschaltet|angeschaltet|geöffnet|geschlossen|gestellt|"
        r"gesetzt|hinzugefügt|gedimmt|gestartet|gestoppt|pausiert|verriegelt|"
        r"entriegelt|ein|aus|wird)\b"
    ),
    "fr": (
        r"\b(?:c'est fait|d'accord|ok|voilà|j'ai|est maintenant|sont maintenant|"
        r"allumée?s?|éteinte?s?|ouverte?s?|fermée?s?|réglée?s?|ajoutée?s?|"
        r"lancée?s?|démarrée?s?|verrouillée?s?|mise?s? en pause)\b"
    ),
    "es": (
        r"\b(?:hecho|listo|de acuerdo|vale|ok|he|está ahora|están ahora|ahora está|"
        r"encendid[oa]s?|apagad[oa]s?|abiert[oa]s?|cerrad[oa]s?|añadid[oa]s?|"
        r"ajustad[oa]s?|puest[oa]s?|iniciad[oa]s?|pausad[oa]s?|bloquead[oa]s?)\b"
    ),
    "nl": (
        r"\b(?:gedaan|klaar|oké|ok|prima|is nu|zijn nu|heb|staat nu|staan nu|"
        r"aangezet|uitgezet|ingeschakeld|uitgeschakeld|geopend|gesloten|toegevoegd|"
        r"ingesteld|gezet|gestart|gestopt|gepauzeerd|vergrendeld|aan|uit|open|dicht)\b"
    ),
    "it": (
        r"\b(?:fatto|ok|va bene|d'accordo|ho|è ora|sono ora|ora è|"
        r"acces[oaie]|spent[oaie]|apert[oaie]|chius[oaie]|aggiunt[oaie]|"
        r"impostat[oaie]|avviat[oaie]|bloccat[oaie]|in pausa)\b"
    ),
    "pl": (
        r"\b(?:gotowe|zrobione|dobrze|ok|okej|jest teraz|są teraz|już|"
        r"włącz\w*|wyłącz\w*|zapal\w*|zgas\w*|otwar\w*|otwier\w*|zamkn\w*|zamyk\w*|"
        r"doda\w*|ustawi\w*|uruchomi\w*|wstrzyma\w*|zablokowa\w*)\b"
    ),
}
_NOT_DONE: Final[Mapping[str, str]] = {
    "en": (
        r"\b(?:sorry|unable|could ?n[o']t|couldn't|can ?not|can't|cannot|unfortunately|"
        r"did ?n[o']t|didn't|do ?n[o']t|don't|does ?n[o']t|doesn't|won't|not (?:found|"
        r"sure|able|possible|supported|exposed|recognized)|failed|error|no (?:such|"
        r"device|devices|light|lights|lamp|fan|entity)|there (?:is|are) no|"
        r"which|please (?:specify|tell|clarify)|would you|do you|need to know|"
        r"multiple|already)\b"
    ),
    "de": (
        r"\b(?:leider|nicht|kein\w*|konnte\w*|entschuldig\w*|tut mir leid|fehler|"
        r"welche\w*|möchtest|bereits|schon)\b"
    ),
    "fr": (
        r"\b(?:désolée?|ne|n'\w+|pas|impossible|aucune?|erreur|échoué|quelle?s?|"
        r"voulez|voudriez|déjà)\b"
    ),
    "es": (
        r"\b(?:lo siento|no|imposible|ningun[oa]?|ningún|error|falló|cuál|qué|"
        r"quieres|quiere|ya)\b"
    ),
    "nl": (
        r"\b(?:sorry|helaas|niet|geen|kan niet|kon|fout|mislukt|welke?|wil je|al)\b"
    ),
    "it": (
        r"\b(?:mi dispiace|spiacente|non|impossibile|nessun[oa]?|errore|quale|vuoi|"
        r"già)\b"
    ),
    "pl": (r"\b(?:przepraszam|niestety|nie|brak|błąd|nie mogę|któr\w+|czy|już jest)\b"),
}


def claims_done(text: str, language: str) -> bool:
    """Return whether an answer says that something has been, or is being, done.

    A question, an apology and a refusal do not. It goes by words, sentence by
    sentence, so it errs now and then; it errs alike for every agent.
    """
    done, undone = (
        _DONE.get(language, _DONE["en"]),
        _NOT_DONE.get(language, _NOT_DONE["en"]),
    )
    for sentence in re.findall(r"[^.!?\n]+[.!?\n]?", text.replace("\u2019", "'")):
        if sentence.rstrip().endswith("?"):
            continue
        lowered = sentence.casefold()
        if re.search(done, lowered) and not re.search(undone, lowered):
            return True
    return False


def asks(text: str) -> bool:
    """Return whether an answer ends in a question."""
    return text.rstrip().endswith(("?", "？", ";"))  # noqa: RUF001


def has_markup(text: str) -> bool:
    """Return whether something is spoken that is only for the eye, or for machines."""
    return bool(_MARKUP.search(text))


def missing_words(
    text: str, groups: Iterable[tuple[str, ...]]
) -> list[tuple[str, ...]]:
    """Return the groups of which nothing is said."""
    return [group for group in groups if not any(says(text, word) for word in group)]


def says(text: str, words: str) -> bool:
    """Return whether a text has these words; a number may be written with a comma."""
    spoken, wanted = _normal(text), _normal(words)
    return bool(re.search(rf"(?<![\w.]){re.escape(wanted)}(?![\w]|\.\d)", spoken))


def _normal(text: str) -> str:
    text = text.casefold().replace("\u2019", "'").replace("\u202f", " ")
    return re.sub(r"(\d),(\d)", r"\1.\2", text)
