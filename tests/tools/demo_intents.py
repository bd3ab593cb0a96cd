"""Core's own intent tools, and lights of the demo home that can be slowed or broken."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent, llm
from homeassistant.helpers.entity import Entity
import pytest


def intent_tool(hass: HomeAssistant, intent_type: str, **kwargs: Any) -> llm.IntentTool:
    """Return the tool of an intent, as core makes it."""
    handler = next(h for h in intent.async_get(hass) if h.intent_type == intent_type)
    return llm.IntentTool(
        intent_type,
        handler,
        integration="intent",
        annotations=llm.ToolAnnotations(open_world=False, **kwargs),
    )


def demo_entity(hass: HomeAssistant, entity_id: str) -> Entity:
    """Return an entity of the demo home."""
    entity = hass.data[entity_id.partition(".")[0]].get_entity(entity_id)
    assert entity
    return entity


def hold(
    monkeypatch: pytest.MonkeyPatch,
    entity: Entity,
    method: str,
    error: Exception | None = None,
) -> asyncio.Event:
    """Let an entity's method wait for the event that is returned, then raise or act."""
    gate = asyncio.Event()
    original = getattr(entity, method)

    async def held(**kwargs: Any) -> None:
        await gate.wait()
        if error:
            raise error
        await original(**kwargs)

    monkeypatch.setattr(entity, method, held)
    return gate


def break_down(
    monkeypatch: pytest.MonkeyPatch, entity: Entity, method: str, error: Exception
) -> None:
    """Let an entity's method raise at once."""

    async def broken(**kwargs: Any) -> None:
        raise error

    monkeypatch.setattr(entity, method, broken)
