"""The forms in which models write calls into their text."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
import re
from typing import Any, Final

from .call_values import WrittenCall, balanced, calls_in, python_calls, read_value
from .json_shape import json_or_text

SPECIAL: Final = (
    "[TOOL_CALLS]",
    "<|python_tag|>",
    "<|python_start|>",
    "<|tool_call|>",
    "<|tool_call_start|>",
)
"""Tokens of templates, which are never text: Mistral's, Llama's, Phi's and LFM's."""
WRAPPERS: Final = ("<tool_call>", "<tools>", "<function_call>", *SPECIAL)
OPENERS: Final = ("```", "<function=", *WRAPPERS)
"""What a call may begin with anywhere in a text."""
LONGEST_OPENING: Final = 60
"""Characters that say nothing but that a call follows."""
MAX_PYTHON: Final = 2 * 2**10
"""Characters of an expression, which is looked at again with each piece."""
OPENING: Final = re.compile(
    rf"\s*(?:```[\w-]*\s*)?(?:(?:{'|'.join(map(re.escape, WRAPPERS))})\s*)*"
)
_JSON: Final = re.compile(r"\{\s*(?:[\"'{}]|$)|\[\s*(?:\{|$)")
_FUNCTION: Final = re.compile(r"<function=([\w.-]+)>\s*")
_PARAMETER: Final = re.compile(
    r"<parameter=([\w.-]+)>\s*(.*?)\s*</parameter>", re.DOTALL
)
_ARGUMENT: Final = re.compile(
    r"<arg_key>\s*(.*?)\s*</arg_key>\s*<arg_value>\s*(.*?)\s*</arg_value>", re.DOTALL
)
_EXPRESSION: Final = re.compile(r"(?:\[|print\()?\s*(?P<name>[A-Za-z_][\w.-]*)?")
_NAME: Final = re.compile(r"[A-Za-z_][\w-]*")
_BETWEEN: Final = re.compile(r"\s{0,20}(?:\[CALL_ID\]\w+)?(?:\[ARGS\])?\s{0,20}")

type Reading = tuple[list[WrittenCall], int] | None
"""The calls, and where they end; no calls for a text up to there. None: more must come."""

NO_CALL: Final[Reading] = ([], 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """Reads one call, or one list of calls, in whatever form it is written."""

    names: Collection[str]
    resolve: Callable[[str], str | None]
    json_ended: Callable[[int], bool]
    meant: Callable[[Any], WrittenCall | None]

    def read(self, text: str, at: int) -> Reading:
        """Read what begins there."""
        rest = text[at:]
        if any(opener.startswith(rest) for opener in OPENERS):
            return None
        if _JSON.match(rest):
            return self.read_json(text, at)
        if rest.startswith("<function="):
            return self._tagged(text, at)
        expression = self._expression(text, at)
        return self._named(text, at) if expression == NO_CALL else expression

    def read_json(self, text: str, at: int, name: str | None = None) -> Reading:
        """Read JSON, or what Python writes for it: a call, or the arguments of one."""
        # Qwen2.5-Coder's template doubles the outer braces of its example.
        at += text.startswith("{{", at)
        if not self.json_ended(at):
            return None
        try:
            value, end = read_value(text, at)
        except ValueError, RecursionError:
            return [], len(text)
        if name is None:
            calls = calls_in(value, self.resolve)
            if not calls and (call := self.meant(value)):
                calls = [call]
            return calls, end
        tool = self.resolve(name)
        return ([WrittenCall(tool, value)] if tool else []), end

    def _tagged(self, text: str, at: int) -> Reading:
        """Read `<function=NAME>…</function>` around JSON or (Qwen3-Coder) tags."""
        if (end := text.find("</function>", at)) < 0:
            return None
        opening = _FUNCTION.match(text, at)
        end += len("</function>")
        tool = self.resolve(opening[1]) if opening else None
        if opening is None or tool is None:
            return [], end
        body = text[opening.end() : end - len("</function>")].strip()
        if body.startswith("{"):
            return [WrittenCall(tool, body)], end
        return self._with(tool, body, _PARAMETER), end

    def _with(
        self, tool: str, body: str, pattern: re.Pattern[str]
    ) -> list[WrittenCall]:
        if pattern.sub("", body).strip():
            return []
        arguments = {key: json_or_text(value) for key, value in pattern.findall(body)}
        return [WrittenCall(tool, arguments)]

    def _expression(self, text: str, at: int) -> Reading:
        """Read `on(name="Lamp")`, a list of such calls, or one that is printed."""
        match = _EXPRESSION.match(text, at)
        if match is None or match.end() == at:
            return NO_CALL
        name = match["name"] or ""
        if match.end() == len(text):
            known = {*self.names, "print"}
            return None if self._may_begin(name, known) else NO_CALL
        if text[match.end()] != "(" or name.removesuffix(".call") not in self.names:
            return NO_CALL
        if (end := balanced(text, at, MAX_PYTHON)) is None:
            return None if len(text) - at < MAX_PYTHON else NO_CALL
        calls = python_calls(text[at:end], self.resolve)
        return (calls, end) if calls else NO_CALL

    def _named(self, text: str, at: int) -> Reading:
        """Read a name with its arguments behind it: Mistral's form, and GLM's."""
        name = _NAME.match(text, at)
        if name is None or name[0] not in self.names:
            return NO_CALL
        between = _BETWEEN.match(text, name.end())
        start = between.end() if between else name.end()
        rest = text[start : start + len("<arg_key>")]
        if rest.startswith("{"):
            return self.read_json(text, start, name[0])
        if any(mark.startswith(rest) for mark in ("[CALL_ID]", "[ARGS]")):
            return None
        if not "<arg_key>".startswith(rest):
            return NO_CALL
        end = text.find("</tool_call>", start)
        tool = self.resolve(name[0])
        if end < 0 or tool is None:
            return None if tool else NO_CALL
        return self._with(tool, text[start:end], _ARGUMENT), end

    @staticmethod
    def _may_begin(word: str, names: Collection[str]) -> bool:
        return any(f"{name}.call".startswith(word) for name in names)
