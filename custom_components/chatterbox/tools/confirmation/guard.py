"""The dispatcher that lets nothing dangerous run without a person."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
import json
import logging
from typing import Any, Final, Protocol

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import intent, llm

from ..calls import error_result
from ..exposure.danger import Effect, Harm, harm_of, must_be_named
from ..naming import unwrap
from ..planning.call_effects import (
    TIMER_COMMAND,
    CallEffects,
    async_command_effects,
    effects_of,
)
from ..services.tool import ServiceTool
from .codes import Lockout
from .narrowing import can_narrow
from .pending import MAX_NAMED, AskedCall, Asker, Deed
from .policy import DangerOptions, Policy

_LOGGER = logging.getLogger(__name__)

MAX_SPOKEN: Final = 160
"""Characters of a tool's arguments that a question reads out."""
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


@dataclass(frozen=True, slots=True)
class _Judgement:
    """What is to become of a call."""

    effects: CallEffects
    deeds: tuple[Deed, ...] = ()
    keep: frozenset[str] | None = None
    """What is left of its targets where some were taken out."""
    left_out: str | None = None
    """What was taken out and why, in words for the model."""
    refusal: str | None = None


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
    """Of the lists of answers; None if there is none for what is spoken."""
    lockout: Lockout = field(default_factory=Lockout)
    report: Callable[[Outcome, tuple[Deed, ...]], None] | None = None
    """Is told of each dangerous call: what became of it, and what it does."""
    asked: list[AskedCall] = field(default_factory=list)
    """What waits for the person's answer after this turn."""
    _granted: list[AskedCall] = field(default_factory=list)

    @callback
    def grant(self, calls: Iterable[AskedCall]) -> None:
        """Let these calls run once each, if they still do the same."""
        self._granted = list(calls)

    @callback
    def revoke(self) -> list[AskedCall]:
        """Let nothing run any more that was granted; returns what has not run."""
        left, self._granted = self._granted, []
        return left

    @callback
    def will_ask(self, call: llm.ToolInput) -> bool:
        """Return whether a call will wait for the person, as far as can be told now."""
        if (tool := self.find(call.tool_name)) is None:
            return False
        name, args = call.tool_name, call.tool_args
        judged = self._judge(tool, args, effects_of_safely(self, tool, call))
        if judged.refusal or not judged.deeds or self._grant_of(name, args):
            return False
        return self._refusal(judged) is None and self._policy(judged) in (
            Policy.CONFIRM,
            Policy.CODE,
        )

    async def __call__(self, call: llm.ToolInput) -> llm.ToolResult:
        """Run a call, ask for it, or refuse it."""
        tool = self.find(call.tool_name)
        assert tool is not None
        grant = self._grant_of(call.tool_name, call.tool_args)
        judged = await self._async_judged(tool, call)
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

    async def _run(self, call: llm.ToolInput, judged: _Judgement) -> llm.ToolResult:
        """Run a call on what is left of it, and say what was left out."""
        result = await self.run(call, judged.keep)
        if judged.left_out and not result.error:
            result.data["left_out"] = judged.left_out
        elif judged.left_out:
            result.data["error"] = f"{result.data.get('error')} {judged.left_out}"
        return result

    def _answer(self, call: llm.ToolInput, judged: _Judgement) -> llm.ToolResult | None:
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
        return llm.ToolResult(data={"error": WAITING}, error=True)

    def _policy(self, judged: _Judgement) -> Policy:
        if judged.effects.always_ask and self.options.policy is Policy.ALLOW:
            return Policy.CONFIRM
        return self.options.policy

    def _refusal(self, judged: _Judgement) -> str | None:
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

    async def _async_judged(self, tool: llm.Tool, call: llm.ToolInput) -> _Judgement:
        """Judge a call by what it does now."""
        inner, args = unwrap(tool), call.tool_args
        command = args.get(TIMER_COMMAND)
        if (
            isinstance(inner, llm.IntentTool)
            and inner.intent_type == intent.INTENT_START_TIMER
            and not intent.is_blank_slot_value(command)
        ):
            return await self._async_judged_command(tool, str(command))
        return self._judge(tool, args, effects_of_safely(self, tool, call))

    async def _async_judged_command(self, tool: llm.Tool, command: str) -> _Judgement:
        """Judge a timer by what its command does when nobody is there to be asked."""
        effects = await async_command_effects(self.hass, command, self.llm_context)
        if self.options.policy is Policy.ALLOW:
            return _Judgement(CallEffects())
        if effects is None:
            deeds: tuple[Deed, ...] = (Deed(Harm.USE, (_title(tool),)),)
            reason = (
                "Not done: what this command will do cannot be told, and nobody can be"
                " asked when the timer ends."
            )
            return _Judgement(CallEffects(), deeds, refusal=reason)
        judged = self._judge(tool, {}, effects)
        if judged.deeds or judged.keep is not None or judged.refusal:
            reason = "Not done: it is dangerous, and nobody can be asked when the timer ends."
            deeds = judged.deeds or (Deed(Harm.USE, (_title(tool),)),)
            return _Judgement(effects, deeds, refusal=reason)
        return _Judgement(effects)

    def _judge(
        self, tool: llm.Tool, args: dict[str, Any], effects: CallEffects
    ) -> _Judgement:
        """Return what is to become of a call that does this."""
        if effects.refusal:
            deeds: tuple[Deed, ...] = (Deed(Harm.USE, (_spoken(tool, args),)),)
            return _Judgement(effects, deeds, refusal=effects.refusal)
        out = self._unnamed(effects) | effects.unreached
        keep = frozenset(effects.by_target) - out if out else None
        left_out = self._left_out(effects, out) if out else None
        kept = effects
        if keep is not None:
            kept = replace(
                effects, by_target={id_: effects.by_target[id_] for id_ in keep}
            )
            if not keep or not can_narrow(self.hass, tool):
                deeds = self._deeds(tool, args, effects)
                return _Judgement(effects, deeds, refusal=left_out)
        return _Judgement(kept, self._deeds(tool, args, kept), keep, left_out)

    def _unnamed(self, effects: CallEffects) -> frozenset[str]:
        """Return the targets that have to be named and are not."""
        if effects.named:
            return frozenset()
        return frozenset(
            target
            for target, found in effects.by_target.items()
            if any(self._must_be_named(id_) for id_ in {target, *_ids(found)})
        )

    def _must_be_named(self, entity_id: str) -> bool:
        return must_be_named(self.hass, entity_id, self.options.additions)

    def _left_out(self, effects: CallEffects, out: frozenset[str]) -> str:
        """Say what a call does not touch, and what to do about it."""
        unnamed = out - effects.unreached
        said = []
        if unnamed:
            said.append(
                f"Not touched: {self._listed(unnamed)}. A command for an area, a floor"
                " or a kind of thing never touches these: each has to be called by its"
                " name, and only if the person named it."
            )
        if effects.unreached:
            said.append(
                f"Nothing was done to {self._listed(effects.unreached)}: this action"
                " does not work on it. Use another tool, if there is one."
            )
        return " ".join(said)

    def _listed(self, entity_ids: Iterable[str]) -> str:
        listed = sorted(entity_ids)
        words = [f'"{self._name(id_)}" ({id_})' for id_ in listed[:20]]
        if more := len(listed) - len(words):
            words.append(f"{more} more")
        return ", ".join(words)

    def _deeds(
        self, tool: llm.Tool, args: dict[str, Any], effects: CallEffects
    ) -> tuple[Deed, ...]:
        """Return what is dangerous about a call, for a person to hear."""
        found: dict[Harm, dict[str, None]] = {}
        inner = unwrap(tool)
        additions = self.options.additions
        names = {tool.name, inner.name}
        if isinstance(inner, ServiceTool):
            names.add(f"{inner.domain}.{inner.service}")
        direct = not isinstance(inner, llm.ActionTool)
        for effect in sorted(effects.all, key=_order):
            harm = harm_of(self.hass, effect, additions, direct=direct)
            if harm and harm is not Harm.USE and effect.entity_id:
                found.setdefault(harm, {})[self._name(effect.entity_id)] = None
            elif harm:
                found.setdefault(Harm.USE, {})[_spoken(tool, args)] = None
        whole = effects.always_ask or (
            effects.destructive and names.isdisjoint(additions.trusted)
        )
        if whole or not names.isdisjoint(additions.services):
            found.setdefault(Harm.USE, {})[_spoken(tool, args)] = None
        return tuple(Deed(harm, tuple(names)) for harm, names in found.items())

    def _name(self, entity_id: str) -> str:
        state = self.hass.states.get(entity_id)
        return " ".join(state.name.split()) if state else entity_id

    def _grant_of(self, name: str, args: dict[str, Any]) -> AskedCall | None:
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


def effects_of_safely(
    guard: DangerGuard, tool: llm.Tool, call: llm.ToolInput
) -> CallEffects:
    """Return what a call does; one that defies all rules is taken to destroy."""
    try:
        return effects_of(guard.hass, tool, call, guard.llm_context)
    except Exception:
        # The rules ask others' code, which a model's arguments may break.
        _LOGGER.exception("Cannot tell what %s will do", tool.name)
        return CallEffects(destructive=True)


def _same(grant: AskedCall, judged: _Judgement) -> bool:
    """Return whether a call does what it did when it was asked for."""
    return (
        grant.effects.all == judged.effects.all
        and grant.effects.by_target.keys() == judged.effects.by_target.keys()
        and grant.deeds == judged.deeds
    )


def _ids(effects: Iterable[Effect]) -> set[str]:
    return {effect.entity_id for effect in effects if effect.entity_id}


def _order(effect: Effect) -> tuple[str, str, str]:
    return effect.entity_id or "", effect.action, str(effect.value)


def _count(asked: Sequence[AskedCall]) -> int:
    return sum(len(deed.names) for call in asked for deed in call.deeds)


def _title(tool: llm.Tool) -> str:
    return tool.title or unwrap(tool).name


def _spoken(tool: llm.Tool, args: dict[str, Any]) -> str:
    """Return a tool and its arguments as they are read out."""
    values = " ".join(" ".join(_texts(args)).split())
    if not values:
        return _title(tool)
    if len(values) > MAX_SPOKEN:
        values = f"{values[:MAX_SPOKEN].rstrip()} …"
    return f"{_title(tool)} ({values})"


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
    elif value is not None:
        yield str(value)


def _key(args: dict[str, Any]) -> str:
    return json.dumps(args, sort_keys=True, default=str)
