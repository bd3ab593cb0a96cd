"""Finding a tool by the name that a model gives it."""

from collections import Counter
from collections.abc import Iterable
import difflib

from homeassistant.helpers import llm


class ToolNames:
    """Tools by their names; models drop or invent what stands before `__`."""

    def __init__(self, tools: Iterable[llm.Tool]) -> None:
        self._by_name = {tool.name: tool for tool in tools}
        bare = Counter(map(_bare, self._by_name))
        self._by_bare_name = {
            _bare(name): tool
            for name, tool in self._by_name.items()
            if bare[_bare(name)] == 1
        }

    def __getitem__(self, name: str) -> llm.Tool:
        return self._by_name[name]

    def find(self, name: str) -> llm.Tool | None:
        """Return the tool that is meant, if there is one."""
        return self._by_name.get(name) or self._by_bare_name.get(_bare(name))

    def unknown(self, name: str) -> str:
        """Say that there is no such tool, and which come closest."""
        bare = {_bare(known): known for known in self._by_name}
        close = difflib.get_close_matches(_bare(name), bare, n=3, cutoff=0.5)
        if not close:
            return f"There is no tool named {name}."
        names = ", ".join(bare[match] for match in close)
        return f"There is no tool named {name}. The closest are: {names}."


def _bare(name: str) -> str:
    return name.rpartition("__")[2].casefold()
