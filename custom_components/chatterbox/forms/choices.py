"""What an agent's form offers to pick from, so that nobody has to type a name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er, llm
from homeassistant.helpers.selector import SelectOptionDict
from homeassistant.helpers.translation import async_get_translations

from ..const import (
    CONF_CACHED_TOOLS,
    CONF_INTEGRATION_CAPS,
    CONF_STAND_INS,
    CONF_TOOL_DEADLINES,
    DOMAIN,
)
from ..tools.api import nobodys_context
from ..tools.dispatch.limits import INTEGRATION_CAPS
from ..tools.naming import merge_tools, unwrap
from ..tools.services_api import is_ours
from .actions import ServiceChoices, async_service_choices, with_missing

ROW_TOOL: Final = "tool"
ROW_INTEGRATION: Final = "integration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What can be picked; what an agent has already is among it, marked if it is gone."""

    services: ServiceChoices = field(default_factory=ServiceChoices)
    kept: tuple[SelectOptionDict, ...] = ()
    timed: tuple[SelectOptionDict, ...] = ()
    integrations: tuple[SelectOptionDict, ...] = ()
    models: tuple[SelectOptionDict, ...] = ()

    def with_agent(self, data: Mapping[str, Any]) -> Self:
        """Return the choices with what the lists of an agent have."""
        return replace(
            self,
            kept=with_missing(self.kept, _rows(data, CONF_CACHED_TOOLS, ROW_TOOL)),
            timed=with_missing(self.timed, _rows(data, CONF_TOOL_DEADLINES, ROW_TOOL)),
            integrations=with_missing(
                self.integrations, _rows(data, CONF_INTEGRATION_CAPS, ROW_INTEGRATION)
            ),
            models=with_missing(self.models, data.get(CONF_STAND_INS) or ()),
        )


async def async_choices(
    hass: HomeAssistant,
    data: Mapping[str, Any] | None = None,
    models: Iterable[SelectOptionDict] = (),
) -> Choices:
    """Return what an agent can pick; `models` could stand in for its own."""
    services = await async_service_choices(hass, data)
    tools = [
        SelectOptionDict(value=name, label=label)
        for name, label in (await async_api_tools(hass)).items()
    ]
    offered = (*services.there, *tools)
    return Choices(
        services=services,
        kept=offered,
        timed=offered,
        integrations=await _async_integrations(hass),
        models=tuple(models),
    ).with_agent(data or {})


async def async_api_tools(hass: HomeAssistant) -> dict[str, str]:
    """Return the names of the tools of all LLM APIs, with labels to pick them by."""
    groups: list[tuple[str, list[llm.Tool]]] = []
    for api in llm.async_get_apis(hass):
        if is_ours(api.id):
            continue
        try:
            instance = await api.async_get_api_instance(nobodys_context(hass))
        except HomeAssistantError:
            continue
        groups.append((api.name, instance.tools))
    api_of = {id(unwrap(tool)): name for name, tools in groups for tool in tools}
    # Under the names that an agent with all of them has: two APIs may have one alike.
    return {
        tool.name: f"{api_of[id(unwrap(tool))]}: {tool.title or tool.name}"
        for tool in merge_tools(groups)
    }


async def _async_integrations(hass: HomeAssistant) -> tuple[SelectOptionDict, ...]:
    registry = er.async_get(hass)
    domains = {entry.platform for entry in registry.entities.values()}
    domains |= {*hass.config_entries.async_domains(), *INTEGRATION_CAPS} - {DOMAIN}
    titles = await async_get_translations(hass, hass.config.language, "title", domains)
    options = [
        SelectOptionDict(value=domain, label=f"{title} ({domain})")
        for domain in domains
        for title in [titles.get(f"component.{domain}.title") or domain]
    ]
    return tuple(sorted(options, key=lambda option: option["label"].casefold()))


def _rows(data: Mapping[str, Any], key: str, name: str) -> Iterable[str]:
    return [row[name] for row in data.get(key) or ()]
