"""Every service that Home Assistant ships makes a tool that a model can call."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
import re
from typing import Any

from homeassistant import components
from homeassistant.core import HomeAssistant
from homeassistant.helpers import service as service_helper
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util.yaml import load_yaml_dict
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st
from hypothesis_jsonschema import from_schema
from jsonschema import Draft202012Validator
import pytest

from custom_components.chatterbox.tools.calls import ToolError
from custom_components.chatterbox.tools.exposure.guard import texts
from custom_components.chatterbox.tools.services.catalog import make_tool
from custom_components.chatterbox.tools.services.tool import ServiceTool

_FOLDER = Path(components.__path__[0])
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_WRITTEN_OUT = {
    "local, YYYY-MM-DD HH:MM:SS": st.datetimes().map(
        lambda value: value.isoformat(sep=" ")
    ),
    "HH:MM:SS": st.times().map(lambda value: value.isoformat(timespec="seconds")),
}
"""Texts whose description, not their schema, says how they are written. No format of
JSON Schema is a local time, and a pattern that knows the length of months is long."""


def _descriptions() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every service as Home Assistant reads it."""
    for path in sorted(_FOLDER.glob("*/services.yaml")):
        services = service_helper._SERVICES_SCHEMA(load_yaml_dict(str(path)))
        for service, description in services.items():
            yield f"{path.parent.name}.{service}", description or {}


@pytest.fixture(scope="module")
def descriptions() -> dict[str, Mapping[str, Any]]:
    """Return all services by name."""
    return dict(_descriptions())


@pytest.fixture
async def tools(
    hass: HomeAssistant, descriptions: dict[str, Mapping[str, Any]]
) -> list[ServiceTool]:
    """Return a tool of every service, as if all it can act on were exposed."""
    domains = {name.partition(".")[0] for name in descriptions}
    translations = await async_get_translations(hass, "en", "services", domains)
    return [
        make_tool(hass, name, description, translations, assistant=None)
        for name, description in descriptions.items()
    ]


async def test_home_assistant_ships_what_we_think_it_does(
    tools: list[ServiceTool],
) -> None:
    """The walk finds the services, so that the tests below are about something."""
    kinds = Counter(field.kind for tool in tools for field in tool.fields.values())
    assert len(tools) > 1000
    assert kinds["number"] > 400
    assert kinds["entity"] > 100
    assert sum(tool.target is not None for tool in tools) > 400


async def test_schemas_are_valid(tools: list[ServiceTool]) -> None:
    """Each schema is valid under draft 2020-12 and plain at the top."""
    for tool in tools:
        Draft202012Validator.check_schema(tool.json_schema)
        assert tool.json_schema["type"] == "object", tool
        assert not {"anyOf", "oneOf", "allOf"} & set(tool.json_schema), tool


async def test_names_are_legal_and_unique(tools: list[ServiceTool]) -> None:
    """Each name is one that every model server takes."""
    assert all(_NAME.fullmatch(tool.name) for tool in tools)
    assert len({tool.name for tool in tools}) == len(tools)


async def test_everything_is_described(tools: list[ServiceTool]) -> None:
    """Each tool has its translated description, and no text a placeholder left."""
    for tool in tools:
        assert tool.description != f"{tool.domain}.{tool.service}", tool
        assert "component." not in tool.description


async def test_generated_arguments_pass(tools: list[ServiceTool]) -> None:
    """What a schema allows, the tool's own validation allows."""
    passed: Counter[str | None] = Counter()
    for tool in tools:
        made = _values(tool.json_schema)
        for args in _generated(made, tool, 8):
            if any(
                "{{" in text or "{%" in text or "{#" in text for text in texts(args)
            ):
                with pytest.raises(ToolError, match="templates"):
                    tool.validate(args)
                continue
            data = tool.validate(args).data
            assert set(data) == set(args) & set(tool.fields)
            passed.update(tool.fields[name].kind for name in data)
    assert passed.total() > 8000
    assert {field.kind for tool in tools for field in tool.fields.values()} == set(
        passed
    )


async def test_any_arguments_are_read_or_refused(tools: list[ServiceTool]) -> None:
    """Whatever a model sends, nothing but a message for it comes of it."""
    refused = 0
    for tool in tools:
        names = [*tool.fields, "area", "target", "nonsense"]
        made = st.dictionaries(st.sampled_from(names), _JSON, min_size=1, max_size=4)
        for args in _generated(made, tool, 2):
            try:
                tool.validate(args)
            except ToolError:
                refused += 1
    assert refused > 1000


def _generated(
    made: st.SearchStrategy[dict[str, Any]], tool: ServiceTool, count: int
) -> list[dict[str, Any]]:
    """Return what a strategy generates for a tool, the same in every run."""
    examples: list[dict[str, Any]] = []

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @seed(tool.name)
    @given(made)
    def collect(args: dict[str, Any]) -> None:
        examples.append(args)

    collect()
    return examples


def _values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return what generates values of a schema.

    hypothesis-jsonschema makes all but objects: how it does relies on a part of
    Hypothesis that has changed since.
    """
    for words, made in _WRITTEN_OUT.items():
        if schema.get("description", "").rstrip(")").endswith(words):
            return made
    if schema.get("type") == "array" and "minItems" not in schema:
        return st.lists(_values(schema["items"]), max_size=3)
    if schema.get("type") == "object" and "properties" in schema:
        parts = {name: _values(part) for name, part in schema["properties"].items()}
        required = {name: parts.pop(name) for name in schema.get("required", ())}
        least = schema.get("minProperties", 0)
        return st.fixed_dictionaries(required, optional=parts).filter(
            lambda value: len(value) >= least
        )
    if schema.get("type") == "object" or not set(schema) - {"description"}:
        return st.dictionaries(st.text(), _JSON, max_size=3)
    return from_schema(schema)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=5,
)
