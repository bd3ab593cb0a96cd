"""Finds the sentences that the agent says by itself, which stand in `translations/`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import language as language_util

from ..const import DOMAIN

_ENGLISH: Final = "en"
_UNKNOWN: Final = "unknown"
# Read at import, which Home Assistant does outside the event loop.
_AVAILABLE: Final = sorted(
    file.stem for file in (Path(__file__).parents[1] / "translations").glob("*.json")
)


async def async_sentence(
    hass: HomeAssistant,
    language: str,
    key: str,
    placeholders: Mapping[str, str] | None = None,
) -> str:
    """Return the sentence of a key of the translations' ``exceptions``.

    The language is a tag such as ``de-CH``, or ``*`` for Home Assistant's own; English
    if there is no translation, the unknown fault's if there is no sentence.
    """
    if language == "*":
        language = hass.config.language
    matches = language_util.matches(language, _AVAILABLE, hass.config.country)
    sentences = await async_get_translations(
        hass, matches[0] if matches else _ENGLISH, "exceptions", {DOMAIN}
    )
    prefix = f"component.{DOMAIN}.exceptions"
    unknown = sentences[f"{prefix}.{_UNKNOWN}.message"]
    sentence = sentences.get(f"{prefix}.{key}.message", unknown)
    return sentence.format(**placeholders) if placeholders else sentence
