"""What neither argument nor answer may carry: templates, ids of what is not exposed."""

from collections.abc import Iterator, Mapping
import re
from typing import Any, Final

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant

from ..calls import ToolError
from .exposed import is_exposed

_TEMPLATE: Final = re.compile(r"\{\{|\{%|\{#")
_ENTITY_ID: Final = re.compile(r"([a-z0-9_]+)\.([a-z0-9_]+)")
_IN_ADDRESS: Final = re.compile(
    r"(?:media-source://[^/]+/|_proxy(?:_stream)?/|entity_id=)([a-z0-9_]+\.[a-z0-9_]+)"
)
"""Where an address that Home Assistant serves names an entity: media sources, the
camera, image and media player proxies, and queries."""

_NAMES_ENTITY: Final = ("entity_id", "media_content_id", "thumbnail")
"""Where a thing in an answer's list says which entity it is."""

_ENTITY_DOMAINS: Final = frozenset(Platform) | frozenset(
    [
        "alert",
        "automation",
        "counter",
        "group",
        "input_boolean",
        "input_button",
        "input_datetime",
        "input_number",
        "input_select",
        "input_text",
        "person",
        "plant",
        "proximity",
        "schedule",
        "script",
        "sun",
        "timer",
        "zone",
    ]
)
_FILE_ENDINGS: Final = frozenset(
    [
        "bmp",
        "conf",
        "csv",
        "flac",
        "gif",
        "html",
        "ics",
        "jpeg",
        "jpg",
        "json",
        "log",
        "m3u",
        "m4a",
        "mkv",
        "mov",
        "mp3",
        "mp4",
        "ogg",
        "pdf",
        "png",
        "svg",
        "txt",
        "wav",
        "webm",
        "webp",
        "xml",
        "yaml",
        "yml",
        "zip",
    ]
)
"""``camera.jpg`` is a file, unless there is an entity of that name."""


def refuse_templates(argument: str, value: Any) -> None:
    """Raise ToolError if there is template text anywhere in a value.

    Some services render templates themselves; what a model writes is data.
    """
    for text in texts(value):
        if _TEMPLATE.search(text):
            raise ToolError(
                f"{argument}: templates ({{{{ }}}}, {{% %}}, {{# #}}) are not "
                "accepted. Give the value itself."
            )


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a value, the keys of objects included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts(key)
            yield from texts(inner)
    elif isinstance(value, list | tuple | set):
        for inner in value:
            yield from texts(inner)


def entity_ids_in(hass: HomeAssistant, text: str) -> tuple[str, ...]:
    """Return the entity ids that a text consists of, or that an address names.

    It goes by the look of it, not by what exists, so that an answer cannot tell
    what is hidden from what does not exist.
    """
    text = text.strip().lower()
    if found := _IN_ADDRESS.findall(text):
        return tuple(word for word in found if _is_entity_id(hass, word))
    words = [word.strip("\"'[] ") for word in text.split(",")]
    if words and all(_is_entity_id(hass, word) for word in words):
        return tuple(words)
    return ()


def _is_entity_id(hass: HomeAssistant, word: str) -> bool:
    if not (found := _ENTITY_ID.fullmatch(word)):
        return False
    domain, object_id = found.groups()
    if object_id in _FILE_ENDINGS or domain not in _ENTITY_DOMAINS:
        return hass.states.get(word) is not None
    return True


def checked_entity_ids(
    hass: HomeAssistant, assistant: str, argument: str, value: Any
) -> set[str]:
    """Return the entity ids in a value that no selector vouches for.

    Raises ToolError if one of them is not exposed.
    """
    found: set[str] = set()
    for text in texts(value):
        for entity_id in entity_ids_in(hass, text):
            if not is_exposed(hass, assistant, entity_id):
                raise ToolError(f"{argument}: {entity_id} is not exposed to you.")
            found.add(entity_id)
    return found


def without_hidden(hass: HomeAssistant, assistant: str, answer: Any) -> Any:
    """Return a service's answer without the listed things that are hidden entities.

    Media sources list every camera and image of the home, for one.
    """
    if isinstance(answer, Mapping):
        return {k: without_hidden(hass, assistant, v) for k, v in answer.items()}
    if isinstance(answer, list):
        return [
            without_hidden(hass, assistant, item)
            for item in answer
            if not _is_hidden(hass, assistant, item)
        ]
    return answer


def _is_hidden(hass: HomeAssistant, assistant: str, item: Any) -> bool:
    if not isinstance(item, Mapping):
        return False
    return any(
        hass.states.get(entity_id) and not is_exposed(hass, assistant, entity_id)
        for key in _NAMES_ENTITY
        for text in texts(item.get(key))
        for entity_id in entity_ids_in(hass, text)
    )
