"""The tools that a request offers, as a model reads them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
import re
from typing import Any, Self

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True, slots=True)
class OfferedTool:
    """A tool: its name, the words in it, what it says of itself and what it takes."""

    name: str
    words: frozenset[str]
    description: str
    properties: dict[str, dict[str, Any]]
    required: tuple[str, ...]

    @classmethod
    def read(cls, tool: dict[str, Any]) -> Self:
        """Read an entry of a request's `tools`."""
        function = tool["function"]
        schema = function.get("parameters") or {}
        words = {word.lower() for word in _WORD.findall(function["name"])} - {"hass"}
        return cls(
            function["name"],
            frozenset(words),
            function.get("description") or "",
            schema.get("properties") or {},
            tuple(schema.get("required") or ()),
        )

    @property
    def prefix(self) -> str:
        """The domain before the name's double underscore, empty without."""
        return self.name.partition("__")[0] if "__" in self.name else ""

    def choices(self, key: str) -> list[str]:
        """Return the values that a parameter allows, empty if it allows any."""
        return [str(value) for value in enum_of(self.properties.get(key, {}))]

    def first_of(self, keys: Iterable[str]) -> str | None:
        """Return the first of these parameters that the tool has."""
        return next((key for key in keys if key in self.properties), None)

    def value(self, key: str, value: Any) -> Any:
        """Return a value as a parameter's schema wants it: alone or in a list."""
        types = set(_types(self.properties.get(key, {})))
        if "array" in types and "string" not in types and not isinstance(value, list):
            return [value]
        return value

    def scaled(self, key: str, percent: float) -> float:
        """Return a percentage on the scale of a parameter, by its maximum."""
        top = next(_values(self.properties.get(key, {}), "maximum"), 100)
        number = percent * top / 100
        return round(number, 2) if top <= 1 else round(number)


@dataclass(frozen=True, slots=True)
class Toolset:
    """All that is offered."""

    tools: tuple[OfferedTool, ...]

    @classmethod
    def read(cls, request: dict[str, Any]) -> Self:
        """Read a request's tools."""
        return cls(tuple(OfferedTool.read(tool) for tool in request.get("tools") or ()))

    def named(self, name: str) -> OfferedTool | None:
        """Return the tool of this very name."""
        return next((tool for tool in self.tools if tool.name == name), None)

    def find(
        self,
        *wanted: str,
        domain: str | None = None,
        takes: Iterable[str] = (),
        but: Iterable[str] = (),
    ) -> OfferedTool | None:
        """Return the tool that fits best.

        Each of `wanted` is words that its name must all have, better first; or, after
        a `~`, text that its description must have. `takes` names parameters of which
        it must have one, `domain` what kind of thing it is for. A tool whose name has
        a word of `but` is another one.
        """
        for words in wanted:
            fitting = [
                tool
                for tool in self.tools
                if _fits(tool, words)
                and not tool.words.intersection(but)
                and (not takes or tool.first_of(takes))
                and _is_for(tool, domain)
            ]
            if fitting:
                # The kind's own tool before a general one, then the plainest name.
                return min(fitting, key=lambda t: (t.prefix != domain, len(t.words)))
        return None


def enum_of(schema: dict[str, Any]) -> list[Any]:
    """Return the values that a schema allows, wherever in it they stand."""
    return next(_values(schema, "enum"), [])


def _fits(tool: OfferedTool, wanted: str) -> bool:
    if wanted.startswith("~"):
        return wanted[1:] in tool.description.lower()
    return set(wanted.split()) <= tool.words


def _is_for(tool: OfferedTool, domain: str | None) -> bool:
    """Tell whether a tool can be for this kind of thing."""
    if domain is None or tool.prefix in ("", "intent", "homeassistant", domain):
        kinds = tool.choices("domain")
        return domain is None or not kinds or domain in kinds
    return False


def _types(schema: dict[str, Any]) -> Iterator[str]:
    for value in _values(schema, "type"):
        yield from value if isinstance(value, list) else [value]


def _values(schema: dict[str, Any], key: str) -> Iterator[Any]:
    if key in schema:
        yield schema[key]
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _values(part, key)
    if key == "enum" and isinstance(schema.get("items"), dict):
        yield from _values(schema["items"], key)
