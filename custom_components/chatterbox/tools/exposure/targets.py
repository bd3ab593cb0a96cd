"""From what a model calls a thing to the exposed entities that are meant.

Nothing else is looked at: no answer tells what is hidden from what is missing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    floor_registry as fr,
    intent,
    label_registry as lr,
    llm,
)

from ..calls import ToolError
from .entity_filter import TargetFilter
from .exposed import Exposed, exposed_entities, is_exposed, listing
from .features import ever_supported
from .groups import members_of_user_group


def resolve_target(
    hass: HomeAssistant,
    request: Mapping[str, Sequence[str]],
    wanted: TargetFilter,
    llm_context: llm.LLMContext,
    *,
    expand: bool = True,
) -> tuple[str, ...]:
    """Return the sorted ids of the exposed entities that a request means.

    It maps some of `TARGET_KEYS` to values: those of one key add up, keys narrow down.
    ``expand`` replaces a group that is not wholly exposed. Raises ToolError.
    """
    request = {key: values for key, values in request.items() if values}
    pool = exposed_entities(hass, llm_context.assistant, wanted)
    try:
        found = _find(hass, pool, request, wanted, llm_context)
    except ToolError as err:
        raise _not_now(hass, pool, request, wanted, llm_context) or err from err
    if not expand:
        return tuple(sorted(exposed.entity_id for exposed in found))
    return _without_hidden_members(hass, found, pool, llm_context.assistant)


def _find(
    hass: HomeAssistant,
    pool: list[Exposed],
    request: Mapping[str, Sequence[str]],
    wanted: TargetFilter,
    llm_context: llm.LLMContext,
) -> list[Exposed]:
    if not pool:
        raise ToolError(f"No {wanted.noun} is exposed to you.")
    preferences = llm.async_get_match_preferences(hass, llm_context)
    if not request:
        return [_the_only_one(pool, preferences, wanted)]
    return _Search(hass, pool, preferences, wanted, llm_context).find(request)


def _not_now(
    hass: HomeAssistant,
    pool: list[Exposed],
    request: Mapping[str, Sequence[str]],
    wanted: TargetFilter,
    llm_context: llm.LLMContext,
) -> ToolError | None:
    """Return an error if what is meant once supported this, and does not now."""
    able = exposed_entities(hass, llm_context.assistant, wanted, ever_supported)
    if len(able) == len(pool):
        return None
    try:
        found = _find(hass, able, request, wanted, llm_context)
    except ToolError:
        return None
    states = ", ".join(f'{e.entity_id} ("{e.state.state}")' for e in found)
    return ToolError(f"Not possible now, in their present state: {states}.")


def _the_only_one(
    pool: list[Exposed],
    preferences: intent.MatchTargetsPreferences,
    wanted: TargetFilter,
) -> Exposed:
    """Return the one that is meant when nothing is said: the only one, or here."""
    here = [e for e in pool if e.area and e.area.id == preferences.area_id]
    for choice in (pool, here):
        if len(choice) == 1:
            return choice[0]
    raise ToolError(f"Say which {wanted.noun} is meant. {listing(pool)}")


def _without_hidden_members(
    hass: HomeAssistant, found: list[Exposed], pool: list[Exposed], assistant: str
) -> tuple[str, ...]:
    """Return the ids found; of a group that is partly hidden, its exposed members."""
    allowed = {exposed.entity_id for exposed in pool}
    kept: set[str] = set()
    for exposed in found:
        inside = members_of_user_group(hass, exposed.entity_id)
        if all(is_exposed(hass, assistant, member) for member in inside):
            kept.add(exposed.entity_id)
        else:
            kept |= allowed & inside
    if kept:
        return tuple(sorted(kept))
    raise ToolError(
        f"{found[0].entity_id} is a group, and not enough of it is exposed to you."
    )


@dataclass(frozen=True, slots=True)
class _Search:
    hass: HomeAssistant
    pool: list[Exposed]
    preferences: intent.MatchTargetsPreferences
    wanted: TargetFilter
    llm_context: llm.LLMContext

    def find(self, request: Mapping[str, Sequence[str]]) -> list[Exposed]:
        """Return what matches every key of the request."""
        pool = self.pool
        for key, matches in _NARROWING.items():
            if values := request.get(key):
                pool = self._narrow(pool, key, values, matches)
        if not any(request.get(key) for key in ("name", "area", "floor")):
            return pool
        return self._match(pool, request)

    def _narrow(
        self,
        pool: list[Exposed],
        key: str,
        values: Sequence[str],
        matches: Callable[[HomeAssistant, Exposed, str], bool],
    ) -> list[Exposed]:
        """Return what any of a key's values matches; each must match something."""
        kept: dict[str, Exposed] = {}
        for value in values:
            hits = [e for e in pool if matches(self.hass, e, value.strip())]
            if not hits and key == "entity_id":
                # A name where an id belongs has one meaning, or none.
                hits = self._match(pool, {"name": [value]})
            if not hits:
                raise self._no_match((key, value))
            kept |= {hit.entity_id: hit for hit in hits}
        return [e for e in pool if e.entity_id in kept]

    def _match(
        self, pool: list[Exposed], request: Mapping[str, Sequence[str]]
    ) -> list[Exposed]:
        keys = ("name", "area", "floor")
        choices = [list(request.get(key) or (None,)) for key in keys]
        unmatched = {(k, v) for k, vs in zip(keys, choices, strict=True) for v in vs}
        kept: set[str] = set()
        twice: list[str] = []
        for name, area, floor in product(*choices):
            result = self._match_one(pool, name, area, floor)
            if result.no_match_reason is intent.MatchFailedReason.DUPLICATE_NAME:
                twice.append(name or "")
            if result.is_match:
                kept.update(state.entity_id for state in result.states)
                unmatched -= {("name", name), ("area", area), ("floor", floor)}
        if duplicates := [name for name in twice if ("name", name) in unmatched]:
            raise self._duplicate(pool, duplicates[0])
        if missing := [
            (key, value)
            for key, values in zip(keys, choices, strict=True)
            for value in values
            if value is not None and (key, value) in unmatched
        ]:
            raise self._no_match(*missing)
        return [e for e in pool if e.entity_id in kept]

    def _match_one(
        self, pool: list[Exposed], name: str | None, area: str | None, floor: str | None
    ) -> intent.MatchTargetsResult:
        states = [exposed.state for exposed in pool]
        if not states:
            # An empty list would make Home Assistant look at every state.
            return intent.MatchTargetsResult(False)
        constraints = intent.MatchTargetsConstraints(
            name=name,
            area_name=area,
            floor_name=floor,
            assistant=self.llm_context.assistant,
        )
        result = intent.async_match_targets(
            self.hass, constraints, self.preferences, states
        )
        if result.no_match_reason is intent.MatchFailedReason.NAME:
            # Preferences that rule out every namesake hide that there are any.
            return intent.async_match_targets(
                self.hass, constraints, intent.MatchTargetsPreferences(), states
            )
        return result

    def _duplicate(self, pool: list[Exposed], name: str) -> ToolError:
        result = intent.async_match_targets(
            self.hass,
            intent.MatchTargetsConstraints(name=name, allow_duplicate_names=True),
            states=[exposed.state for exposed in pool],
        )
        ids = {state.entity_id for state in result.states}
        same = [exposed for exposed in pool if exposed.entity_id in ids]
        return ToolError(f'More than one is named "{name}". {listing(same)}')

    def _no_match(self, *missing: tuple[str, str]) -> ToolError:
        wanted = self.wanted.noun
        key, value = missing[0]
        if value.strip().casefold() == "all":
            return ToolError(
                f'"all" is not a {key.replace("_", " ")}: say which {wanted} is meant. '
                f"{listing(self.pool)}"
            )
        if len(missing) == 1 and (known := self._known(key)):
            there = f"There is: {known}."
        else:
            there = listing(self.pool, value)
        said = " and ".join(f'the {k.replace("_", " ")} "{v}"' for k, v in missing)
        return ToolError(f"No {wanted} that is exposed to you has {said}. {there}")

    def _known(self, key: str) -> str:
        if key == "area":
            return _quoted(e.area.name for e in self.pool if e.area)
        if key == "floor":
            return _quoted(_floor_names(self.hass, self.pool))
        if key == "device_class":
            return _quoted(e.device_class for e in self.pool if e.device_class)
        return ""


def _floor_names(hass: HomeAssistant, pool: Iterable[Exposed]) -> list[str]:
    floors = fr.async_get(hass)
    ids = {e.area.floor_id for e in pool if e.area and e.area.floor_id}
    return [floor.name for id_ in ids if (floor := floors.async_get_floor(id_))]


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in sorted(set(names)))


def _named(value: str, names: Iterable[str | None]) -> bool:
    return value.casefold() in {name.strip().casefold() for name in names if name}


def _is_entity(_hass: HomeAssistant, exposed: Exposed, value: str) -> bool:
    return exposed.entity_id == value.lower()


def _is_of_domain(_hass: HomeAssistant, exposed: Exposed, value: str) -> bool:
    return exposed.state.domain == value.lower()


def _has_device_class(_hass: HomeAssistant, exposed: Exposed, value: str) -> bool:
    return _named(value, [exposed.device_class])


def _is_of_device(_hass: HomeAssistant, exposed: Exposed, value: str) -> bool:
    if (device := exposed.device) is None:
        return False
    return _named(value, [device.id, device.name_by_user or device.name])


def _has_label(hass: HomeAssistant, exposed: Exposed, value: str) -> bool:
    ids: set[str] = set()
    for labelled in (exposed.entry, exposed.device, exposed.area):
        ids |= labelled.labels if labelled else set()
    labels = lr.async_get(hass)
    names = [label.name for id_ in ids if (label := labels.async_get_label(id_))]
    return _named(value, [*ids, *names])


_NARROWING: Final[Mapping[str, Callable[[HomeAssistant, Exposed, str], Any]]] = {
    "entity_id": _is_entity,
    "device_class": _has_device_class,
    "device": _is_of_device,
    "domain": _is_of_domain,
    "label": _has_label,
}
"""The keys that Home Assistant's matching by name, area and floor leaves to us."""
