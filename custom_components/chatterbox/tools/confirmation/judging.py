"""What a call does, judged before it runs: what of it is dangerous, what is left out."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
import logging
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent, llm
from homeassistant.helpers.translation import async_get_cached_translations

from ..exposure.danger import Effect, harm_of, must_be_named
from ..naming import unwrap
from ..needs_confirmation import Harm
from ..planning.call_effects import CallEffects
from ..planning.intent_effects import TIMER_COMMAND, async_command_effects
from ..planning.tool_effects import CALL_ACTION, effects_of
from ..resources import WHOLE_HOME, all_of_domain
from ..services.admin import is_for_admins
from ..services.tool import ServiceTool
from .narrowing import can_narrow
from .options import DangerOptions, Policy
from .pending import Deed

_LOGGER = logging.getLogger(__name__)

_ANYTHING: Final = all_of_domain(WHOLE_HOME)
"""What a script reaches where templates choose both the action and its target."""

MAX_SPOKEN: Final = 160
"""Characters of a tool's arguments that a question reads out."""
ONLY_FOR_ADMINS: Final = (
    "Not done: this is for administrators, and who speaks is not known here."
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to become of a call."""

    effects: CallEffects
    deeds: tuple[Deed, ...] = ()
    keep: frozenset[str] | None = None
    left_out: str | None = None
    """What was taken out and why, in words for the model."""
    refusal: str | None = None


@dataclass(slots=True, kw_only=True)
class Judge:
    """Tells what is to become of the calls of one turn, whoever may be asked."""

    hass: HomeAssistant
    llm_context: llm.LLMContext
    options: DangerOptions = field(default_factory=DangerOptions)

    def judge(self, tool: llm.Tool, call: llm.ToolInput) -> Judgement:
        """Judge a call by what it does now, without a command that it hands on."""
        return self._judge(tool, call.tool_args, self._effects(tool, call))

    async def async_judge(self, tool: llm.Tool, call: llm.ToolInput) -> Judgement:
        """Judge a call by what it does now."""
        inner = unwrap(tool)
        command = call.tool_args.get(TIMER_COMMAND)
        if (
            isinstance(inner, llm.IntentTool)
            and inner.intent_type == intent.INTENT_START_TIMER
            and not intent.is_blank_slot_value(command)
        ):
            return await self._async_judged_command(tool, str(command))
        return self.judge(tool, call)

    async def _async_judged_command(self, tool: llm.Tool, command: str) -> Judgement:
        effects = await async_command_effects(self.hass, command, self.llm_context)
        if self.options.policy is Policy.ALLOW:
            return Judgement(CallEffects())
        if effects is None:
            deeds: tuple[Deed, ...] = (Deed(Harm.USE, (_title(tool),)),)
            reason = (
                "Not done: what this command will do cannot be told, and nobody can be"
                " asked when the timer ends."
            )
            return Judgement(CallEffects(), deeds, refusal=reason)
        judged = self._judge(tool, {}, effects)
        if judged.deeds or judged.keep is not None or judged.refusal:
            reason = "Not done: it is dangerous, and nobody can be asked when the timer ends."
            deeds = judged.deeds or (Deed(Harm.USE, (_title(tool),)),)
            return Judgement(effects, deeds, refusal=reason)
        return Judgement(effects)

    def _effects(self, tool: llm.Tool, call: llm.ToolInput) -> CallEffects:
        """Return what a call does; one that defies all rules is taken to destroy."""
        try:
            return effects_of(self.hass, tool, call, self.llm_context)
        except Exception:
            # The rules ask others' code, which a model's arguments may break.
            _LOGGER.exception("Cannot tell what %s will do", tool.name)
            return CallEffects(destructive=True)

    def _judge(
        self, tool: llm.Tool, args: dict[str, Any], effects: CallEffects
    ) -> Judgement:
        if refusal := effects.refusal or self._only_for_admins(tool, args):
            deeds: tuple[Deed, ...] = (Deed(Harm.USE, (_spoken(tool, args),)),)
            return Judgement(effects, deeds, refusal=refusal)
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
                return Judgement(effects, deeds, refusal=left_out)
        return Judgement(kept, self._deeds(tool, args, kept), keep, left_out)

    def _only_for_admins(self, tool: llm.Tool, args: dict[str, Any]) -> str | None:
        """Return why an administrator's action is not for one whom nobody knows."""
        context = self.llm_context.context
        if self.options.admin_without_user or (context and context.user_id):
            return None
        inner = unwrap(tool)
        action = ""
        if isinstance(inner, ServiceTool):
            action = f"{inner.domain}.{inner.service}"
        elif inner.name == CALL_ACTION:
            action = str(args.get("action"))
        if action and is_for_admins(self.hass, action):
            return ONLY_FOR_ADMINS
        return None

    def _unnamed(self, effects: CallEffects) -> frozenset[str]:
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
        found: dict[Harm, dict[str, None]] = {}
        inner = unwrap(tool)
        additions = self.options.additions
        names = {tool.name, inner.name}
        if isinstance(inner, ServiceTool):
            names.add(f"{inner.domain}.{inner.service}")
        direct = not isinstance(inner, llm.ActionTool)
        for effect in sorted(effects.all, key=_order):
            harm = harm_of(self.hass, effect, additions, direct=direct)
            named = None if effect.entity_id == _ANYTHING else effect.entity_id
            if harm and harm is not Harm.USE and named:
                found.setdefault(harm, {})[self._name(named)] = None
            elif harm:
                found.setdefault(Harm.USE, {})[_spoken(tool, args)] = None
        whole = effects.always_ask or (
            effects.destructive and names.isdisjoint(additions.trusted)
        )
        if whole or not names.isdisjoint(additions.services):
            found.setdefault(Harm.USE, {})[_spoken(tool, args)] = None
        return tuple(Deed(harm, tuple(names)) for harm, names in found.items())

    def _name(self, entity_id: str) -> str:
        if state := self.hass.states.get(entity_id):
            return " ".join(state.name.split())
        domain, _, thing = entity_id.partition(".")
        if thing != "*":
            return entity_id
        titles = async_get_cached_translations(
            self.hass, self.hass.config.language, "title", domain
        )
        return titles.get(f"component.{domain}.title", domain.replace("_", " "))


def _ids(effects: Iterable[Effect]) -> set[str]:
    return {effect.entity_id for effect in effects if effect.entity_id}


def _order(effect: Effect) -> tuple[str, str, str]:
    return effect.entity_id or "", effect.action, str(effect.value)


def _title(tool: llm.Tool) -> str:
    return tool.title or unwrap(tool).name


def _spoken(tool: llm.Tool, args: dict[str, Any]) -> str:
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
