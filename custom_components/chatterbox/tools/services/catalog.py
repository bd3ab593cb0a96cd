"""The service tools of the home, made once and kept until something changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
import logging
from typing import Any, Final

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED
from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import CoreState, HomeAssistant, SupportsResponse, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.service import async_get_all_descriptions
from homeassistant.helpers.singleton import singleton
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util.hass_dict import HassKey

from ..exposure.entity_filter import TargetFilter
from ..exposure.exposed import exposed_entities
from ..exposure.features import ever_supported
from ..home_changes import async_listen_home
from .annotations import annotations_of
from .fields import NotOfferedError, Translate, fields_of
from .target_schema import target_schema
from .tool import ServiceTool

_LOGGER = logging.getLogger(__name__)

_CATALOG: HassKey[ServiceCatalog] = HassKey("chatterbox_service_catalog")

_NO_DESCRIPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {}


@singleton(_CATALOG)
@callback
def async_get_catalog(hass: HomeAssistant) -> ServiceCatalog:
    """Return the one catalog of the home. It listens as long as Home Assistant runs."""
    return ServiceCatalog(hass)


@dataclass(frozen=True, slots=True)
class _Made:
    generation: int
    descriptions: Mapping[str, Mapping[str, Any]]
    tools: dict[tuple[str, str], ServiceTool | None] = field(default_factory=dict)
    """By assistant and ``domain.service``; None if it is not offered."""
    lists: dict[tuple[str, tuple[str, ...]], tuple[ServiceTool, ...]] = field(
        default_factory=dict
    )


class ServiceCatalog:
    """Makes tools of services."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._generation = 0
        self._made: _Made | None = None
        self._missing: set[str] = set()
        async_listen_home(hass, self._changed)
        hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._changed)
        async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._changed)

    @callback
    def _changed(self, *_: Any) -> None:
        self._generation += 1

    async def async_get_tools(
        self, services: Iterable[str], assistant: str
    ) -> tuple[ServiceTool, ...]:
        """Return the tools that something exposed can be the target of, sorted."""
        wanted = tuple(sorted(set(services)))
        made = await self._async_made()
        self._note_missing(wanted, made.descriptions)
        if (known := made.lists.get((assistant, wanted))) is not None:
            return known
        missing = [name for name in wanted if (assistant, name) not in made.tools]
        translations = await self._async_translations(missing)
        for name in missing:
            made.tools[assistant, name] = self._make(
                name, made.descriptions, translations, assistant
            )
        tools = tuple(tool for name in wanted if (tool := made.tools[assistant, name]))
        made.lists[assistant, wanted] = tools
        return tools

    async def _async_made(self) -> _Made:
        descriptions = await async_get_descriptions(self._hass)
        made = self._made
        if (
            made is None
            or made.generation != self._generation
            or made.descriptions is not descriptions
        ):
            made = self._made = _Made(self._generation, descriptions)
        return made

    async def _async_translations(self, services: Iterable[str]) -> dict[str, str]:
        domains = {name.partition(".")[0] for name in services}
        if not domains:
            return {}
        return await async_get_translations(
            self._hass, self._hass.config.language, "services", domains
        )

    def _note_missing(
        self, wanted: tuple[str, ...], descriptions: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Say once that a chosen service has gone, and that it is back."""
        if self._hass.state is not CoreState.running:
            # While Home Assistant starts, most are still to come.
            return
        for name in wanted:
            domain, _, service = name.partition(".")
            there = service in descriptions.get(domain, ())
            if there and name in self._missing:
                self._missing.discard(name)
                _LOGGER.info("The service %s is back", name)
            elif not there and name not in self._missing:
                self._missing.add(name)
                _LOGGER.warning(
                    "The chosen service %s is not there; it is left out until it is",
                    name,
                )

    def _make(
        self,
        name: str,
        descriptions: Mapping[str, Mapping[str, Any]],
        translations: Mapping[str, str],
        assistant: str,
    ) -> ServiceTool | None:
        domain, _, service = name.partition(".")
        description = descriptions.get(domain, {}).get(service)
        if description is None:
            return None
        try:
            return make_tool(
                self._hass,
                name,
                description,
                translations,
                assistant=assistant,
            )
        except NotOfferedError as err:
            _LOGGER.debug("%s is not offered: %s", name, err)
        except Exception:
            # A custom integration's description can be anything. It costs its own
            # tool, not the agent.
            _LOGGER.exception("No tool can be made of the service %s", name)
        return None


async def async_get_descriptions(
    hass: HomeAssistant,
) -> Mapping[str, Mapping[str, Any]]:
    """Return the descriptions of all services, by domain and service."""
    try:
        return await async_get_all_descriptions(hass)
    except Exception:
        # One integration's unreadable file keeps Home Assistant from reading any.
        # An agent without actions is better than none.
        _LOGGER.exception("The actions of Home Assistant cannot be listed")
        return _NO_DESCRIPTIONS


def make_tool(
    hass: HomeAssistant,
    name: str,
    description: Mapping[str, Any],
    translations: Mapping[str, str],
    *,
    assistant: str | None,
) -> ServiceTool:
    """Return the tool of ``domain.service``. Raises NotOfferedError."""
    domain, _, service = name.partition(".")
    translate = _translator(domain, service, description, translations)
    target, parts, exposed = None, {}, None
    if "target" in description:
        target = TargetFilter.from_target(description["target"])
        if assistant is not None:
            exposed = exposed_entities(hass, assistant, target, ever_supported)
            if not exposed:
                raise NotOfferedError(f"no {target.noun} is exposed")
    fields = tuple(fields_of(hass, domain, description, translate, exposed))
    if target is not None:
        parts = target_schema(exposed, {field.name for field in fields})
    answers = response_of(description)
    title = translate("name") or description.get("name")
    words = translate("description") or description.get("description") or title
    return ServiceTool(
        domain,
        service,
        title=title,
        description=" ".join(str(words or name).split()),
        fields=fields,
        target=target,
        target_schema=parts,
        answers=answers,
        annotations=annotations_of(name, answers),
    )


def response_of(description: Mapping[str, Any]) -> SupportsResponse:
    """Return whether a service answers, by its description."""
    if (response := description.get("response")) is None:
        return SupportsResponse.NONE
    return SupportsResponse.OPTIONAL if response["optional"] else SupportsResponse.ONLY


def _translator(
    domain: str,
    service: str,
    description: Mapping[str, Any],
    translations: Mapping[str, str],
) -> Translate:
    prefix = f"component.{domain}.services.{service}."
    placeholders = description.get("description_placeholders") or {}

    def translate(key: str) -> str | None:
        text = translations.get(prefix + key)
        for name, value in placeholders.items() if text else ():
            text = text.replace(f"{{{name}}}", str(value)) if text else text
        return text

    return translate
