"""The sentences that the agent says by itself, in the language that is spoken."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from homeassistant.components import conversation
from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import language as language_util

from ..const import DOMAIN
from ..tools.durations import ToolDurations

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

    The language is a tag such as ``de`` or ``de-CH``, or ``*`` for Home Assistant's
    own; without a translation it is English. A key without a sentence, which no
    person should hear, is that of the unknown fault.
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


async def async_say(
    chat_log: conversation.ChatLog, agent_id: str, sentence: str
) -> None:
    """Speak a sentence of our own as the agent's next message."""

    async def deltas() -> AsyncGenerator[conversation.AssistantContentDeltaDict]:
        yield {"role": "assistant", "content": sentence}

    async for _ in chat_log.async_add_delta_content_stream(agent_id, deltas()):
        pass


@dataclass(slots=True)
class Preface:
    """What is said, once in a turn, before a slow call if nothing has been."""

    sentence: str
    durations: ToolDurations
    has_result: Callable[[llm.ToolInput], Awaitable[bool]]
    """Tells whether a call is answered at once."""
    said: bool = False

    async def before(self, call: llm.ToolInput) -> str | None:
        """Return what to say before this call."""
        if self.said or not self.durations.is_slow(call.tool_name):
            return None
        if await self.has_result(call):
            return None
        self.said = True
        return self.sentence
