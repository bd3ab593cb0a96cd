"""Tests for the sentences that the agent says by itself."""

from homeassistant.core import HomeAssistant
import pytest

from custom_components.chatterbox.agent.translation_lookup import async_sentence

ENGLISH = "Sorry, something went wrong."
GERMAN = "Da ist leider etwas schiefgegangen."


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", ENGLISH),
        ("en-GB", ENGLISH),
        ("de", GERMAN),
        ("de-CH", GERMAN),
        ("de_AT", GERMAN),
        ("DE-de", GERMAN),
        ("de-Latn", GERMAN),
        ("fr-CA", "Désolé, quelque chose s'est mal passé."),
        ("es-419", "Lo siento, algo ha salido mal."),
        ("nl-BE", "Sorry, er is iets misgegaan."),
        ("it-IT", "Mi dispiace, qualcosa è andato storto."),
        pytest.param("tlh", ENGLISH, id="none for Klingon"),
        pytest.param("", ENGLISH, id="none at all"),
    ],
)
async def test_sentence_is_in_the_language_that_is_spoken(
    hass: HomeAssistant, language: str, sentence: str
) -> None:
    """A region falls back to its language, and a language without words to English."""
    assert await async_sentence(hass, language, "unknown") == sentence


async def test_any_language_is_that_of_home_assistant(hass: HomeAssistant) -> None:
    """A pipeline for all languages says nothing of the one that is spoken."""
    hass.config.language = "de"
    assert await async_sentence(hass, "*", "unknown") == GERMAN


async def test_key_without_a_sentence(hass: HomeAssistant) -> None:
    """A person hears a sentence, never a key."""
    assert await async_sentence(hass, "de", "no_such_key") == GERMAN
