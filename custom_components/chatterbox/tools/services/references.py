"""Fields that name a thing in the home: from what a model wrote to what is exposed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import (
    ATTR_AREA_ID,
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    ATTR_FLOOR_ID,
    ATTR_LABEL_ID,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    floor_registry as fr,
    intent,
    label_registry as lr,
    llm,
)

from ..calls import ToolError
from ..exposure.entity_filter import TargetFilter
from ..exposure.exposed import Exposed, exposed_entities, listing
from ..exposure.guard import checked_entity_ids, whole
from ..exposure.places import checked_place, checked_words
from ..exposure.targets import resolve_target
from ..exposure.text_references import texts
from ..selectors import coerce
from ..selectors.kinds import Config
from ..selectors.schema import selector_of
from ..target_keys import SELECTION_KEYS

CHOSEN: Final = frozenset(
    {"area", "boolean", "config_entry", "constant", "country", "device"}
    | {"device_class", "entity", "floor", "label", "language", "select", "state_class"}
    | {"statistic", "target"}
)
"""Selectors whose answer is one of what the home or the field itself lists."""


def loaded_entries(hass: HomeAssistant, integration: str | None) -> list[ConfigEntry]:
    """Return the config entries that a config entry field can mean, by title."""
    entries = hass.config_entries.async_entries(integration, include_ignore=False)
    loaded = [entry for entry in entries if entry.state is ConfigEntryState.LOADED]
    return sorted(loaded, key=lambda entry: (entry.title, entry.entry_id))


@dataclass(slots=True)
class ReferenceResolver:
    """Resolves the fields of one call, and keeps the entity ids that they name."""

    hass: HomeAssistant
    llm_context: llm.LLMContext
    has_target: bool = True
    """Whether the service acts on a target, and on nothing that a field names."""
    is_script: bool = False
    """Whether the fields go into templates of the user's own."""
    referenced: set[str] = field(default_factory=set)

    def resolve(self, name: str, kind: str | None, config: Config, value: Any) -> Any:
        """Return a field's value, its names resolved to what is exposed. Raises ToolError."""
        try:
            return self._resolve(name, kind, config, value)
        except ValueError as err:
            raise ToolError(f"{name}: {err}.") from err

    def _resolve(self, name: str, kind: str | None, config: Config, value: Any) -> Any:
        listed = kind in CHOSEN and not config.get("custom_value")
        if kind is None or (self.is_script and not listed):
            self._check_words(name, value)
        if kind == "object":
            return self._object(name, config, value)
        if kind == "choose":
            return self._guarded(name, value)
        if (resolve_one := _RESOLVERS.get(kind or "")) is None:
            return self._guarded(name, value)
        if kind == "target" or not config.get("multiple"):
            return resolve_one(self, name, config, value)
        return [resolve_one(self, name, config, one) for one in coerce.as_list(value)]

    def _object(self, name: str, config: Config, value: Any) -> Any:
        if isinstance(value, list):
            return [self._object(name, config, item) for item in value]
        fields = config.get("fields")
        if not fields or not isinstance(value, Mapping):
            return self._guarded(name, value)
        return {
            key: self.resolve(f"{name}.{key}", *selector_of(fields[key]), inner)
            for key, inner in value.items()
        }

    def _guarded(self, name: str, value: Any) -> Any:
        """Return a free-form value; targets in it become exposed entity ids."""
        if isinstance(value, list):
            return [self._guarded(name, item) for item in value]
        if not isinstance(value, Mapping):
            self.referenced |= checked_entity_ids(
                self.hass, self.llm_context.assistant, name, value
            )
            return value
        self.referenced |= checked_entity_ids(
            self.hass, self.llm_context.assistant, name, list(value)
        )
        rest = {
            key: self._guarded(f"{name}.{key}", inner)
            for key, inner in value.items()
            if key not in SELECTION_KEYS
        }
        if len(rest) < len(value):
            rest |= self.target(name, {}, value)
        return rest

    def _check_words(self, name: str, value: Any) -> None:
        assistant = self.llm_context.assistant
        for text in texts(value):
            self.referenced |= checked_words(self.hass, assistant, name, text)

    def target(self, _name: str, config: Config, value: Any) -> dict[str, list[str]]:
        """Return a target with nothing but exposed entity ids in it."""
        value = coerce.from_json(value)
        if not isinstance(value, Mapping):
            value = {ATTR_ENTITY_ID: value}
        request = {
            ours: [coerce.as_text(one) for one in coerce.as_list(value[theirs])]
            for theirs, ours in SELECTION_KEYS.items()
            if value.get(theirs)
        }
        ids = resolve_target(
            self.hass, request, TargetFilter.from_target(config), self.llm_context
        )
        self.referenced.update(ids)
        return {ATTR_ENTITY_ID: list(ids)}

    def entity(self, name: str, config: Config, value: Any) -> str:
        """Return the id of one exposed entity; of a group, all must be exposed."""
        wanted = TargetFilter.from_entity(config)
        entity_id = self._one_entity(wanted, coerce.as_text(value))
        included, excluded = (
            config.get(key) for key in ("include_entities", "exclude_entities")
        )
        if (included and entity_id not in included) or entity_id in (excluded or ()):
            raise ToolError(f"{name}: {entity_id} cannot be used here.")
        self.referenced |= whole(self.hass, self.llm_context.assistant, name, entity_id)
        return entity_id

    def _one_entity(self, wanted: TargetFilter, value: str) -> str:
        entity_id = value.strip().lower()
        if any(e.entity_id == entity_id for e in self._exposed(wanted)):
            return entity_id
        ids = resolve_target(
            self.hass, {"name": [value]}, wanted, self.llm_context, expand=False
        )
        return ids[0]

    def statistic(self, name: str, _config: Config, value: Any) -> str:
        """Return the id of a statistic, which is an exposed entity's id."""
        return self.entity(name, {}, value)

    def device(self, name: str, config: Config, value: Any) -> str:
        """Return the id of a device that has an exposed entity."""
        wanted = TargetFilter.from_device(config)
        exposed = [e for e in self._exposed(wanted) if e.device]
        named = [
            (e, (e.device.id, e.device.name_by_user or e.device.name))
            for e in exposed
            if e.device
        ]
        found = _meant(name, "device", coerce.as_text(value), named)
        ids = {e.device.id for e in found if e.device}
        if len(ids) > 1:
            raise ToolError(f"{name}: more than one device. {listing(found)}")
        return self._handed_on(name, ATTR_DEVICE_ID, ids.pop(), found)

    def area(self, name: str, config: Config, value: Any) -> str:
        """Return the id of an area with something exposed in it."""
        registry = ar.async_get(self.hass)
        known = {area.id for area in intent.find_areas(str(value), registry)}
        exposed = self._exposed(TargetFilter.from_target(config))
        named = [(e, (e.area.id, e.area.name)) for e in exposed if e.area]
        return self._of_place(name, ATTR_AREA_ID, value, known, named)

    def floor(self, name: str, config: Config, value: Any) -> str:
        """Return the id of a floor with something exposed on it."""
        registry = fr.async_get(self.hass)
        known = {floor.floor_id for floor in intent.find_floors(str(value), registry)}
        named = [
            (e, (floor.floor_id, floor.name))
            for e in self._exposed(TargetFilter.from_target(config))
            if e.area
            and e.area.floor_id
            and (floor := registry.async_get_floor(e.area.floor_id))
        ]
        return self._of_place(name, ATTR_FLOOR_ID, value, known, named)

    def label(self, name: str, _config: Config, value: Any) -> str:
        """Return the id of a label that something exposed has."""
        registry = lr.async_get(self.hass)
        named = [
            (e, (label.label_id, label.name))
            for e in self._exposed(TargetFilter())
            for label_id in (e.entry.labels if e.entry else ())
            if (label := registry.async_get_label(label_id))
        ]
        known = {
            id_
            for _, (id_, label_name) in named
            if str(value).casefold() in (id_.casefold(), str(label_name).casefold())
        }
        return self._of_place(name, ATTR_LABEL_ID, value, known, named)

    def config_entry(self, name: str, config: Config, value: Any) -> str:
        """Return the id of a loaded config entry, by its id or its title."""
        entries = loaded_entries(self.hass, config.get("integration"))
        wanted = coerce.as_text(value).strip().casefold()
        found = [
            entry.entry_id
            for entry in entries
            if wanted in (entry.entry_id.casefold(), entry.title.strip().casefold())
        ]
        if len(found) == 1:
            return found[0]
        titles = ", ".join(f'"{entry.title}"' for entry in entries) or "none"
        raise ToolError(f'{name}: "{value}" is not one of: {titles}.')

    def _exposed(self, wanted: TargetFilter) -> list[Exposed]:
        return exposed_entities(self.hass, self.llm_context.assistant, wanted)

    def _of_place(
        self,
        name: str,
        key: str,
        value: Any,
        known: set[str],
        named: Sequence[tuple[Exposed, tuple[str, str | None]]],
    ) -> str:
        """Return the one known id in which something is exposed. Raises ToolError."""
        what = key.removesuffix("_id")
        inside = [(e, names) for e, names in named if names[0] in known]
        ids = {names[0] for _, names in inside}
        if len(ids) != 1:
            there = ", ".join(sorted({f'"{names[1]}"' for _, names in named})) or "none"
            raise ToolError(f'{name}: "{value}" is not a known {what}: {there}.')
        return self._handed_on(name, key, ids.pop(), [e for e, _ in inside])

    def _handed_on(
        self, name: str, key: str, place_id: str, inside: Iterable[Exposed]
    ) -> str:
        """Return a place's id if what it hands on to is exposed. Raises ToolError."""
        if not self.has_target:
            self.referenced |= checked_place(
                self.hass, self.llm_context.assistant, name, key, place_id
            )
        self.referenced.update(e.entity_id for e in inside)
        return place_id


def _meant(
    name: str,
    what: str,
    value: str,
    named: Iterable[tuple[Exposed, tuple[str, str | None]]],
) -> list[Exposed]:
    """Return the entities one of whose two names is the value. Raises ToolError."""
    pairs = list(named)
    wanted = value.strip().casefold()
    found = [
        exposed
        for exposed, names in pairs
        if wanted in {n.strip().casefold() for n in names if n}
    ]
    if found:
        return found
    there = ", ".join(sorted({f'"{names[1]}"' for _, names in pairs})) or "none"
    raise ToolError(f'{name}: "{value}" is not a known {what}: {there}.')


_RESOLVERS: Final[
    Mapping[str, Callable[[ReferenceResolver, str, Config, Any], Any]]
] = {
    "area": ReferenceResolver.area,
    "config_entry": ReferenceResolver.config_entry,
    "device": ReferenceResolver.device,
    "entity": ReferenceResolver.entity,
    "floor": ReferenceResolver.floor,
    "label": ReferenceResolver.label,
    "statistic": ReferenceResolver.statistic,
    "target": ReferenceResolver.target,
}
