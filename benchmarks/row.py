"""A row of the bench: what is measured, and how much of it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from .report import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How much is measured."""

    smoke: bool = False
    """Whether it is only to be seen that the row still runs."""
    url: str | None = None
    """A real model server, with /v1, for the rows that need one."""
    model: str | None = None

    def rounds(self, full: int) -> int:
        """Return how often something is measured."""
        return 1 if self.smoke else full

    def sizes(self, *full: int) -> tuple[int, ...]:
        """Return the sizes that are measured, the smallest only in a smoke run."""
        return full[:1] if self.smoke else full


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row."""

    title: str
    measure: Callable[[Settings], AsyncIterator[Line]]
    needs: tuple[str, ...] = ()
    """Packages without which it is left out."""
    needs_model: bool = False
    """Whether it asks a real model server."""
