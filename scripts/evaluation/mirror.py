"""A running Home Assistant's exposed entities, mirrored where nothing can act.

What is mirrored are states and names: a service finds no device behind them.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    entity_registry as er,
    floor_registry as fr,
)
from homeassistant.setup import async_setup_component

from .entities import PLATFORM
from .home import EvaluationFileError, Home
from .jobs import ServerLostError
from .world import fresh_home

_COMMANDS: Final = {
    "states": "get_states",
    "exposed": "homeassistant/expose_entity/list",
    "entities": "config/entity_registry/list",
    "devices": "config/device_registry/list",
    "areas": "config/area_registry/list",
    "floors": "config/floor_registry/list",
    "config": "get_config",
}
_LIMIT: Final = 64 * 2**20
"""Bytes of an answer of Home Assistant's."""


@dataclass(frozen=True, slots=True)
class Mirrored:
    """An entity of the running home."""

    entity_id: str
    state: str
    attributes: dict[str, Any]
    area: str | None
    floor: str | None
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is exposed to Assist in a running home, and its language."""

    entities: tuple[Mirrored, ...]
    language: str


async def read_facts(url: str, token: str) -> Facts:
    """Ask a running Home Assistant; nothing is changed there.

    Raises ServerLostError if it cannot be asked, EvaluationFileError if it refuses.
    """
    address = f"{url.rstrip('/')}/api/websocket"
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(address, max_msg_size=_LIMIT, timeout=_timeout()) as ws,
        ):
            await ws.receive_json()
            await ws.send_json({"type": "auth", "access_token": token})
            if (await ws.receive_json()).get("type") != "auth_ok":
                raise EvaluationFileError(f"{url} does not accept the token")
            found = {
                name: await _ask(ws, number, command)
                for number, (name, command) in enumerate(_COMMANDS.items(), 1)
            }
    except (aiohttp.ClientError, OSError, TypeError, ValueError) as err:
        raise ServerLostError(f"{address}: {err}") from err
    return _facts(found)


def _timeout() -> aiohttp.ClientWSTimeout:
    return aiohttp.ClientWSTimeout(ws_receive=60)


async def _ask(ws: aiohttp.ClientWebSocketResponse, number: int, command: str) -> Any:
    await ws.send_json({"id": number, "type": command})
    answer = await ws.receive_json()
    if not answer.get("success"):
        error = answer.get("error", {}).get("message", "no answer")
        raise EvaluationFileError(f"Home Assistant refuses {command}: {error}")
    return answer["result"]


def _facts(found: dict[str, Any]) -> Facts:
    exposed = {
        entity_id
        for entity_id, assistants in found["exposed"]["exposed_entities"].items()
        if assistants.get("conversation")
    }
    registry = {entry["entity_id"]: entry for entry in found["entities"]}
    devices = {device["id"]: device.get("area_id") for device in found["devices"]}
    areas = {area["area_id"]: area for area in found["areas"]}
    floors = {floor["floor_id"]: floor["name"] for floor in found["floors"]}
    entities = []
    for state in found["states"]:
        if state["entity_id"] not in exposed:
            continue
        entry = registry.get(state["entity_id"], {})
        area_id = entry.get("area_id") or devices.get(entry.get("device_id"))
        area = areas.get(area_id, {})
        entities.append(
            Mirrored(
                state["entity_id"],
                state["state"],
                state["attributes"],
                area.get("name"),
                floors.get(area.get("floor_id")),
                tuple(alias for alias in entry.get("aliases") or () if alias),
            )
        )
    return Facts(tuple(entities), found["config"].get("language") or "en")


@asynccontextmanager
async def mirrored_home(facts: Facts) -> AsyncIterator[HomeAssistant]:
    """Give a Home Assistant that has these entities, with no devices behind them."""
    empty = Home("mirror", (), (), ())
    async with fresh_home(empty, facts.language) as hass:
        for domain in sorted({e.entity_id.partition(".")[0] for e in facts.entities}):
            # One that cannot be set up without a configuration is only read.
            with suppress(Exception):
                await async_setup_component(hass, domain, {})
        await hass.async_block_till_done()
        for entity in facts.entities:
            _put(hass, entity)
        yield hass


def _put(hass: HomeAssistant, entity: Mirrored) -> None:
    domain, _, object_id = entity.entity_id.partition(".")
    registry = er.async_get(hass)
    registry.async_get_or_create(
        domain,
        PLATFORM,
        entity.entity_id,
        suggested_object_id=object_id,
        original_name=entity.attributes.get("friendly_name"),
    )
    registry.async_update_entity(
        entity.entity_id,
        area_id=_area(hass, entity) if entity.area else None,
        aliases=[er.COMPUTED_NAME, *entity.aliases],
    )
    hass.states.async_set(entity.entity_id, entity.state, entity.attributes)
    async_expose_entity(hass, "conversation", entity.entity_id, True)


def _area(hass: HomeAssistant, entity: Mirrored) -> str:
    areas, floors = ar.async_get(hass), fr.async_get(hass)
    assert entity.area
    area = areas.async_get_or_create(entity.area)
    if entity.floor and area.floor_id is None:
        floor = floors.async_get_floor_by_name(entity.floor)
        floor = floor or floors.async_create(entity.floor)
        areas.async_update(area.id, floor_id=floor.floor_id)
    return area.id
