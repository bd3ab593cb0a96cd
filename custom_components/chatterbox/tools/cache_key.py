"""What tells one cached result from another."""

from dataclasses import dataclass
import json
from typing import Any, Self

from homeassistant.helpers.json import json_dumps_sorted


@dataclass(frozen=True, slots=True)
class CacheKey:
    """The question that a cached result answers."""

    tool: str
    args: str
    """JSON of the arguments with sorted keys."""
    scope: str = ""
    """JSON of what else the answer depends on: who asks, where, in which language."""

    @classmethod
    def of(cls, tool: str, args: Any, scope: dict[str, str] | None = None) -> Self:
        """Return the key of a call.

        Raises TypeError if the arguments are not JSON.
        """
        return cls(
            tool, json_dumps_sorted(args), json_dumps_sorted(scope) if scope else ""
        )

    @property
    def arguments(self) -> Any:
        """Return the arguments, read back from their JSON."""
        return json.loads(self.args)

    def __str__(self) -> str:
        """Return the key as the log shows it."""
        return f"{self.tool} {self.args}"
