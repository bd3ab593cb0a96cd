"""A home as a file describes it: areas, floors, devices, entities."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import yaml  # type: ignore[import-untyped]

OFF: Final[Mapping[str, tuple[str, str]]] = {
    "cover": ("open", "closed"),
    "valve": ("open", "closed"),
    "lock": ("locked", "unlocked"),
}
"""What true and false mean as a state, where it is not on and off."""


class EvaluationFileError(Exception):
    """A file is not what it should be; the text says where, and what is wrong."""


@dataclass(frozen=True, slots=True)
class Area:
    """An area, and the floor that it is on."""

    id: str
    name: str
    floor: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Device:
    """A device, which may be where something is said."""

    id: str
    name: str
    area: str | None = None
    manufacturer: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity, and how it is at first."""

    id: str
    name: str
    area: str | None = None
    device: str | None = None
    state: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    exposed: bool = True

    @property
    def domain(self) -> str:
        """The domain of the entity id."""
        return self.id.partition(".")[0]

    def changed(self, change: Change) -> Entity:
        """Return the entity as a task's setup has it."""
        return replace(
            self,
            state=self.state if change.state is None else change.state,
            attributes={**self.attributes, **change.attributes},
        )


@dataclass(frozen=True, slots=True)
class Change:
    """A state and attributes, of a setup or an expectation; None is not said."""

    state: Any = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Home:
    """A home."""

    name: str
    areas: tuple[Area, ...]
    devices: tuple[Device, ...]
    entities: tuple[Entity, ...]

    def set_up(self, setup: Mapping[str, Change]) -> Home:
        """Return the home as a task's setup has it.

        Raises EvaluationFileError if there is no such entity.
        """
        self.check_known(setup)
        entities = tuple(
            entity.changed(setup[entity.id]) if entity.id in setup else entity
            for entity in self.entities
        )
        return replace(self, entities=entities)

    def check_known(self, entity_ids: Iterable[str]) -> None:
        """Raise EvaluationFileError if there is an entity that the home has not."""
        known = {entity.id for entity in self.entities}
        if unknown := sorted(set(entity_ids) - known):
            raise EvaluationFileError(f"{self.name} has no {', '.join(unknown)}")


def read_yaml(path: Path) -> dict[str, Any]:
    """Return what a file holds. Raises EvaluationFileError if it is not a mapping."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise EvaluationFileError(f"{path}: {err.strerror}") from err
    except (yaml.YAMLError, UnicodeDecodeError) as err:
        problem = str(err).replace("\n", " ")
        raise EvaluationFileError(f"{path} is not YAML: {problem}") from err
    if not isinstance(data, dict):
        raise EvaluationFileError(f"{path} holds no mapping of keys to values")
    return data


def load_home(path: Path, name: str | None = None) -> Home:
    """Read a home. Raises EvaluationFileError."""
    data = read_yaml(path)
    if not data.get("entities"):
        raise EvaluationFileError(f"{path} is no home: it has no `entities`")
    try:
        home = Home(
            name=name or path.parent.name,
            areas=tuple(_area(item) for item in data.get("areas") or ()),
            devices=tuple(_device(item) for item in data.get("devices") or ()),
            entities=tuple(_entity(item) for item in data["entities"]),
        )
    except KeyError as err:
        raise EvaluationFileError(f"{path}: an entry has no {err}") from err
    except (TypeError, AttributeError, ValueError) as err:
        raise EvaluationFileError(f"{path}: {err}") from err
    _check(path, home)
    return home


def _check(path: Path, home: Home) -> None:
    """Raise EvaluationFileError if a name is used twice or refers to nothing."""
    areas = {area.id for area in home.areas}
    devices = {device.id for device in home.devices}
    seen: set[str] = set()
    for entity in home.entities:
        if entity.id in seen:
            raise EvaluationFileError(f"{path}: {entity.id} is there twice")
        seen.add(entity.id)
        if entity.device is not None and entity.device not in devices:
            raise EvaluationFileError(f"{path}: no device {entity.device}")
    places: tuple[Device | Entity, ...] = (*home.devices, *home.entities)
    for place in places:
        if place.area is not None and place.area not in areas:
            raise EvaluationFileError(f"{path}: no area {place.area} for {place.id}")


def _area(item: Mapping[str, Any]) -> Area:
    aliases = tuple(item.get("aliases") or ())
    return Area(item["id"], item["name"], item.get("floor"), aliases)


def _device(item: Mapping[str, Any]) -> Device:
    info = {key: str(value) for key, value in (item.get("info") or {}).items()}
    return Device(
        item["id"],
        item["name"],
        item.get("area"),
        info.get("manufacturer"),
        info.get("model"),
    )


def _entity(item: Mapping[str, Any]) -> Entity:
    # Ids are lower case in Home Assistant, whatever a file says.
    entity_id = str(item["id"]).lower()
    domain, _, object_id = entity_id.partition(".")
    if not object_id:
        raise ValueError(f"{entity_id} is no entity id")
    return Entity(
        id=entity_id,
        name=item["name"],
        area=item.get("area"),
        device=item.get("device"),
        state=state_text(domain, item.get("state")),
        attributes=item.get("attributes") or {},
        aliases=tuple(item.get("aliases") or ()),
        exposed=item.get("exposed", True),
    )


def state_text(domain: str, state: Any) -> str | None:
    """Return a state as Home Assistant writes it; YAML reads `on` as true."""
    if isinstance(state, Mapping):
        state = state.get("out")
    if state is None:
        return None
    if isinstance(state, bool):
        return OFF.get(domain, ("on", "off"))[0 if state else 1]
    return str(state)
