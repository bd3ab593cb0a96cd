"""Files that go with what is said, as a model gets them."""

import base64
from pathlib import Path
from typing import Final

from homeassistant.components import conversation
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..const import DOMAIN
from ..providers.base import Attachment

TAKEN: Final = frozenset(
    {"image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf"}
)
"""Kinds of files that models take."""
MAX_BYTES: Final = 15 * 2**20
"""Of one file; services refuse requests of 20 to 32 MiB, and Base64 makes a third more."""


async def async_read_attachments(
    hass: HomeAssistant, chat_log: conversation.ChatLog
) -> tuple[Attachment, ...]:
    """Return the files that go with what was last said. Raises HomeAssistantError."""
    last = chat_log.content[-1]
    if not isinstance(last, conversation.UserContent) or not last.attachments:
        return ()
    return await hass.async_add_executor_job(_read_all, last.attachments)


def _read_all(attachments: list[conversation.Attachment]) -> tuple[Attachment, ...]:
    return tuple(_read(each.path, each.mime_type) for each in attachments)


def _read(path: Path, mime_type: str) -> Attachment:
    kind = "image/jpeg" if mime_type == "image/jpg" else mime_type
    if kind not in TAKEN:
        raise _cannot("attachment_kind", path, kind)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _cannot("attachment_size", path, f"{MAX_BYTES // 2**20} MiB")
        data = path.read_bytes()
    except OSError as err:
        raise _cannot("attachment_gone", path, str(err.strerror)) from err
    return Attachment(kind, path.name, base64.b64encode(data).decode())


def _cannot(key: str, path: Path, why: str) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"name": path.name, "why": why},
    )
