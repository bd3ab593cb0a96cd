"""Recorded answers, played by a model server as if a model gave them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any

from scripts.demo_model import Step, Text, UsageChunk, whole_call

from .home import EvaluationFileError
from .jobs import Answer


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a model answered to the sentences of a task."""

    model: str
    task: str
    run: int
    answers: tuple[Answer, ...]
    right: bool
    """Whether the home was as wanted when it was recorded."""

    @property
    def key(self) -> tuple[str, str]:
        """What decides what comes of it."""
        return self.task, json.dumps(self.answers, sort_keys=True)


def load_recorded(path: Path) -> list[Recorded]:
    """Read recorded answers, one a line. Raises EvaluationFileError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as err:
        raise EvaluationFileError(f"{path}: {err}") from err
    found = []
    for number, line in enumerate(lines, 1):
        try:
            data = json.loads(line)
            found.append(
                Recorded(
                    data["model"],
                    data["task"],
                    data["run"],
                    tuple(data["answers"]),
                    data["right"],
                )
            )
        except (ValueError, TypeError, KeyError) as err:
            raise EvaluationFileError(
                f"{path}, line {number}, is no recorded answer: {err!r}"
            ) from err
    return found


@dataclass(slots=True)
class Playback:
    """Plays one answer a request, whatever the request says.

    What is asked for after the last answer is answered with the last text again.
    """

    answers: Sequence[Answer]
    asked: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: dict[str, Any]) -> list[Step]:
        """Return the next answer."""
        self.requests.append(request)
        offered = [tool["function"]["name"] for tool in request.get("tools") or ()]
        number, self.asked = self.asked, self.asked + 1
        answer: Answer = {"text": self._last_text(), "calls": []}
        if number < len(self.answers):
            answer = self.answers[number]
        steps: list[Step] = [Text(answer["text"])] if answer.get("text") else []
        for index, call in enumerate(answer.get("calls") or ()):
            arguments = call.get("arguments")
            steps += whole_call(
                offered_name(call["name"], offered),
                arguments if isinstance(arguments, dict) else {},
                index=index,
                id=f"call_{number}_{index}",
            )
        size = len(json.dumps(request, ensure_ascii=False))
        return [*steps, UsageChunk(size // 4, 1)]

    def _last_text(self) -> str:
        texts = [answer.get("text") or "" for answer in self.answers]
        return next((text for text in reversed(texts) if text), "OK.")


def offered_name(name: str, offered: Sequence[str]) -> str:
    """Return what a tool is called in this version of Home Assistant.

    Since 2026.10 the name of the integration stands before it.
    """
    if name in offered:
        return name
    bare = name.rpartition("__")[2]
    found = [tool for tool in offered if tool.rpartition("__")[2] == bare]
    return found[0] if len(found) == 1 else name
