"""What a tool call touches."""

from dataclasses import dataclass
from typing import Final

WHOLE_HOME: Final = "*"


@dataclass(frozen=True, slots=True)
class Footprint:
    """The resources that a call reads and those that it writes.

    A resource is an entity id (``light.kitchen``), every entity of a domain
    (``light.*``), an integration (``integration:mcp``), another thing that calls
    act on (``timer:<device id>``), or the whole home (``*``).
    """

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
