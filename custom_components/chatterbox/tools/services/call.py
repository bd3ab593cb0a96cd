"""A call of a service, with all names in it resolved."""

from dataclasses import dataclass
from typing import Any

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.helpers import llm


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """A call with nothing left to resolve: what runs if it runs."""

    domain: str
    service: str
    data: dict[str, Any]
    """Validated, without the target."""
    entity_ids: tuple[str, ...] | None
    """Sorted; None if the service has no target."""
    referenced: tuple[str, ...]
    """Entity ids inside the data, sorted."""

    @property
    def service_data(self) -> dict[str, Any]:
        """Return the data with the target, as the service takes it."""
        if self.entity_ids is None:
            return dict(self.data)
        return {**self.data, ATTR_ENTITY_ID: list(self.entity_ids)}


@dataclass(slots=True)
class ResolvedInput(llm.ToolInput):
    """A call of a service's tool that carries what it was resolved to."""

    resolved: ServiceCall | None = None
