"""The dispatcher that lets nothing dangerous run without a person."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
import json
import logging
from typing import Any, Final, Protocol

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import llm

from ..call_span import CallOutcome, call_span
from ..calls import error_result
from .codes import Lockout
from .judging import Judge, Judgement
from .options import DangerOptions, Policy
from .pending import MAX_NAMED, AskedCall, Asker, Deed
from .untrusted_results import brings_words

_LOGGER = logging.getLogger(__name__)

WAITING: Final = (
    "Not done. The person is being asked whether they want it, and only their own next"
    " sentence can say so."
)
TOO_MANY: Final = "This is too much for one question. Ask for fewer things at once."
CHANGED: Final = (
    "Not done: it would not do the same any more as when the person was asked."
)
REFUSED: Final = {
    Policy.NEVER: "Not done: the owner of this home has forbidden it.",
    Policy.CONFIRM: "Not done: this needs a person's confirmation, and nobody can be asked.",
    Policy.CODE: "Not done: this needs a person's code, and nobody can be asked.",
}
NO_CODE: Final = "Not done: it needs a code, and none is set in the agent's settings."
LOCKED: Final = "Not done: after too many wrong codes this is locked for ten minutes."
NO_LIST: Final = (
    "Not done: it needs a yes, and what a yes is in this language is not known."
)


class Outcome(StrEnum):
    """What became of a dangerous call."""

    RUN = "run"
    FAILED = "failed"
    ASKED = "asked"
    REFUSED = "refused"


class Run(Protocol):
    """Runs a call, on all that it matches or only on some."""

    def __call__(
        self, tool_input: llm.ToolInput, keep: frozenset[str] | None = None
    ) -> Awaitable[llm.ToolResult]:
        """Return its result; raises nothing but CancelledError."""


@dataclass(slots=True, kw_only=True)
class DangerGuard:
    """Judges each call of one turn as it is about to run."""

    hass: HomeAssistant
    llm_context: llm.LLMContext
    find: Callable[[str], llm.Tool | None]
    run: Run
    options: DangerOptions = field(default_factory=DangerOptions)
    asker: Asker | None = None
    """Who can be asked; None for nobody."""
    language: str | None = None
    lockout: Lockout = field(default_factory=Lockout)
    report: Callable[[Outcome, tuple[Deed, ...]], None] | None = None
    """Is told of each dangerous call: what became of it, and what it does."""
    asked: list[AskedCall] = field(default_factory=list)
    """What waits for the person's answer after this turn."""
    _granted: list[AskedCall] = field(default_factory=list)
    _heard: bool = False
    _has_heard: bool = False

    @property
    def _options(self) -> DangerOptions:
        """Return what the user chose; after words from outside nothing runs unasked."""
        if self._has_heard and self.options.policy is Policy.ALLOW:
            return replace(self.options, policy=Policy.CONFIRM)
        return self.options

    @property
    def _judge(self) -> Judge:
        return Judge(
            hass=self.hass, llm_context=self.llm_context, options=self._options
        )

    @callback
    def begin_response(self) -> None:
        """Note that the model is asked again, with all results so far."""
        self._has_heard = self._heard

    @callback
    def heard(self, tool: llm.Tool, result: llm.ToolResult) -> None:
        """Note a result that the model will read."""
        self._heard |= brings_words(tool, result, raised=call_span().raised)

    @callback
    def heard_words(self) -> None:
        """Note that the model will read what somebody else may have written."""
        self._heard = True

    @callback
    def grant(self, calls: Iterable[AskedCall]) -> None:
        """Let these calls run once each, if they still do the same."""
        self._granted = list(calls)

    @callback
    def revoke(self) -> list[AskedCall]:
        """Let nothing run any more that was granted; returns what has not run."""
        left, self._granted = self._granted, []
        return left

    @property
    def runs_all(self) -> bool:
        """Return whether what is dangerous runs like anything else."""
        return self._options.policy is Policy.ALLOW

    @callback
    def will_wait(self, call: llm.ToolInput) -> bool:
        """Return whether a dangerous call is asked for or refused, as far as can be told."""
        if (tool := self.find(call.tool_name)) is None:
            return False
        judged = self._judge.judge(tool, call)
        granted = self._grant_of(call.tool_name, call.tool_args)
        if not judged.deeds or granted:
            return False
        return bool(judged.refusal) or self._policy(judged) is not Policy.ALLOW

    @callback
    def is_harmless(self, call: llm.ToolInput) -> bool:
        """Return whether a call runs as it is, whatever the user chose."""
        if (tool := self.find(call.tool_name)) is None:
            return False
        judged = self._judge.judge(tool, call)
        return not (judged.deeds or judged.refusal) and judged.keep is None

    async def __call__(self, call: llm.ToolInput) -> llm.ToolResult:
        """Run a call, ask for it, or refuse it."""
        tool = self.find(call.tool_name)
        assert tool is not None
        grant = self._grant_of(call.tool_name, call.tool_args)
        judged = await self._judge.async_judge(tool, call)
        if judged.refusal:
            if judged.deeds:
                self._tell(call, Outcome.REFUSED, judged.deeds, judged.refusal)
            return error_result(judged.refusal)
        if grant:
            self._granted.remove(grant)
            reason = self._refusal(judged)
            if reason or not _same(grant, judged):
                self._tell(call, Outcome.REFUSED, grant.deeds, reason or CHANGED)
                return error_result(reason or CHANGED)
        elif judged.deeds and (answer := self._answer(call, judged)):
            return answer
        result = await self._run(call, judged)
        if judged.deeds:
            done = Outcome.FAILED if result.error else Outcome.RUN
            self._tell(call, done, judged.deeds, "")
        return result

    async def _run(self, call: llm.ToolInput, judged: Judgement) -> llm.ToolResult:
        result = await self.run(call, judged.keep)
        if judged.left_out and not result.error:
            result.data["left_out"] = judged.left_out
        elif judged.left_out:
            result.data["error"] = f"{result.data.get('error')} {judged.left_out}"
        return result

    def _answer(self, call: llm.ToolInput, judged: Judgement) -> llm.ToolResult | None:
        """Return what a dangerous call gets in place of its run, None if it may run."""
        if self._policy(judged) is Policy.ALLOW:
            return None
        if reason := self._refusal(judged):
            self._tell(call, Outcome.REFUSED, judged.deeds, reason)
            return error_result(reason)
        key = _key(call.tool_args)
        if not any(a.tool_name == call.tool_name and a.key == key for a in self.asked):
            asked = AskedCall(
                call.tool_name,
                dict(call.tool_args),
                key,
                judged.effects,
                judged.deeds,
            )
            if _count([*self.asked, asked]) > MAX_NAMED:
                self._tell(call, Outcome.REFUSED, judged.deeds, TOO_MANY)
                return error_result(TOO_MANY)
            self.asked.append(asked)
            self._tell(call, Outcome.ASKED, judged.deeds, "")
        call_span().end(CallOutcome.ASKED)
        return llm.ToolResult(data={"error": WAITING}, error=True)

    def _policy(self, judged: Judgement) -> Policy:
        if judged.effects.always_ask and self.options.policy is Policy.ALLOW:
            return Policy.CONFIRM
        return self._options.policy

    def _refusal(self, judged: Judgement) -> str | None:
        """Return why a dangerous call cannot even be asked for, None if it can."""
        policy = self._policy(judged)
        if policy is Policy.ALLOW:
            return None
        if policy is Policy.NEVER or self.asker is None or not self.asker.can_answer:
            return REFUSED[policy]
        if policy is Policy.CODE:
            if not self.options.code:
                return NO_CODE
            return LOCKED if self.lockout.is_locked else None
        return NO_LIST if self.language is None else None

    def _grant_of(self, name: str, args: dict[str, Any]) -> AskedCall | None:
        if not self._granted:
            return None
        key = _key(args)
        return next(
            (g for g in self._granted if g.tool_name == name and g.key == key), None
        )

    def _tell(
        self,
        call: llm.ToolInput,
        outcome: Outcome,
        deeds: tuple[Deed, ...],
        reason: str,
    ) -> None:
        harms = ", ".join(deed.harm for deed in deeds)
        level = logging.WARNING if outcome is Outcome.REFUSED else logging.INFO
        because = f": {reason}" if reason else ""
        _LOGGER.log(
            level, "%s (%s) was %s%s", call.tool_name, harms, outcome.value, because
        )
        if self.report:
            self.report(outcome, deeds)


def _same(grant: AskedCall, judged: Judgement) -> bool:
    """Return whether a call does what it did when it was asked for."""
    return (
        grant.effects.all == judged.effects.all
        and grant.effects.by_target.keys() == judged.effects.by_target.keys()
        and grant.deeds == judged.deeds
    )


def _count(asked: Sequence[AskedCall]) -> int:
    return sum(len(deed.names) for call in asked for deed in call.deeds)


def _key(args: dict[str, Any]) -> str:
    return json.dumps(args, sort_keys=True, default=str)
