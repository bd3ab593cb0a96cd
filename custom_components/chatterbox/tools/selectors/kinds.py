"""How the selectors that hold plain values are offered and read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.helpers import selector

from . import coerce

type JsonSchema = dict[str, Any]
type Config = Mapping[str, Any]

TEXT: Final[JsonSchema] = {"type": "string"}


@dataclass(frozen=True, slots=True)
class Kind:
    """How one selector is offered to a model and how its answer is read.

    ``coerce`` raises ValueError with a message for the model; ``hint`` joins the
    field's description; ``confirm`` is False where Home Assistant's has no last word.
    """

    schema: Callable[[Config], JsonSchema]
    coerce: Callable[[Any, Config], Any]
    hint: Callable[[Config], str] = lambda _config: ""
    confirm: bool = True


def listed(
    schema: Callable[[Config], JsonSchema],
) -> Callable[[Config], JsonSchema]:
    """Return a schema maker that makes a list where ``multiple`` is set."""

    def made(config: Config) -> JsonSchema:
        one = schema(config)
        return {"type": "array", "items": one} if config.get("multiple") else one

    return made


def each(coerce_one: Callable[[Any, Config], Any]) -> Callable[[Any, Config], Any]:
    """Return a function that coerces every value of a list where one is wanted."""

    def coerced(value: Any, config: Config) -> Any:
        if not config.get("multiple"):
            return coerce_one(value, config)
        return [coerce_one(item, config) for item in coerce.as_list(value)]

    return coerced


def _number_schema(config: Config) -> JsonSchema:
    bounds = {"minimum": config.get("min"), "maximum": config.get("max")}
    return {"type": "number"} | {
        name: int(bound) if bound == int(bound) else bound
        for name, bound in bounds.items()
        if bound is not None
    }


def _coerce_number(value: Any, config: Config) -> float:
    return coerce.as_number(
        value, config.get("min"), config.get("max"), config.get("unit_of_measurement")
    )


def _unit(config: Config) -> str:
    return str(config.get("unit_of_measurement") or "")


def _color_temp(config: Config) -> dict[str, Any]:
    mired = config.get("unit") != "kelvin"
    return {
        "min": config.get("min", config.get("min_mireds")),
        "max": config.get("max", config.get("max_mireds")),
        "unit_of_measurement": "mireds" if mired else "K",
    }


def _options(config: Config) -> list[tuple[Any, str]]:
    return [
        (option["value"], option["label"])
        if isinstance(option, Mapping)
        else (option, str(option))
        for option in config.get("options", ())
    ]


def _select_schema(config: Config) -> JsonSchema:
    values = list(dict.fromkeys(value for value, _ in _options(config)))
    if not values or config.get("custom_value"):
        return dict(TEXT)
    return {"type": "string", "enum": values}


def _select_hint(config: Config) -> str:
    if not config.get("custom_value"):
        return ""
    return "e.g. " + ", ".join(str(value) for value, _ in _options(config)[:5])


def _coerce_select(value: Any, config: Config) -> Any:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    try:
        return coerce.as_option(value, _options(config))
    except ValueError:
        if config.get("custom_value"):
            return coerce.as_text(value)
        raise


def chosen(options: Callable[[Config], list[str]]) -> Kind:
    """Return the row of a selector whose answer is one of some known values."""

    def config_of(config: Config) -> Config:
        return {"options": options(config), "multiple": config.get("multiple")}

    return Kind(
        schema=lambda config: listed(_select_schema)(config_of(config)),
        coerce=lambda value, config: each(_coerce_select)(value, config_of(config)),
    )


def _device_classes(config: Config) -> list[str]:
    platforms = selector.DeviceClassSelector.SUPPORTED_PLATFORMS
    return selector._enum_options(config["domain"], platforms[config["domain"]])  # noqa: SLF001


def _state_classes(config: Config) -> list[str]:
    return list(
        config.get("state_classes")
        or selector._enum_options("sensor", "SensorStateClass")  # noqa: SLF001
    )


def _languages(config: Config) -> list[str]:
    return list(config.get("languages") or ())


def _countries(config: Config) -> list[str]:
    return list(config.get("countries") or ())


def chosen_or_text(options: Callable[[Config], list[str]]) -> Kind:
    """Return the row of a selector that may or may not list its values."""
    fixed = chosen(options)
    return Kind(
        schema=lambda config: fixed.schema(config) if options(config) else dict(TEXT),
        coerce=lambda value, config: (
            fixed.coerce(value, config) if options(config) else coerce.as_text(value)
        ),
    )


def _coerce_media(value: Any, _config: Config) -> dict[str, str]:
    value = coerce.from_json(value)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    keys = {"media_content_id", "media_content_type"}
    if not isinstance(value, Mapping) or not keys <= set(value):
        raise ValueError(f"{coerce.shown(value)} lacks {' and '.join(sorted(keys))}")
    return {key: coerce.as_text(value[key]) for key in sorted(keys)}


_MEDIA: Final[JsonSchema] = {
    "type": "object",
    "properties": {"media_content_id": TEXT, "media_content_type": TEXT},
    "required": ["media_content_id", "media_content_type"],
}


def _coerce_location(value: Any, _config: Config) -> dict[str, float]:
    value = coerce.from_json(value)
    if not isinstance(value, Mapping) or not {"latitude", "longitude"} <= set(value):
        raise ValueError(f"{coerce.shown(value)} lacks latitude and longitude")
    bounds = {"latitude": 90.0, "longitude": 180.0}
    coerced = {
        name: coerce.as_number(value[name], -bound, bound)
        for name, bound in bounds.items()
    }
    if value.get("radius") is not None:
        coerced["radius"] = coerce.as_number(value["radius"], 0, None)
    return coerced


def _location_schema(config: Config) -> JsonSchema:
    properties: JsonSchema = {
        "latitude": {"type": "number", "minimum": -90, "maximum": 90},
        "longitude": {"type": "number", "minimum": -180, "maximum": 180},
    }
    if config.get("radius"):
        properties["radius"] = {"type": "number", "minimum": 0}
    return {
        "type": "object",
        "properties": properties,
        "required": ["latitude", "longitude"],
        "additionalProperties": False,
    }


_LONGEST: Final = 1_000_000
"""Of each part of a duration; more overflows Home Assistant's timedelta."""


def _duration_schema(config: Config) -> JsonSchema:
    low = -_LONGEST if config.get("allow_negative") else 0
    part: JsonSchema = {"type": "number", "minimum": low, "maximum": _LONGEST}
    names = ["hours", "minutes", "seconds"]
    if config.get("enable_day"):
        names.insert(0, "days")
    return {
        "type": "object",
        "properties": {name: dict(part) for name in names},
        "minProperties": 1,
        "additionalProperties": False,
    }


def _coerce_duration(value: Any, config: Config) -> dict[str, float]:
    return coerce.as_duration(
        value, _LONGEST, negative=bool(config.get("allow_negative"))
    )


def _text_schema(_config: Config) -> JsonSchema:
    return dict(TEXT)


def _coerce_text(value: Any, _config: Config) -> str:
    return coerce.as_text(value)


def _type_of(value: str | float | bool) -> JsonSchema:
    names = {bool: "boolean", int: "integer", str: "string"}
    return {"type": names[type(value)]}


TEXT_KIND: Final = Kind(schema=listed(_text_schema), coerce=each(_coerce_text))

PLAIN: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(
        (
            "addon",
            "app",
            "assist_pipeline",
            "attribute",
            "conversation_agent",
            "icon",
            "serial_port",
            "state",
            "text",
            "theme",
            "unit_of_measurement",
        ),
        TEXT_KIND,
    ),
    "backup_location": Kind(
        lambda _config: {"type": "string", "pattern": r"^(/backup|\w+)$"}, _coerce_text
    ),
    "template": Kind(_text_schema, _coerce_text, confirm=False),
    "boolean": Kind(
        lambda _config: {"type": "boolean"},
        lambda value, _config: coerce.as_boolean(value),
    ),
    "constant": Kind(
        lambda config: {"enum": [config["value"]]} | _type_of(config["value"]),
        lambda value, config: coerce.as_option(
            value, [(config["value"], str(config.get("label") or config["value"]))]
        ),
    ),
    "number": Kind(_number_schema, _coerce_number, _unit),
    "color_temp": Kind(
        lambda config: _number_schema(_color_temp(config)),
        lambda value, config: _coerce_number(value, _color_temp(config)),
        lambda config: _unit(_color_temp(config)),
    ),
    "color_rgb": Kind(
        lambda _config: {
            "type": "array",
            "items": {"type": "integer", "minimum": 0, "maximum": 255},
            "minItems": 3,
            "maxItems": 3,
        },
        lambda value, _config: coerce.as_rgb(value),
        lambda _config: "[red, green, blue]",
    ),
    "select": Kind(listed(_select_schema), each(_coerce_select), _select_hint),
    "device_class": chosen(_device_classes),
    "state_class": chosen(_state_classes),
    "language": chosen_or_text(_languages),
    "country": chosen_or_text(_countries),
    "date": Kind(
        lambda _config: {"type": "string", "format": "date"},
        lambda value, _config: coerce.as_date(value),
    ),
    "datetime": Kind(
        _text_schema,
        lambda value, _config: coerce.as_datetime(value),
        lambda _config: "local, YYYY-MM-DD HH:MM:SS",
    ),
    "time": Kind(
        _text_schema,
        lambda value, _config: coerce.as_time(value),
        lambda _config: "HH:MM:SS",
    ),
    "duration": Kind(_duration_schema, _coerce_duration),
    "location": Kind(_location_schema, _coerce_location),
    "media": Kind(
        listed(lambda _config: dict(_MEDIA)), each(_coerce_media), confirm=False
    ),
}
