"""The words of a sentence that may foretell a call, in any language."""

from itertools import pairwise
from typing import Final

from ...tools.intents.things import UNSPACED, words_of

MAX_WORDS: Final = 24
"""Of one sentence; a longer one foretells nothing."""
_LONGEST: Final = 30
"""Letters; what is longer is an address or a secret."""


def foretelling_words(sentence: str) -> tuple[str, ...]:
    """Return each word once, in order, without numbers; none of a sentence too long."""
    found: dict[str, None] = {}
    for word in words_of(sentence):
        if any(map(str.isdigit, word)):
            continue
        if UNSPACED.search(word) and len(word) > 2:
            found.update(dict.fromkeys(map("".join, pairwise(word))))
        elif len(word) <= _LONGEST:
            found[word] = None
    return tuple(found) if len(found) <= MAX_WORDS else ()
