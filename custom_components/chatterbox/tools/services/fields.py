"""The fields of a service, as a model gets to see them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity import get_capability

from ..exposure.entity_filter import supports
from ..exposure.exposed import Exposed
from ..exposure.features import ever_supported
from ..selectors.kinds import Config, JsonSchema
from ..selectors.schema import UNSUPPORTED, hint, json_schema
from ..target_keys import SELECTION_KEYS
from .references import loaded_entries

_PLACE_FIELDS: Final = frozenset(SELECTION_KEYS) - {ATTR_ENTITY_ID}
"""Left out where a service takes entity ids: what they name becomes entity ids."""

_ENTITY_FIELDS: Final = frozenset({"entity_id", "entity_ids"})
"""Fields that hold entity ids even where services.yaml calls them something else."""

_MAX_CHOICES: Final = 20
"""Config entries that are listed by title; more would only cost tokens."""

type Translate = Callable[[str], str | None]
"""Gives the text of ``fields.<field>.description`` and the like."""


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter of a service."""

    name: str
    kind: str | None
    """Selector; None where services.yaml has none."""
    config: Config
    required: bool
    schema: JsonSchema
    default: Any = None
    """Filled in where a required field has but one value, which is not offered."""


class NotOfferedError(Exception):
    """A service that a model cannot call; the message says why."""


def fields_of(
    hass: HomeAssistant,
    domain: str,
    description: Mapping[str, Any],
    translate: Translate,
    exposed: list[Exposed] | None,
) -> list[Field]:
    """Return the fields that a model can fill, in order. Raises NotOfferedError."""
    declared = dict(_flatten(description.get("fields") or {}))
    takes_entities = "target" in description or "entity_id" in declared
    fields = []
    for name, config in declared.items():
        required = bool(config.get("required"))
        if (config.get("advanced") and not required) or (
            takes_entities and name in _PLACE_FIELDS
        ):
            continue
        if not _supported(hass, config.get("filter"), exposed):
            continue
        kind, settings = _selector(domain, name, config)
        if kind is None or kind not in UNSUPPORTED:
            default, choices = _config_entries(hass, kind, settings)
            schema = json_schema(kind, settings, config.get("example")) | choices
            if words := _describe(name, kind, settings, config, translate):
                schema = {"description": words, **schema}
            fields.append(Field(name, kind, settings, required, schema, default))
        elif required:
            raise NotOfferedError(f"{name} {UNSUPPORTED[kind]}")
    return fields


def _flatten(fields: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, config in fields.items():
        if isinstance(config, Mapping) and "fields" in config:
            yield from _flatten(config["fields"])
        else:
            yield name, config or {}


def _selector(
    domain: str, name: str, config: Mapping[str, Any]
) -> tuple[str | None, Config]:
    selector = config.get("selector") or {}
    kind = next(iter(selector), None)
    settings = (selector.get(kind) if kind else None) or {}
    if name in _ENTITY_FIELDS and kind in (None, "text", "object", "template"):
        several = kind == "object" or bool(settings.get("multiple"))
        return "entity", {"multiple": several}
    if kind == "config_entry":
        return kind, {"integration": domain, **settings}
    return kind, settings


def _config_entries(
    hass: HomeAssistant, kind: str | None, settings: Config
) -> tuple[str | None, JsonSchema]:
    if kind != "config_entry":
        return None, {}
    entries = loaded_entries(hass, settings["integration"])
    if len(entries) == 1:
        return entries[0].entry_id, {}
    titles = sorted({entry.title for entry in entries})
    return None, {"enum": titles} if 1 < len(titles) <= _MAX_CHOICES else {}


def _describe(
    name: str,
    kind: str | None,
    settings: Config,
    config: Mapping[str, Any],
    translate: Translate,
) -> str:
    text = (
        translate(f"fields.{name}.description")
        or config.get("description")
        or translate(f"fields.{name}.name")
        or config.get("name")
        or ""
    )
    extra = hint(kind, settings)
    if kind == "object" and not settings.get("fields"):
        extra = f"e.g. {config['example']}" if config.get("example") else ""
    return " ".join((f"{text} ({extra})" if text and extra else text or extra).split())


def _supported(
    hass: HomeAssistant,
    wanted: Mapping[str, Any] | None,
    exposed: list[Exposed] | None,
) -> bool:
    if not wanted or exposed is None:
        return True
    return any(_supports(hass, wanted, item.entity_id) for item in exposed)


def _supports(hass: HomeAssistant, wanted: Mapping[str, Any], entity_id: str) -> bool:
    try:
        masks = wanted.get("supported_features") or ()
        if supports(hass, entity_id, masks, ever_supported):
            return True
        return any(
            set(values) & set(_several(get_capability(hass, entity_id, attribute)))
            for attribute, values in (wanted.get("attribute") or {}).items()
        )
    except HomeAssistantError:
        # The entity went away while we looked.
        return False


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple | set) else [value]
