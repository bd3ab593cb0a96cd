"""Who depends on what, and what is being written.

Beside a footprint's resources: ``platform:<integration>``, ``exposure``, ``registry``,
``service:<domain>.<service>`` and ``person:<user id>``.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import Any, Final

from homeassistant.const import ATTR_ENTITY_ID, ENTITY_MATCH_ALL
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

from ..resources import (
    WHOLE_HOME,
    all_of_domain,
    holds_many,
    integration_in,
    of_integration,
    widened,
)
from ..target_keys import SELECTION_KEYS

EXPOSURE: Final = "exposure"
REGISTRY: Final = "registry"
_ANY_PLATFORM: Final = "platform:*"


class Dependencies[T]:
    """An index of what depends on each resource."""

    def __init__(self) -> None:
        self._by_resource: dict[str, set[T]] = {}

    def add(self, dependant: T, resources: Iterable[str]) -> None:
        """Let something depend on the resources."""
        for resource in resources:
            self._by_resource.setdefault(resource, set()).add(dependant)

    def remove(self, dependant: T, resources: Iterable[str]) -> None:
        """Let it depend on them no longer."""
        for resource in resources:
            if dependants := self._by_resource.get(resource):
                dependants.discard(dependant)
                if not dependants:
                    del self._by_resource[resource]

    def of(self, resource: str) -> set[T]:
        """Return what depends on the resource, on what contains it, or on its parts."""
        found: set[T] = set()
        for wide in widened(resource):
            found |= self._by_resource.get(wide, set())
        if holds_many(resource):
            for part, dependants in self._by_resource.items():
                if resource in widened(part):
                    found |= dependants
        return found

    def has(self, entity_id: str) -> bool:
        """Return whether anything depends on an entity. Asked for every state change."""
        return not self._by_resource.keys().isdisjoint(widened(entity_id))


class Holds:
    """Resources that are being written, or may still be."""

    def __init__(self) -> None:
        self._writes: Counter[str] = Counter()
        self._until: dict[str, float] = {}
        self._running: list[tuple[frozenset[str], Callable[[], bool]]] = []

    def write_began(self, resources: Iterable[str]) -> None:
        """Hold the resources until as many writes have ended as began."""
        self._writes.update(resources)

    def write_ended(self, resources: Iterable[str]) -> None:
        """Let go of what no other write holds."""
        for resource in resources:
            if self._writes[resource] <= 1:
                del self._writes[resource]
            else:
                self._writes[resource] -= 1

    def hold(self, resources: Iterable[str], now: float, seconds: float) -> None:
        """Hold the resources for some seconds from now."""
        self._until = {
            resource: until for resource, until in self._until.items() if until > now
        }
        for resource in resources:
            self._until[resource] = max(self._until.get(resource, -inf), now + seconds)

    def while_running(self, resources: Iterable[str], runs: Callable[[], bool]) -> None:
        """Hold the resources for as long as something runs."""
        # A home may act for days with nothing that is read.
        self._forget_ended()
        self._running.append((frozenset(resources), runs))

    def on(self, reads: frozenset[str], now: float) -> bool:
        """Return whether any resource that is read is held."""
        held = [resource for resource, until in self._until.items() if until > now]
        held += self._writes
        self._forget_ended()
        held += (resource for resources, _ in self._running for resource in resources)
        if not held:
            return False
        containing = {wide for resource in reads for wide in widened(resource)}
        return any(
            resource in containing or not reads.isdisjoint(widened(resource))
            for resource in held
        )

    def _forget_ended(self) -> None:
        self._running = [each for each in self._running if each[1]()]


def person(user_id: str) -> str:
    """Return the resource that stands for what a person may do."""
    return f"person:{user_id}"


def service(domain: str, name: str) -> str:
    """Return the resource that stands for a service's description."""
    return f"service:{domain}.{name}"


def dependencies_of_read(hass: HomeAssistant, reads: Iterable[str]) -> frozenset[str]:
    """Return all on which the result of such a read depends."""
    reach = set(reads)
    for resource in reads:
        if valid_entity_id(resource):
            if integration := _integration_of(hass, resource):
                reach.add(f"platform:{integration}")
        elif holds_many(resource):
            reach.add(_ANY_PLATFORM)
    return frozenset(reach)


def affected_by_write(hass: HomeAssistant, writes: Iterable[str]) -> set[str]:
    """Return all that such a write may change, what integrations answer included."""
    reach = set(writes)
    for resource in writes:
        if name := integration_in(resource):
            reach |= {all_of_domain(name), f"platform:{name}", _ANY_PLATFORM}
        elif valid_entity_id(resource) and (
            integration := _integration_of(hass, resource)
        ):
            reach.add(of_integration(integration))
    return reach


def affected_by_service(
    hass: HomeAssistant, domain: str, data: Mapping[str, Any]
) -> set[str]:
    """Return all that a writing service may change; `data` is as the event has it."""
    if (targets := _targets(hass, data)) is None:
        return {WHOLE_HOME}
    own = of_integration(domain)
    if targets:
        return affected_by_write(hass, targets) | {own}
    return affected_by_write(
        hass, {WHOLE_HOME if domain == HOMEASSISTANT_DOMAIN else own}
    )


def _targets(hass: HomeAssistant, data: Mapping[str, Any]) -> set[str] | None:
    selection = {key: ids for key in SELECTION_KEYS if (ids := _ids(data.get(key)))}
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
    entry = er.async_get(hass).async_get(entity_id)
    return entry.platform if entry else None
