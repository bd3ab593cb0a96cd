"""What a value that a model wrote stands for: calls, or none."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
import json
import re
from typing import Any, Final

_NAMES: Final = ("name", "tool_name", "tool", "function")
_ARGUMENTS: Final = ("arguments", "parameters", "args", "input", "tool_input")
_LISTS: Final = frozenset({"tool_calls", "function_calls", "calls"})
_BESIDE: Final = frozenset({"type", "id", "call_id"})
_MOST_PYTHON: Final = 8 * 2**10
"""Characters that are parsed as Python; its parser takes more time than JSON's."""
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}
_TOKENS: Final = re.compile(r"""[()\[\]{}'"\\]""")


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """A call that was found in the text."""

    name: str
    arguments: Any


type Resolve = Callable[[str], str | None]


def read_value(text: str, start: int) -> tuple[Any, int]:
    """Return the literal there, and its end. Raises ValueError, RecursionError."""
    try:
        return json.JSONDecoder().raw_decode(text, start)
    except ValueError:
        if (end := balanced(text, start, _MOST_PYTHON)) is None:
            raise
    try:
        return ast.literal_eval(text[start:end]), end
    except (SyntaxError, MemoryError, TypeError) as err:
        raise ValueError(str(err)) from err


def calls_in(value: Any, resolve: Resolve) -> list[WrittenCall]:
    """Return the calls that a value stands for; none unless all of it are calls."""
    if isinstance(value, dict) and len(value) == 1 and _LISTS & value.keys():
        value = next(iter(value.values()))
    values = value if isinstance(value, list) else [value]
    found = [_call(item, resolve) for item in values]
    return [call for call in found if call] if all(found) else []


def _call(value: Any, resolve: Resolve) -> WrittenCall | None:
    if not isinstance(value, dict):
        return None
    if isinstance(inner := value.get("function"), dict):
        return None if value.keys() - {"function"} - _BESIDE else _call(inner, resolve)
    name_key = next((key for key in _NAMES if key in value), None)
    key = next((key for key in _ARGUMENTS if key in value), None)
    name = value[name_key] if name_key else None
    if not isinstance(name, str) or value.keys() - {name_key, key} - _BESIDE:
        return None
    tool = resolve(name)
    return WrittenCall(tool, value[key] if key else None) if tool else None


def python_calls(text: str, resolve: Resolve) -> list[WrittenCall]:
    """Return the calls of `[on(name="Lamp"), off()]`, if all of it is calls."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        found = [_python_call(node, resolve) for node in _expressions(tree)]
    except SyntaxError, ValueError, RecursionError, MemoryError, TypeError:
        return []
    return [call for call in found if call] if all(found) else []


def _expressions(tree: ast.expr) -> Iterator[ast.expr]:
    if isinstance(tree, ast.List):
        yield from tree.elts
    elif isinstance(tree, ast.Call) and ast.unparse(tree.func) == "print":
        yield from tree.args
    else:
        yield tree


def _python_call(node: ast.expr, resolve: Resolve) -> WrittenCall | None:
    if not isinstance(node, ast.Call) or node.args:
        return None
    # Llama writes `name.call(…)` for tools of its own.
    name = resolve(ast.unparse(node.func).removesuffix(".call"))
    if name is None:
        return None
    arguments = {
        str(keyword.arg): ast.literal_eval(keyword.value) for keyword in node.keywords
    }
    return None if "None" in arguments else WrittenCall(name, arguments)


def balanced(text: str, start: int, longest: int) -> int | None:
    """Return where the first bracket after `start` closes, None if beyond `longest`."""
    opened: list[str] = []
    quote, skip = "", -1
    for match in _TOKENS.finditer(text, start, start + longest):
        at, char = match.start(), match[0]
        if at == skip:
            continue
        if char == "\\":
            skip = at + 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char not in _PAIRS:
            opened.append(char)
        elif not opened or opened.pop() != _PAIRS[char]:
            return None
        elif not opened:
            return at + 1
    return None
