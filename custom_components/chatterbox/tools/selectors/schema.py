"""What a selector is to a model: a JSON Schema, and the way to read an answer.

Valid under draft 2020-12, and of that only what model servers understand: no ``$ref``,
no tuple of items, no formats but ``date``.
"""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.helpers import selector
from homeassistant.util.yaml import parse_yaml
import probatio

from . import coerce
from .kinds import PLAIN, TEXT_KIND, Config, JsonSchema, Kind, each, listed

REFERENCES: Final = frozenset(
    {
        "area",
        "config_entry",
        "device",
        "entity",
        "floor",
        "label",
        "statistic",
        "target",
    }
)
"""Selectors whose answer names a thing in the home; resolved in `references`."""

UNSUPPORTED: Final[Mapping[str, str]] = {
    "action": "runs any action, past what is exposed",
    "condition": "reads any state, past what is exposed",
    "trigger": "has no meaning in a call",
    "file": "takes an upload that only the frontend can make",
    "numeric_threshold": "belongs to triggers and conditions",
    "automation_behavior": "belongs to triggers and conditions",
    "qr_code": "shows, takes nothing",
}
"""Selectors that a model gets no parameter for, and why."""


def json_schema(kind: str | None, config: Config, example: Any = None) -> JsonSchema:
    """Return the schema of a selector's answer, without a description."""
    if kind == "object" and not config.get("fields"):
        return _like(example)
    return KINDS.get(kind or "", _FREE).schema(config)


def hint(kind: str | None, config: Config) -> str:
    """Return what a description should add: a unit, a format, or nothing."""
    return KINDS.get(kind or "", _FREE).hint(config)


def coerce_value(kind: str | None, config: Config, value: Any) -> Any:
    """Return what the service takes for what a model sent. Raises ValueError."""
    row = KINDS.get(kind or "", _FREE)
    coerced = row.coerce(value, config)
    if not row.confirm or kind not in KINDS or kind in REFERENCES:
        return coerced
    try:
        selector.selector({kind: dict(config)})(coerced)  # type: ignore[operator]
    except (probatio.Invalid, TypeError, OverflowError) as err:
        raise ValueError(str(err)) from err
    return coerced


def _like(example: Any) -> JsonSchema:
    if isinstance(example, str):
        try:
            example = parse_yaml(example)
        except Exception:  # An example may be prose that YAML refuses.
            example = None
    if isinstance(example, list):
        return {"type": "array", "items": dict(_like_item(example))}
    if isinstance(example, str):
        return {"type": "string"}
    if isinstance(example, int | float) and not isinstance(example, bool):
        return {"type": "number"}
    return {"type": "object"}


def _like_item(items: list[Any]) -> JsonSchema:
    if items and all(type(item) in (int, float) for item in items):
        return {"type": "number"}
    if items and all(isinstance(item, str) for item in items):
        return {"type": "string"}
    return {}


def _object_schema(config: Config) -> JsonSchema:
    return {
        "type": "object",
        "properties": {
            name: _described(
                hint(*selector_of(field)), json_schema(*selector_of(field))
            )
            for name, field in config["fields"].items()
        },
        "required": [
            n for n, field in config["fields"].items() if field.get("required")
        ],
        "additionalProperties": False,
    }


def _described(words: str, schema: JsonSchema) -> JsonSchema:
    return {"description": words, **schema} if words else schema


def selector_of(field: Config) -> tuple[str, Config]:
    """Return the selector of an object's field: its kind and its config."""
    inner = field["selector"]
    if isinstance(inner, selector.Selector):
        return inner.selector_type, inner.config
    ((kind, config),) = inner.items()
    return kind, config or {}


def _coerce_object(value: Any, config: Config) -> Any:
    value = coerce.from_json(value)
    fields: Config = config.get("fields") or {}
    if not fields:
        return value
    if not isinstance(value, Mapping):
        raise ValueError(f"{coerce.shown(value)} is not an object")  # noqa: TRY004
    if unknown := [name for name in value if name not in fields]:
        raise ValueError(f"{unknown[0]!r} is not one of: {', '.join(fields)}")
    missing = [
        n for n, field in fields.items() if field.get("required") and n not in value
    ]
    if missing:
        raise ValueError(f"{', '.join(missing)} is missing")
    coerced = {}
    for name, inner in value.items():
        try:
            coerced[name] = coerce_value(*selector_of(fields[name]), inner)
        except ValueError as err:
            raise ValueError(f"{name}: {err}") from err
    return coerced


def _coerce_objects(value: Any, config: Config) -> Any:
    if not config.get("fields"):
        return coerce.from_json(value)
    return each(_coerce_object)(value, config)


def _choose_schema(config: Config) -> JsonSchema:
    return {
        "anyOf": [
            json_schema(*selector_of(choice)) for choice in config["choices"].values()
        ]
    }


def _coerce_choose(value: Any, config: Config) -> Any:
    reasons = []
    for choice in config["choices"].values():
        try:
            return coerce_value(*selector_of(choice), value)
        except ValueError as err:
            reasons.append(str(err))
    raise ValueError("; ".join(dict.fromkeys(reasons)))


_FREE: Final = Kind(
    schema=lambda _config: {"type": "string"},
    coerce=lambda value, _config: coerce.from_json(value),
)
_REFERENCE: Final = Kind(
    schema=TEXT_KIND.schema, coerce=TEXT_KIND.coerce, hint=lambda _config: "name or id"
)

KINDS: Final[Mapping[str, Kind]] = {
    **PLAIN,
    **dict.fromkeys(REFERENCES, _REFERENCE),
    "target": Kind(
        schema=lambda _config: {"type": "array", "items": {"type": "string"}},
        coerce=lambda value, _config: value,
        hint=lambda _config: "names or entity ids",
    ),
    "object": Kind(listed(_object_schema), _coerce_objects, confirm=False),
    "choose": Kind(_choose_schema, _coerce_choose, confirm=False),
}
