"""How far a read and a write reach, as resources.

Beside those of a footprint, the cache knows ``platform:<integration>`` (every entity
that the integration provides), ``service:<domain>.<service>``, ``person:<user id>``,
``exposure`` and ``registry``.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from homeassistant.const import (
    ATTR_AREA_ID,
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    ATTR_FLOOR_ID,
    ATTR_LABEL_ID,
    ENTITY_MATCH_ALL,
)
from homeassistant.core import (
    DOMAIN as HOMEASSISTANT_DOMAIN,
    HomeAssistant,
    valid_entity_id,
)
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)

from .footprint import WHOLE_HOME

INTEGRATION: Final = "integration:"
EXPOSURE: Final = "exposure"
REGISTRY: Final = "registry"
_ANY_PLATFORM: Final = "platform:*"
_TARGET_KEYS: Final = (
    ATTR_ENTITY_ID,
    ATTR_DEVICE_ID,
    ATTR_AREA_ID,
    ATTR_FLOOR_ID,
    ATTR_LABEL_ID,
)


def person(user_id: str) -> str:
    """Return the resource that stands for what a person may do."""
    return f"person:{user_id}"


def service(domain: str, name: str) -> str:
    """Return the resource that stands for a service's description."""
    return f"service:{domain}.{name}"


def reach_of_read(hass: HomeAssistant, reads: Iterable[str]) -> frozenset[str]:
    """Return all on which the result of such a read depends."""
    reach = set(reads)
    for resource in reads:
        if valid_entity_id(resource):
            if integration := _integration_of(hass, resource):
                reach.add(f"platform:{integration}")
        elif resource == WHOLE_HOME or resource.endswith(".*"):
            reach.add(_ANY_PLATFORM)
    return frozenset(reach)


def reach_of_write(hass: HomeAssistant, writes: Iterable[str]) -> set[str]:
    """Return all that such a write may change.

    An integration may change each of its entities, and a change of an entity shows in
    what its integration answers by services without a target.
    """
    reach = set(writes)
    for resource in writes:
        if resource.startswith(INTEGRATION):
            name = resource.removeprefix(INTEGRATION)
            reach |= {f"{name}.*", f"platform:{name}", _ANY_PLATFORM}
        elif valid_entity_id(resource) and (
            integration := _integration_of(hass, resource)
        ):
            reach.add(f"{INTEGRATION}{integration}")
    return reach


def reach_of_service(
    hass: HomeAssistant, domain: str, data: Mapping[str, Any]
) -> set[str]:
    """Return all that a call of a writing service may change.

    `data` is the service data as the event has it, before any validation.
    """
    if (targets := _targets(hass, data)) is None:
        return {WHOLE_HOME}
    own = f"{INTEGRATION}{domain}"
    if targets:
        return reach_of_write(hass, targets) | {own}
    return reach_of_write(hass, {WHOLE_HOME if domain == HOMEASSISTANT_DOMAIN else own})


def _targets(hass: HomeAssistant, data: Mapping[str, Any]) -> set[str] | None:
    """Return the targeted entities; None if they cannot be told."""
    selection = {key: ids for key in _TARGET_KEYS if (ids := _ids(data.get(key)))}
    if not selection:
        return set()
    if ENTITY_MATCH_ALL in selection.get(ATTR_ENTITY_ID, ()):
        return None
    registry = er.async_get(hass)
    resolved = [
        er.async_resolve_entity_id(registry, entity_id)
        for entity_id in selection.pop(ATTR_ENTITY_ID, ())
    ]
    if None in resolved:
        return None
    selected = async_extract_referenced_entity_ids(
        hass,
        TargetSelection({**selection, ATTR_ENTITY_ID: resolved}),
        primary_entities_only=False,
    )
    return selected.referenced | selected.indirectly_referenced


def _ids(value: Any) -> list[str]:
    """Return ids however a caller wrote them: one, several, or with commas."""
    values = value if isinstance(value, list | tuple | set) else [value]
    return [
        part.strip().lower()
        for text in values
        if isinstance(text, str)
        for part in text.split(",")
        if part.strip()
    ]


def _integration_of(hass: HomeAssistant, entity_id: str) -> str | None:
    """Return the integration that provides an entity."""
    entry = er.async_get(hass).async_get(entity_id)
    return entry.platform if entry else None
