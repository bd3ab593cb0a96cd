"""Whether what was said waits for an answer."""

import re
from typing import Final

from .claims import QUESTION_MARKS

_CLOSING: Final = re.compile(
    r"\b(anything|what) else\b|(?<!or )something else\b|\bhow else\b|\bfurther assistance\b"
    r"|\b(noch|sonst) (etwas|was|noch)\b|\bweiterhelfen\b|\bsonst noch\b"
    r"|\bautre chose\b|\bd['\u2019]autre\b|\balgo más\b|\b(otra|alguna otra) cosa\b"
    r"|\b(nog|anders) (iets|nog)\b|\bverder (nog )?(helpen|van dienst)\b"
    r"|\b(qualcos['\u2019]|nient['\u2019])?altro\b"
)
"""An offer to go on, by language: who closes with one waits for nothing."""
_HELP: Final = re.compile(
    r"\b(help|assist|do|need|help\w*|hilf|tun|brauch\w*|aid\w+|servi\w+|faire|hacer"
    r"|ayud\w+|necesit\w+|doen|dienst|aiut\w+|fare|serve|bisogno)\b|\W*\b\w+ \w+\W*\Z"
)
_SENTENCES: Final = re.compile(r"[^.!?\u037e\uff1f\u3002\n]+[.!?\u037e\uff1f\u3002\n]*")
_AROUND: Final = " \t\n\"'\u201d\u2019)]*_"


def waits_for_answer(text: str, told: bool | None = None) -> bool:
    """Return whether a satellite listens on; `told` is what the model says of it."""
    sentences = [s.strip(_AROUND) for s in _SENTENCES.findall(text)]
    sentences = [s for s in sentences if re.search(r"\w", s)]
    asked = [s for s in sentences[-2:] if s.endswith(QUESTION_MARKS)]
    if not asked:
        return bool(told)
    if all(_is_offer(question) for question in asked):
        return False
    return told is not False


def _is_offer(question: str) -> bool:
    lowered = question.casefold()
    return bool(_CLOSING.search(lowered) and _HELP.search(lowered))
