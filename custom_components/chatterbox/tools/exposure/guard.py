"""What neither argument nor answer may carry: templates, ids of what is not exposed."""

from collections.abc import Mapping
import re
from typing import Any, Final

from homeassistant.core import HomeAssistant

from ..calls import ToolError
from .exposed import is_exposed
from .groups import members_of_user_group
from .text_references import entity_ids_in, refuse_addresses, texts

_TEMPLATE: Final = re.compile(r"\{\{|\{%|\{#")

_NAMES_ENTITY: Final = ("entity_id", "media_content_id", "thumbnail")
"""Where a thing in an answer's list says which entity it is."""


def refuse_templates(argument: str, value: Any) -> None:
    """Raise ToolError if there is template text, which services render, in a value."""
    for text in texts(value):
        if _TEMPLATE.search(text):
            raise ToolError(
                f"{argument}: templates ({{{{ }}}}, {{% %}}, {{# #}}) are not "
                "accepted. Give the value itself."
            )


def checked_entity_ids(
    hass: HomeAssistant, assistant: str, argument: str, value: Any
) -> set[str]:
    """Return the entity ids in a free value. Raises ToolError if any is hidden."""
    found: set[str] = set()
    for text in texts(value):
        for entity_id in entity_ids_in(hass, text):
            found |= whole(hass, assistant, argument, entity_id)
        refuse_addresses(hass, argument, text)
    return found


def whole(
    hass: HomeAssistant, assistant: str, argument: str, entity_id: str
) -> set[str]:
    """Return an exposed entity and all it stands for. Raises ToolError if some is not."""
    if not is_exposed(hass, assistant, entity_id):
        raise ToolError(f"{argument}: {entity_id} is not exposed to you.")
    inside = members_of_user_group(hass, entity_id)
    exposed = {member for member in inside if is_exposed(hass, assistant, member)}
    if inside - exposed:
        known = f" Name what is: {', '.join(sorted(exposed))}." if exposed else ""
        raise ToolError(f"{argument}: not all of {entity_id} is exposed to you.{known}")
    return {entity_id, *inside}


def without_hidden(hass: HomeAssistant, assistant: str, answer: Any) -> Any:
    """Return a service's answer without the listed things that are hidden entities."""
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
