"""Who depends on what, and what is being written."""

from collections import Counter
from collections.abc import Iterable
from math import inf

from .footprint import WHOLE_HOME


def widened(resource: str) -> tuple[str, ...]:
    """Return the resource and every other that contains it."""
    if resource == WHOLE_HOME:
        return (resource,)
    domain, dot, name = resource.partition(".")
    if dot and name != "*" and ":" not in domain:
        return (resource, f"{domain}.*", WHOLE_HOME)
    return (resource, WHOLE_HOME)


class Dependants[T]:
    """An index of what depends on each resource."""

    def __init__(self) -> None:
        """Start empty."""
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
        if resource == WHOLE_HOME:
            return set().union(*self._by_resource.values())
        found: set[T] = set()
        for wide in widened(resource):
            found |= self._by_resource.get(wide, set())
        if resource.endswith(".*"):
            domain = resource[:-1]
            for part, dependants in self._by_resource.items():
                if part.startswith(domain):
                    found |= dependants
        return found

    def has(self, entity_id: str) -> bool:
        """Return whether anything depends on an entity. Asked for every state change."""
        known = self._by_resource
        return (
            entity_id in known
            or WHOLE_HOME in known
            or f"{entity_id.partition('.')[0]}.*" in known
        )


class Holds:
    """Resources that are being written, or may still be."""

    def __init__(self) -> None:
        """Start with nothing held."""
        self._writes: Counter[str] = Counter()
        self._until: dict[str, float] = {}

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

    def on(self, reads: frozenset[str], now: float) -> bool:
        """Return whether any resource that is read is held."""
        held = [resource for resource, until in self._until.items() if until > now]
        held += self._writes
        if not held:
            return False
        containing = {wide for resource in reads for wide in widened(resource)}
        return any(
            resource in containing or not reads.isdisjoint(widened(resource))
            for resource in held
        )
