"""A model that plays a good one, for whatever agent asks it, at a fixed pace."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
import json
from typing import Any

from scripts.demo_model import CallPiece, Pause, Step, Text

TTFT = 1.0
"""Seconds from the request to the first token."""
TOKEN = 0.02
"""Seconds from one token to the next."""
TOKEN_CHARACTERS = 4
"""Characters of a token, as most tokenizers have it in English."""


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence, and what a good model makes of it."""

    key: str
    title: str
    sentence: str
    answer: str
    """What is said at the end."""
    actions: tuple[tuple[str, dict[str, Any]], ...] = ()
    """Calls that act, by the name of the intent."""
    told_by: tuple[str, ...] = ()
    """What in the note beside the sentence makes a look needless, any of it."""
    looks: tuple[tuple[str, dict[str, Any]], ...] = ()
    """The calls that read, where that is needed: the first that is offered."""
    sorry: str = "Sorry, it does not answer."
    """What is said if an action failed."""


@dataclass(slots=True)
class ScriptedModel:
    """Plans like a good model: it reads before it tells, and closes what it can."""

    case: Case
    requests: list[dict[str, Any]] = field(default_factory=list)
    ttft: float = TTFT
    token: float = TOKEN

    def __call__(self, request: dict[str, Any]) -> list[Step]:
        """Return the paced steps of a reply."""
        self.requests.append(request)
        offered = [tool["function"]["name"] for tool in request.get("tools") or ()]
        messages = request["messages"]
        results = [m["content"] for m in messages if m["role"] == "tool"]
        if results:
            failed = any(_failed(result) for result in results)
            return self._paced(self.case.sorry if failed else self.case.answer)
        said = str(messages[-1]["content"])
        if self.case.actions:
            calls = [(_find(offered, name), args) for name, args in self.case.actions]
            if "reply" in offered:
                calls.append(("reply", {"say": self.case.answer}))
            return self._paced("", calls)
        if any(told in said for told in self.case.told_by):
            return self._paced(self.case.answer)
        for name, args in self.case.looks:
            if found := [tool for tool in offered if tool.endswith(name)]:
                return self._paced("", [(found[0], args)])
        return self._paced(self.case.answer)

    def _paced(
        self, text: str, calls: Iterable[tuple[str, dict[str, Any]]] = ()
    ) -> list[Step]:
        """Return the steps of an answer and of calls, token by token."""
        steps: list[Step] = [Pause(self.ttft)]
        for piece in _tokens(text):
            steps += [Text(piece), Pause(self.token)]
        for index, (name, args) in enumerate(calls):
            steps.append(CallPiece(index, f"call_{index}", name, ""))
            for piece in _tokens(json.dumps(args)):
                steps += [Pause(self.token), CallPiece(index, arguments=piece)]
            steps.append(Pause(self.token))
        return steps


def _find(offered: Sequence[str], name: str) -> str:
    return next(tool for tool in offered if tool.endswith(name))


def _failed(result: str) -> bool:
    data = json.loads(result)
    data = data.get("data", data)
    return bool(data.get("error")) or bool((data.get("data") or {}).get("failed"))


def _tokens(text: str) -> list[str]:
    return [
        text[start : start + TOKEN_CHARACTERS]
        for start in range(0, len(text), TOKEN_CHARACTERS)
    ]
