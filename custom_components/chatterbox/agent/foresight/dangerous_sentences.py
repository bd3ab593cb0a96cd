"""Sentences that may act on something dangerous, beside which nothing foreseen rides."""

from homeassistant.core import HomeAssistant, callback

from ...tools.exposure.danger import Additions, must_be_named
from ...tools.exposure.exposed import exposed_entities, names_of
from ...tools.intents.things import words_of
from .words import foretelling_words


@callback
def may_be_dangerous(
    hass: HomeAssistant, assistant: str, sentence: str, additions: Additions
) -> bool:
    """Return whether a sentence has a word of the name of something dangerous."""
    said = {*words_of(sentence), *foretelling_words(sentence)}
    return any(
        not said.isdisjoint((*words_of(name), *foretelling_words(name)))
        for exposed in exposed_entities(hass, assistant)
        if must_be_named(hass, exposed.entity_id, additions)
        for name in names_of(hass, exposed)
    )
