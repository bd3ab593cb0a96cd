"""What a service call may write, followed through whatever it sets going.

Scripts, scenes, automations that are triggered, groups and things that act through
others are followed step by step. What a write sets off by its state, an automation's
trigger for one, is no effect of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.components.homeassistant import scene
from homeassistant.const import (
    ATTR_ENTITY_ID,
    ENTITY_MATCH_ALL,
    ENTITY_MATCH_NONE,
    Platform,
)
from homeassistant.core import HomeAssistant, split_entity_id, valid_entity_id
from homeassistant.helpers import entity_registry as er, target

from ..resources import WHOLE_HOME, all_of_domain, of_integration
from ..target_keys import SELECTION_KEYS
from .steps import is_template, service_steps
from .wrapped import behind, entity_of

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

_RUNS: Final = frozenset({"turn_on", "toggle"})
"""Services by which a scene takes effect and a script runs."""

_MAX_ACTIONS: Final = 500
"""Actions; what does more is taken for something that cannot be known."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a call may do."""

    service: str
    """``domain.service``; ``scene.apply`` for what a scene sets."""
    entity_ids: frozenset[str]
    state: str | None = None
    """The state that a scene sets."""


@dataclass(frozen=True, slots=True)
class Effects:
    """All that a call may do, as far as it can be known."""

    actions: tuple[Action, ...]
    complete: bool
    """There is nothing else that it may do."""
    resources: frozenset[str]
    """What it may write; the whole home where a step on the way cannot be known."""

    @property
    def entity_ids(self) -> frozenset[str]:
        """Return the entities that it may write."""
        return frozenset().union(*(action.entity_ids for action in self.actions))


def effects_of(
    hass: HomeAssistant,
    service: str,
    data: Mapping[str, Any],
    also: Iterable[str] = (),
) -> Effects:
    """Return what a service call may do. Does no I/O, raises nothing.

    `data` is the service data with the target in it, `also` are entities that it
    writes besides.
    """
    search = _Search(hass)
    search.call(service, data)
    for entity_id in also:
        search.entity(service, entity_id)
    return Effects(
        actions=tuple(search.actions),
        complete=search.known and _is_known(service, bool(search.actions)),
        resources=search.written if search.known else search.written | {WHOLE_HOME},
    )


def with_effects(hass: HomeAssistant, entity_ids: Iterable[str]) -> frozenset[str]:
    """Return the entities and all that turning them on, or off, may write besides."""
    return effects_of(
        hass, "homeassistant.turn_on", {ATTR_ENTITY_ID: list(entity_ids)}
    ).resources


def integration_resources(hass: HomeAssistant, integration: str) -> frozenset[str]:
    """Return all that belongs to an integration: its domain and its entities."""
    registry = er.async_get(hass)
    entities = {
        entity.entity_id
        for entry in hass.config_entries.async_entries(integration)
        for entity in er.async_entries_for_config_entry(registry, entry.entry_id)
    }
    return frozenset(
        {of_integration(integration), all_of_domain(integration), *entities}
    )


def _is_known(service: str, targeted: bool) -> bool:
    """Return whether a service is known to write no more than its targets."""
    domain = service.partition(".")[0]
    return domain in _WRITE_NOTHING or (targeted and domain in _TARGETED)


@dataclass(slots=True)
class _Search:
    """Follows one call to its ends."""

    hass: HomeAssistant
    known: bool = True
    actions: dict[Action, None] = field(default_factory=dict)
    _written: set[str] = field(default_factory=set)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    @property
    def written(self) -> frozenset[str]:
        """Return what is written."""
        return frozenset(self._written)

    def call(
        self, service: str, data: Mapping[str, Any], *, step: bool = False
    ) -> None:
        """Follow a call; as a step it must be known not to write more."""
        domain, _, name = service.partition(".")
        if service == "scene.apply":
            self._states(data.get("entities"))
            return
        if service == "scene.create":
            return
        targets = self._targets(domain, data)
        if domain == "script" and entity_of(self.hass, service):
            targets = {service}
            name = "turn_on"
        if targets is None or len(self.actions) > _MAX_ACTIONS:
            self.known = False
            targets = set()
        elif step and not _is_known(service, bool(targets)):
            self.known = False
        if targets:
            self._act(service, targets)
        for entity_id in targets:
            self.entity(f"{domain}.{name}", entity_id)

    def entity(self, service: str, entity_id: str) -> None:
        """Follow what a service does to one entity."""
        self._written.add(entity_id)
        name = service.partition(".")[2]
        if (name, entity_id) in self._seen or not valid_entity_id(entity_id):
            return
        self._seen.add((name, entity_id))
        match split_entity_id(entity_id)[0]:
            case "scene":
                if name in _RUNS:
                    self._scene(entity_id)
            case "script":
                if name in _RUNS:
                    self._steps(getattr(self._object(entity_id), "script", None))
            case "automation":
                if name == "trigger":
                    automation = self._object(entity_id)
                    self._steps(getattr(automation, "action_script", None))
            case _:
                self._through(service, entity_id)

    def _act(self, service: str, entity_ids: Iterable[str]) -> None:
        """Take note of what is done."""
        self.actions[Action(service, frozenset(entity_ids))] = None

    def _object(self, entity_id: str) -> Any:
        return entity_of(self.hass, entity_id)

    def _steps(self, script: Any) -> None:
        """Follow the steps of a script; None if it cannot be found."""
        self._sequence(None if script is None else script.sequence)
        if script is None:
            self.known = False

    def _sequence(self, sequence: Any) -> None:
        for step in service_steps(sequence):
            if step is None:
                self.known = False
            else:
                self.call(step.service, step.data, step=True)

    def _through(self, service: str, entity_id: str) -> None:
        """Follow what an entity acts through."""
        found = behind(self.hass, entity_id)
        self.known = self.known and found.known
        if found.entity_ids:
            self._act(service, found.entity_ids)
        for inner in found.entity_ids:
            self.entity(service, inner)
        for sequence in found.sequences:
            self._sequence(sequence)

    def _scene(self, entity_id: str) -> None:
        """Follow what a scene sets; an integration's own scene tells nobody."""
        platform = self.hass.data.get(scene.DATA_PLATFORM)
        entity = platform.entities.get(entity_id) if platform else None
        if isinstance(entity, scene.HomeAssistantScene):
            self._states(entity.scene_config.states)
            return
        found = behind(self.hass, entity_id).entity_ids
        self.known = self.known and bool(found)
        for inner in found:
            self.entity("scene.turn_on", inner)

    def _states(self, states: Any) -> None:
        """Follow the states that a scene sets."""
        if not isinstance(states, Mapping):
            self.known = False
            return
        for entity_id, state in states.items():
            wanted = getattr(state, "state", state)
            if isinstance(wanted, Mapping):
                wanted = wanted.get("state")
            self.actions[Action("scene.apply", frozenset({entity_id}), str(wanted))] = (
                None
            )
            self.entity("scene.apply", entity_id)

    def _targets(self, domain: str, data: Mapping[str, Any]) -> set[str] | None:
        """Return the entities that a call is for; None if that cannot be known."""
        if domain not in _WRITE_NOTHING and is_template(
            [data.get(k) for k in _ENTITY_KEYS] if domain in _TARGETED else data
        ):
            return None
        selection = {key: list(_ids(data.get(key))) for key in SELECTION_KEYS}
        if not any(selection.values()):
            return set()
        named = {*selection.pop(ATTR_ENTITY_ID), *_ids(data.get("group_members"))}
        if ENTITY_MATCH_ALL in named:
            return self._all(domain)
        registry = er.async_get(self.hass)
        ids = {er.async_resolve_entity_id(registry, one) or one for one in named}
        ids.discard(ENTITY_MATCH_NONE)
        if not any(selection.values()):
            return ids
        selected = target.async_extract_referenced_entity_ids(
            self.hass, target.TargetSelection(selection), primary_entities_only=False
        )
        return ids | selected.referenced | selected.indirectly_referenced

    def _all(self, domain: str) -> set[str] | None:
        """Return every entity of a domain, and the domain itself."""
        if domain not in _TARGETED or domain == "homeassistant":
            return None
        self._written.add(all_of_domain(domain))
        return set(self.hass.states.async_entity_ids(domain))


def _ids(value: Any) -> Iterator[str]:
    """Yield ids however they were written: one, several, or with commas."""
    for one in value if isinstance(value, list | tuple | set) else (value,):
        if isinstance(one, str):
            yield from (part for each in one.split(",") if (part := each.strip()))
