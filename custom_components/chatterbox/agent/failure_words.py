"""Whether an answer says that something was not done."""

import re
from typing import Final

FAILURE_WORDS: Final = {
    "de": r"\b(nicht|kein\w*|nichts|leider|fehl\w*|gescheitert|unmöglich)\b",
    "en": r"\b(no|not|cannot|\w+n['\u2019]t|nothing|unable|fail\w*|unsuccessful\w*|sorry|error"
    r"|unfortunately)\b",
    "es": r"\b(no|nada|ning\w+|fall\w+|error|imposible|lamentablemente|lo siento)\b",
    "fr": r"(\b(ne|pas|rien|aucun\w*|échou\w*|échec|erreur|impossible|désolée?"
    r"|malheureusement)\b|\bn['\u2019])",
    "it": r"\b(non|niente|nessun\w*|fallit\w*|errore|impossibile|purtroppo|spiacente"
    r"|dispiace)\b",
    "nl": r"\b(niet|geen|niets|mislukt\w*|helaas|fout|onmogelijk|sorry)\b",
}
"""What a sentence that tells of a failure has in it, by language."""
_NO_PROBLEM: Final = re.compile(
    r"\b(no|not a|kein|geen|pas de|nessun|ningún|no hay|nessuna|aucun)"
    r" (problem\w*|problème|probleem|worries)\b"
    # A state that was left, which is a claim that something is done.
    r"|\b(no longer|nicht mehr|niet meer)\b"
)
_PATTERNS: Final = {
    language: re.compile(pattern) for language, pattern in FAILURE_WORDS.items()
}


def tells_of_failure(text: str, language: str) -> bool | None:
    """Return whether a text has a word of failure; None in a language without words."""
    pattern = _PATTERNS.get(language.partition("-")[0].casefold())
    if pattern is None:
        return None
    return bool(pattern.search(_NO_PROBLEM.sub("", text.casefold())))
