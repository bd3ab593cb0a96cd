"""What a call does, followed through whatever it sets going.

Scripts, scenes, triggered automations, groups and wrappers, into every branch. What a
new state sets off is no effect of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from homeassistant.components.homeassistant import scene
from homeassistant.const import (
    ATTR_ENTITY_ID,
    ENTITY_MATCH_ALL,
    ENTITY_MATCH_NONE,
    SERVICE_TOGGLE,
    SERVICE_TURN_OFF,
    SERVICE_TURN_ON,
    Platform,
)
from homeassistant.core import (
    DOMAIN as HOMEASSISTANT_DOMAIN,
    HomeAssistant,
    State,
    split_entity_id,
    valid_entity_id,
)
from homeassistant.helpers import entity_registry as er, target
from homeassistant.helpers.script import Script

from ..exposure.danger import TO_STATE, UNKNOWN, Effect
from ..needs_confirmation import COMMANDS
from ..resources import WHOLE_HOME, is_entity
from ..target_keys import SELECTION_KEYS
from .steps import flattened, is_template, service_steps
from .wrapped import behind, entity_of, with_sources

TURNS: Final = frozenset({SERVICE_TURN_ON, SERVICE_TURN_OFF, SERVICE_TOGGLE})
"""Services of the integration `homeassistant` that hand on to an entity's domain."""

_ENTITY_KEYS: Final = (*SELECTION_KEYS, "entities", "group_members")
"""Keys of service data that say what is written; a template there may say anything."""

_TARGETED: Final = (
    frozenset(map(str, Platform))
    | {"automation", "counter", "homeassistant", "input_boolean", "input_button"}
    | {"input_datetime", "input_number", "input_select", "input_text"}
    | {"scene", "script", "timer"}
) - {"ai_task", "assist_satellite", "conversation"}
"""Domains whose services write the entities that they are called for, no others."""

_WRITE_NOTHING: Final = frozenset(
    {"logbook", "logger", "notify", "persistent_notification", "system_log", "tts"}
)
"""Domains whose services write no entity."""

_STEPS_OF: Final = {"automation": "action_script", "script": "script"}
"""Where an entity has what it runs, by domain."""


@dataclass(frozen=True, slots=True)
class Effects:
    """All that a call may do, as far as it can be known."""

    all: frozenset[Effect]
    complete: bool
    """There is nothing else that it may do."""
    resources: frozenset[str]
    """What it may write; the whole home where a step on the way cannot be known."""
    reads: frozenset[str]
    """Entities besides on whose states it depends what is done."""


def effects_of(
    hass: HomeAssistant,
    service: str,
    data: Mapping[str, Any],
    also: Iterable[str] = (),
) -> Effects:
    """Return what a service call may do; it writes `also`, too. Raises nothing."""
    search = _Search(hass)
    search.call(service, data)
    targeted = any(effect.entity_id for effect in search.left)
    search.left += [Effect(UNKNOWN, entity_id) for entity_id in also]
    found = search.run()
    if found.complete and not _is_known(service, targeted):
        return replace(found, complete=False)
    return found


def direct_effects(
    hass: HomeAssistant, service: str, data: Mapping[str, Any]
) -> list[Effect]:
    """Return what a service call does itself, not what comes of it."""
    search = _Search(hass)
    search.call(service, data)
    return search.left or [Effect(service)]


def written_itself(
    hass: HomeAssistant, service: str, data: Mapping[str, Any]
) -> frozenset[str]:
    """Return the entities that a service call writes, but for steps of scripts."""
    search = _Search(hass, into_scripts=False)
    search.call(service, data)
    return frozenset(filter(is_entity, search.run().resources))


def effects_of_steps(hass: HomeAssistant, steps: Any) -> Effects:
    """Return what the steps of a script may do, on whatever branch."""
    search = _Search(hass)
    search.follow_steps(steps)
    return search.run()


def all_effects(hass: HomeAssistant, first: Iterable[Effect]) -> frozenset[Effect]:
    """Return the effects and all that they lead to."""
    return _Search(hass, left=list(first)).run().all


def effects_on(hass: HomeAssistant, entity_ids: Iterable[str]) -> Effects:
    """Return what an intent may do as it acts on entities."""
    effects = [Effect("intent.turn_on", entity_id) for entity_id in entity_ids]
    return _Search(hass, left=effects).run()


def position_of(data: Mapping[str, Any]) -> float | None:
    """Return the position that a service sets, None if it is not told."""
    value = data.get("position", data.get("tilt_position"))
    try:
        return None if value is None or is_template(value) else float(value)
    except TypeError, ValueError:
        return None


def _is_known(service: str, targeted: bool) -> bool:
    """Return whether a service is known to write no more than its targets."""
    domain = service.partition(".")[0]
    return domain in _WRITE_NOTHING or (targeted and domain in _TARGETED)


@dataclass(slots=True)
class _Search:
    """Follows calls to their ends."""

    hass: HomeAssistant
    left: list[Effect] = field(default_factory=list)
    into_scripts: bool = True
    _found: set[Effect] = field(default_factory=set)
    _written: set[str] = field(default_factory=set)
    _read: set[str] = field(default_factory=set)
    _known: bool = True

    def run(self) -> Effects:
        while self.left:
            effect = self.left.pop()
            if effect.entity_id:
                self._written.add(effect.entity_id)
            done = self._without_detour(effect)
            if done and done not in self._found:
                self._found.add(done)
                self._follow(done)
        written = frozenset(self._written)
        return Effects(
            all=frozenset(self._found),
            complete=self._known,
            resources=written if self._known else written | {WHOLE_HOME},
            reads=with_sources(self.hass, self._read - written) - written,
        )

    def call(self, service: str, data: Mapping[str, Any]) -> None:
        """Follow a service that is called with this data, the target in it."""
        domain, _, name = service.partition(".")
        ids, others = self._targets(domain, data)
        value = position_of(data)
        self.left += [Effect(service, entity_id, value) for entity_id in ids]
        if others:
            self.left.append(Effect(service, f"{domain or '*'}.*", value))
        elif domain == "script" and name not in (*TURNS, "reload"):
            self.left.append(Effect("script.turn_on", self._script(name)))
        elif not ids:
            self._found.add(Effect(service))
        if service in COMMANDS:
            self.left.append(Effect(UNKNOWN, "*.*"))
        states = data.get("entities")
        if service == "scene.apply" and isinstance(states, Mapping):
            self.left += [
                Effect(TO_STATE, str(each), state if isinstance(state, str) else None)
                for each, state in states.items()
            ]

    def follow_steps(self, steps: Any) -> None:
        """Follow the steps of a script, which must be known not to do more."""
        if not self.into_scripts:
            return
        if isinstance(steps, Script):
            self._read |= steps.referenced_entities
        for step in service_steps(steps):
            if step is None:
                self._known = False
                continue
            before = len(self.left)
            self.call(step.service, step.data)
            targeted = len(self.left) > before
            if step.service != "scene.create" and not _is_known(step.service, targeted):
                self._known = False

    def _without_detour(self, effect: Effect) -> Effect | None:
        """Return what ``homeassistant.turn_on`` and its kin do, None if nothing."""
        domain, _, service = effect.action.partition(".")
        entity_id = effect.entity_id
        if domain != HOMEASSISTANT_DOMAIN or service not in TURNS or not entity_id:
            return effect
        own = entity_id.partition(".")[0]
        if own in ("group", "*"):
            return effect
        if not self.hass.services.has_service(own, service):
            return None
        return Effect(f"{own}.{service}", entity_id, effect.value)

    def _follow(self, effect: Effect) -> None:
        entity_id = effect.entity_id
        if not entity_id or not valid_entity_id(entity_id):
            return
        service = effect.action.partition(".")[2]
        domain = split_entity_id(entity_id)[0]
        if domain == "scene":
            self._follow_scene(entity_id)
        elif domain in _STEPS_OF:
            if (
                service in ("trigger", UNKNOWN)
                if domain == "automation"
                else service != SERVICE_TURN_OFF
            ):
                entity = entity_of(self.hass, entity_id)
                steps = getattr(entity, _STEPS_OF[domain], None)
                self._known = self._known and steps is not None
                self.follow_steps(steps)
        else:
            found = behind(self.hass, entity_id)
            self._known = self._known and found.known
            self.left += [
                Effect(effect.action, inner, effect.value)
                for inner in found.entity_ids - {entity_id}
            ]
            for sequence in found.sequences:
                self.follow_steps(sequence)

    def _follow_scene(self, entity_id: str) -> None:
        """Follow what a scene sets; an integration's own scene tells nobody."""
        platform = self.hass.data.get(scene.DATA_PLATFORM)
        entity = platform.entities.get(entity_id) if platform else None
        if isinstance(entity, scene.HomeAssistantScene):
            self.left += [
                Effect(TO_STATE, state.entity_id, _state_set(state))
                for state in entity.scene_config.states.values()
            ]
            return
        found = behind(self.hass, entity_id).entity_ids - {entity_id}
        self._known = self._known and bool(found)
        self.left += [Effect(UNKNOWN, inner) for inner in found]

    def _script(self, name: str) -> str:
        registry = er.async_get(self.hass)
        found = registry.async_get_entity_id("script", "script", name)
        return found or f"script.{name}"

    def _targets(self, domain: str, data: Mapping[str, Any]) -> tuple[set[str], bool]:
        """Return the entities that a call is for, and whether it is for others too."""
        named = {key: set(flattened(data.get(key))) for key in SELECTION_KEYS}
        own = named.pop(ATTR_ENTITY_ID) | set(flattened(data.get("group_members")))
        others = domain not in _WRITE_NOTHING and is_template(
            [data.get(key) for key in _ENTITY_KEYS]
        )
        self._known = self._known and not others
        every = ENTITY_MATCH_ALL in own
        registry = er.async_get(self.hass)
        ids = {
            er.async_resolve_entity_id(registry, one) or one
            for one in own - {ENTITY_MATCH_ALL, ENTITY_MATCH_NONE}
        }
        if every and domain in _TARGETED - {HOMEASSISTANT_DOMAIN}:
            ids |= set(self.hass.states.async_entity_ids(domain))
        elif every:
            self._known = False
        if any(named.values()):
            ids |= self._in_places(domain, named)
        return ids, others or every

    def _in_places(self, domain: str, named: Mapping[str, set[str]]) -> set[str]:
        """Return the entities of areas, devices and the like, as far as a domain acts."""
        selected = target.async_extract_referenced_entity_ids(
            self.hass,
            target.TargetSelection({key: list(ids) for key, ids in named.items()}),
            expand_group=False,
            primary_entities_only=False,
        )
        found = selected.referenced | selected.indirectly_referenced
        if domain not in _TARGETED - {HOMEASSISTANT_DOMAIN}:
            return found
        return {each for each in found if split_entity_id(each)[0] == domain}


def _state_set(state: State) -> str:
    """Return the state that a scene sets; a position says more than the word does."""
    positions = ("current_position", "current_tilt_position")
    if any(state.attributes.get(name) for name in positions):
        return "open"
    return state.state
