"""How a service behaves, where Home Assistant declares too little of it."""

from collections.abc import Mapping
from typing import Final

from homeassistant.core import SupportsResponse
from homeassistant.helpers.llm import ToolAnnotations

_ANSWERS: Final = ToolAnnotations(
    read_only=True, destructive=False, idempotent=True, open_world=True
)
_WRITES: Final = ToolAnnotations()
_SETS: Final = ToolAnnotations(destructive=False, idempotent=True)
_ADDS: Final = ToolAnnotations(destructive=False)

EXCEPTIONS: Final[Mapping[str, tuple[ToolAnnotations, str]]] = {
    # Only answer by what they declare, yet they change something.
    "ai_task.generate_data": (_WRITES, "asks another model, which may call tools"),
    "ai_task.generate_image": (_WRITES, "stores an image"),
    "assist_satellite.ask_question": (_WRITES, "speaks, and waits for someone"),
    "matter.set_lock_credential": (_WRITES, "changes who can open a lock"),
    "overseerr.request_media": (_WRITES, "files a request"),
    "system_bridge.open_path": (_WRITES, "acts on a computer"),
    "system_bridge.open_url": (_WRITES, "acts on a computer"),
    "system_bridge.power_command": (_WRITES, "acts on a computer"),
    "system_bridge.send_keypress": (_WRITES, "acts on a computer"),
    "system_bridge.send_text": (_WRITES, "acts on a computer"),
    "zwave_js.set_credential": (_WRITES, "changes who can open a lock"),
    "zwave_js.set_user": (_WRITES, "changes who can open a lock"),
    # Less than the least safe case by what they declare.
    "homeassistant.update_entity": (_SETS, "asks devices for their state"),
    "assist_satellite.announce": (_ADDS, "speaks, changes nothing"),
    "tts.speak": (_ADDS, "speaks, changes nothing"),
    "todo.add_item": (_ADDS, "adds, removes nothing"),
    "calendar.create_event": (_ADDS, "adds, removes nothing"),
    "notify.send_message": (_ADDS, "tells someone, changes nothing"),
}
"""Services whose `SupportsResponse` says too little of them, and what they do."""


def annotations_of(service: str, answers: SupportsResponse) -> ToolAnnotations:
    """Return how a service behaves: read-only if all it does is answer, but for `EXCEPTIONS`."""
    if service in EXCEPTIONS:
        return EXCEPTIONS[service][0]
    return _ANSWERS if answers is SupportsResponse.ONLY else _WRITES
