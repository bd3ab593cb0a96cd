"""What a tool call touches."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

WHOLE_HOME: Final = "*"
_ALL: Final = ".*"
_INTEGRATION: Final = "integration:"
UNDECLARED: Final = "?"
"""What a tool that declares nothing may act on: conflicts with all but its like."""
_UNDECLARED_ALONE: Final = frozenset({UNDECLARED})
_KEEPS_TO: Final = "only:"
VOICE_TIMERS: Final = "timers"
"""The timers of all satellites: a satellite may cancel another's."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """The resources that a call reads and those that it writes.

    An entity id, a domain (``light.*``), an integration (``integration:mcp``), another
    thing (``timers``), or the whole home (``*``).
    """

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()


def all_of_domain(domain: str) -> str:
    """Return the resource of every entity of a domain."""
    return domain + _ALL


def of_integration(integration: str) -> str:
    """Return the resource of an integration."""
    return _INTEGRATION + integration


def keeps_to(integration: str) -> str:
    """Return what marks a tool that touches nothing but its integration."""
    return _KEEPS_TO + integration


def and_also(resources: frozenset[str], found: frozenset[str]) -> frozenset[str]:
    """Return the resources of a tool that turned out to touch more."""
    return found | {each for each in resources if not each.startswith(_KEEPS_TO)}


def integration_in(resource: str) -> str | None:
    """Return the integration that a resource is, None if it is another thing."""
    name = resource.removeprefix(_INTEGRATION)
    return None if name == resource else name


def holds_many(resource: str) -> bool:
    """Return if a resource is a whole domain or the whole home."""
    return resource == WHOLE_HOME or resource.endswith(_ALL)


def is_entity(resource: str) -> bool:
    """Return if a resource is one entity."""
    domain, dot, _ = resource.partition(".")
    return bool(dot) and ":" not in domain and not resource.endswith(_ALL)


def widened(resource: str) -> tuple[str, ...]:
    """Return the resource and every other that contains it."""
    if resource == WHOLE_HOME:
        return (resource,)
    if is_entity(resource):
        return (resource, all_of_domain(resource.partition(".")[0]), WHOLE_HOME)
    return (resource, WHOLE_HOME)


def overlap(first: frozenset[str], second: frozenset[str]) -> bool:
    """Return if two sets of resources have something in common."""
    if not first or not second:
        return False
    if WHOLE_HOME in first or WHOLE_HOME in second:
        return True
    if (UNDECLARED in first or UNDECLARED in second) and (
        _touches_home(first) or _touches_home(second)
    ):
        return True
    if not first.isdisjoint(second) and first & second != _UNDECLARED_ALONE:
        return True
    return _covers(first, second) or _covers(second, first)


@lru_cache(maxsize=512)
def _touches_home(resources: frozenset[str]) -> bool:
    if any(resource.startswith(_KEEPS_TO) for resource in resources):
        return False
    return any(
        resource != UNDECLARED and integration_in(resource) is None
        for resource in resources
    )


def _covers(wide: frozenset[str], narrow: frozenset[str]) -> bool:
    domains = _domains(wide)
    return bool(domains) and any(name.startswith(domains) for name in narrow)


@lru_cache(maxsize=512)
def _domains(resources: frozenset[str]) -> tuple[str, ...]:
    return tuple(name[:-1] for name in resources if name.endswith(_ALL))


def conflict(first: Footprint, second: Footprint) -> bool:
    """Return if the order of two calls matters: one writes what the other touches."""
    return (
        overlap(first.writes, second.writes)
        or overlap(first.writes, second.reads)
        or overlap(first.reads, second.writes)
    )
