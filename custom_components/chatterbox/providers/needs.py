"""What a model needs of a request; what its server says in an error comes first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
import re
import time
from typing import Any, Final, Self

from .base import AssistantMessage, ModelRequest, Thinking
from .first_tokens import FirstTokens

EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""Values of a reasoning effort that there are, from none to most."""

MAX_LESSONS: Final = 8
"""Refusals of one request that are met before the last one is final."""

KEPT_FOR: Final = 30 * 24 * 3600.0
"""Seconds for which what a server has taught is remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Independent facts about a model, or about the server that has it."""

    usage: bool = True
    completion_tokens: bool = False
    """Whether `max_tokens` is called `max_completion_tokens`."""
    max_tokens: bool = True
    temperature: bool = True
    parallel: bool = True
    null_content: bool = True
    """Whether a message with calls may have null for its text."""
    short_ids: bool = False
    """Whether a call's id has to be nine letters and digits."""
    thinking_back: bool = False
    """Whether a call's thinking has to come back as text."""
    signed_back: bool = True
    """Whether signed or encrypted thinking may come back."""
    system_role: str = "system"
    efforts: tuple[str, ...] = ()
    """The reasoning efforts that it takes, from least to most; empty for none."""
    forced_effort: str | None = None
    """The only effort with which it takes tools."""
    template_switch: str | None = None
    """The variable of its chat template that turns thinking on."""
    claude_thinking: str | None = None
    """How Claude is told to think: `budget` or `adaptive`."""
    claude_off: str | None = None
    """How Claude is told not to think; None if it does not unless it is told to."""
    think: bool | None = None
    """Whether Ollama takes `think` for it; None where it is not known."""
    cache_key: bool = True
    retention: str | None = None
    """The field that says how long OpenAI keeps its prompt."""
    extended_cache: bool = True
    """Whether Anthropic's cache may be asked to keep an hour."""
    answer_schema: bool = True
    """Whether it takes a schema that its answer has to fit."""

    def effort(self, thinking: Thinking) -> str | None:
        """Return the effort for how much to think, the least there is for off; None: none."""
        if self.forced_effort:
            return self.forced_effort
        if thinking is Thinking.MODEL or not self.efforts:
            return None
        if thinking is Thinking.OFF:
            return self.efforts[0]
        wanted = EFFORTS.index(thinking.value)
        thinks = [e for e in self.efforts if e != "none"] or list(self.efforts)
        return min(thinks, key=lambda e: abs(EFFORTS.index(e) - wanted))


_TYPES: Final[dict[str, Any]] = {fact.name: fact.type for fact in fields(Needs)}

type Change = Mapping[str, Any] | Callable[[str, Needs], Mapping[str, Any]]
"""What is different from then on: fields of Needs, or what makes them of a refusal."""


def _always(_request: ModelRequest) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a server's refusal teaches."""

    says: re.Pattern[str]
    change: Change
    concerns: Callable[[ModelRequest], bool] = _always
    """Whether the request holds what is refused."""


@dataclass(frozen=True, slots=True)
class _Taught:
    changes: Mapping[str, Any]
    at: float
    """When, as `time.time()` has it."""


class Learnt:
    """What a server has taught about its models, by name; forgotten after KEPT_FOR."""

    def __init__(self, changed: Callable[[], None] | None = None) -> None:
        self._by_model: dict[str, _Taught] = {}
        self._first_tokens: dict[str, FirstTokens] = {}
        self._changed = changed

    @classmethod
    def from_dict(cls, stored: Any, changed: Callable[[], None]) -> Self:
        """Return what `as_dict` made. Raises any error if it is something else."""
        learnt = cls(changed)
        for model, taught in stored.items():
            changes = {k: _read(k, v) for k, v in taught["changes"].items()}
            learnt._by_model[str(model)] = _Taught(changes, float(taught["at"]))
            times = [float(each) for each in taught.get("first_tokens", ())]
            learnt._first_tokens[str(model)] = FirstTokens(times, changed)
        return learnt

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; empty if nothing was learnt."""
        nothing = _Taught({}, time.time())
        stored: dict[str, Any] = {}
        for model in {**self._by_model, **self._first_tokens}:
            taught = self._by_model.get(model, nothing)
            stored[model] = {"changes": dict(taught.changes), "at": taught.at}
            if times := self.first_tokens(model).as_list():
                stored[model]["first_tokens"] = times
        return stored

    def first_tokens(self, model: str) -> FirstTokens:
        """Return how soon a model has begun to answer, kept up by whoever asks it."""
        return self._first_tokens.setdefault(model, FirstTokens((), self._changed))

    def apply(self, model: str, needs: Needs) -> Needs:
        """Return the needs with what was learnt about the model."""
        return replace(needs, **self._of(model))

    def keep(self, model: str, changes: Mapping[str, Any]) -> None:
        """Remember what has helped."""
        if changes:
            self._by_model[model] = _Taught({**self._of(model), **changes}, time.time())
            if self._changed:
                self._changed()

    def _of(self, model: str) -> Mapping[str, Any]:
        taught = self._by_model.get(model)
        if taught is None or time.time() - taught.at > KEPT_FOR:
            return {}
        return taught.changes


def _read(name: str, value: Any) -> Any:
    if name == "efforts":
        return tuple(EFFORTS[EFFORTS.index(effort)] for effort in value)
    if not isinstance(value, _TYPES[name]):
        raise TypeError(f"{name} is {value!r}")
    return value


def learn(
    lessons: tuple[Lesson, ...], refusal: str, request: ModelRequest, needs: Needs
) -> dict[str, Any]:
    """Return the fields of Needs that a refusal changes; empty if it teaches nothing."""
    changes: dict[str, Any] = {}
    for lesson in lessons:
        if lesson.concerns(request) and lesson.says.search(refusal):
            change = lesson.change
            changes |= change(refusal, needs) if callable(change) else change
    return {k: v for k, v in changes.items() if getattr(needs, k) != v}


def has_temperature(request: ModelRequest) -> bool:
    """Return whether a temperature was asked for."""
    return request.temperature is not None


def has_limit(request: ModelRequest) -> bool:
    """Return whether a limit of tokens was asked for."""
    return request.max_tokens is not None


def has_tools(request: ModelRequest) -> bool:
    """Return whether tools were offered."""
    return bool(request.tools)


def has_calls(request: ModelRequest) -> bool:
    """Return whether the history has calls."""
    return any(
        isinstance(m, AssistantMessage) and m.tool_calls for m in request.messages
    )


def refused_effort(refusal: str, needs: Needs) -> Mapping[str, Any]:
    """Return what a refusal that names the reasoning effort says of it."""
    if re.search(r"set\s+[`'\"]?reasoning_effort[`'\"]?\s+to\s+[`'\"]?none", refusal):
        return {"forced_effort": "none"}
    if named := re.search(r"[Ss]upported values are:?(.*)", refusal, re.DOTALL):
        taken = set(re.findall(r"[`'\"](\w+)[`'\"\\]", named[1]))
        if efforts := tuple(effort for effort in EFFORTS if effort in taken):
            return {"efforts": efforts, "forced_effort": None}
    if needs.efforts or needs.forced_effort:
        return {"efforts": (), "forced_effort": None}
    return {}
