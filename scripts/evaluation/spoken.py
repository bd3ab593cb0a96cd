"""What an answer says: that something is done, markup, the words that are wanted."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
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
        rf"|\b(?:been|was|were) (?:now |successfully |all |both )*{_ACTS}\b"
        rf"|\b(?:is|are) (?:now |successfully |all |both )*(?:being|now) {_ACTS}\b"
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
_IS_SO: Final = (
    rf"\b(?:is|are)(?: all| both)? (?:on|off|open|closing|opening|running|{_ACTS})\b"
)
_AGREES: Final = (
    r"\W*(?:done|ok(?:ay|ej|é)?|oké|sure|certainly|alright|got it|gerne?|erledigt|"
    r"d'accord|bien sûr|voilà|vale|claro|listo|hecho|prima|goed|va bene|certo|fatto|"
    r"dobrze|jasne|gotowe)\W*"
)
_NOT_DONE: Final[Mapping[str, str]] = {
    "en": (
        r"\bnot\b|n't\b|\bnothing\b|\b(?:sorry|unable|could ?n[o']t|couldn't|can ?not|can't|cannot|unfortunately|"
        r"did ?n[o']t|didn't|do ?n[o']t|don't|does ?n[o']t|doesn't|won't|not (?:found|"
        r"sure|able|possible|supported|exposed|recognized)|failed|error|no (?:such|"
        r"device|devices|light|lights|lamp|fan|entity)|there (?:is|are) no|"
        r"which|please (?:specify|tell|clarify)|would you|do you|need to know|"
        r"multiple)\b"
    ),
    "de": (
        r"\b(?:leider|nicht|kein\w*|konnte\w*|entschuldig\w*|tut mir leid|fehler|"
        r"welche\w*|möchtest)\b"
    ),
    "fr": (
        r"\b(?:désolée?|ne|n'\w+|pas|impossible|aucune?|erreur|échoué|quelle?s?|"
        r"voulez|voudriez)\b"
    ),
    "es": (
        r"\b(?:lo siento|no|imposible|ningun[oa]?|ningún|error|falló|cuál|qué|"
        r"quieres|quiere)\b"
    ),
    "nl": (r"\b(?:sorry|helaas|niet|geen|kan niet|kon|fout|mislukt|welke?|wil je)\b"),
    "it": (
        r"\b(?:mi dispiace|spiacente|non|impossibile|nessun[oa]?|errore|quale|vuoi)\b"
    ),
    "pl": (r"\b(?:przepraszam|niestety|nie|brak|błąd|nie mogę|któr\w+|czy)\b"),
}
_ALREADY: Final[Mapping[str, str]] = {
    "en": r"\balready\b",
    "de": r"\b(?:bereits|schon)\b",
    "fr": r"\bdéjà\b",
    "es": r"\bya\b",
    "nl": r"\bal\b",
    "it": r"\bgià\b",
    "pl": r"\bjuż (?:jest|są)\b",
}


def claims_done(text: str, language: str, *, told: bool = True) -> bool:
    """Return whether an answer says that something has been, or is being, done.

    A question, an apology and a refusal do not. Where the person told something to be
    done, and did not ask, "The lamp is on" does. It goes by words, sentence by
    sentence, so it errs now and then; it errs alike for every agent.
    """
    # Models answer in English now and then, whatever they are asked in.
    done = f"{_DONE['en']}|{_DONE.get(language, _DONE['en'])}"
    undone = "|".join(
        words.get(key, words["en"])
        for words in (_NOT_DONE, _ALREADY)
        for key in ("en", language)
    )
    text = text.replace("\u2019", "'").strip()
    refuses = asks(text) or bool(re.search(undone, text.casefold()))
    for sentence in re.findall(r"[^.!?\n]+[.!?\n]?", text):
        if sentence.rstrip().endswith("?"):
            continue
        lowered = sentence.casefold().strip()
        # An "OK." by itself says only what the rest says.
        if re.fullmatch(_AGREES, lowered) and refuses:
            continue
        if re.search(undone, lowered):
            continue
        if re.search(done, lowered):
            return True
        if told and not refuses and re.search(_IS_SO, lowered):
            return True
    return False


def says_already(text: str, language: str) -> bool:
    """Return whether an answer says that something is so already."""
    undone = f"{_NOT_DONE['en']}|{_NOT_DONE.get(language, _NOT_DONE['en'])}"
    already = f"{_ALREADY['en']}|{_ALREADY.get(language, _ALREADY['en'])}"
    return any(
        re.search(already, sentence) and not re.search(rf"{undone}|\?$", sentence)
        for sentence in re.findall(r"[^.!?\n]+[.!?\n]?", text.casefold())
    )


def tells_what_was_done(sentence: str, spoken: str, calls: Iterable[str]) -> bool:
    """Return whether an answer names an action that was called, and not asked for.

    "I have paused it", to "turn it off", is wrong, and true.
    """
    for name in calls:
        action = re.findall(r"[A-Z]?[a-z]+", name.rpartition("__")[2])[-1:]
        stem = "".join(action).casefold()[:4]
        named = re.search(rf"\b{stem}", spoken.casefold())
        if len(stem) == len("paus") and named and stem not in sentence.casefold():
            return True
    return False


def asks(text: str) -> bool:
    """Return whether an answer ends in a question."""
    return text.rstrip().endswith(("?", "？", ";"))  # noqa: RUF001


def has_markup(text: str) -> bool:
    """Return whether something is spoken that is only for the eye, or for machines."""
    return bool(_MARKUP.search(text))


def missing_words(
    text: str, groups: Iterable[tuple[str, ...]], now: datetime
) -> list[tuple[str, ...]]:
    """Return the groups of which nothing is said."""
    told = [[w for word in group for w in at_the_time(word, now)] for group in groups]
    return [
        tuple(group) for group in told if not any(says(text, word) for word in group)
    ]


def at_the_time(word: str, now: datetime) -> Iterator[str]:
    """Yield what may be said for `{time}`, `{weekday}`, `{day}` and `{month}`."""
    if word == "{time}":
        for minutes in (-1, 0, 1):
            moment = now + timedelta(minutes=minutes)
            yield f"{moment:%H:%M}"
            yield f"{moment.hour}:{moment:%M}"
            yield f"{moment.hour % 12 or 12}:{moment:%M}"
    elif word == "{day}":
        yield f"{now.day}"
        yield from (f"{now.day}{ending}" for ending in ("st", "nd", "rd", "th"))
        yield f"{now:%Y-%m-%d}"
    elif word == "{month}":
        yield f"{now:%B}"
        yield f"{now:%Y-%m-%d}"
    else:
        yield f"{now:%A}" if word == "{weekday}" else word


def says(text: str, words: str) -> bool:
    """Return whether a text has these words; a number may be written with a comma."""
    spoken, wanted = _normal(text), _normal(words)
    return bool(re.search(rf"(?<![\w.]){re.escape(wanted)}(?![\w]|\.\d)", spoken))


def _normal(text: str) -> str:
    text = text.casefold().replace("\u2019", "'").replace("\u202f", " ")
    return re.sub(r"(\d),(\d)", r"\1.\2", text)
