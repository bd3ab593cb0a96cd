"""The actions that an agent's form offers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.components import conversation
from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.helpers.selector import SelectOptionDict
from homeassistant.helpers.translation import async_get_translations

from ..const import CONF_SERVICES, CONF_SERVICES_NOT_AWAITED
from ..tools.exposure.entity_filter import TargetFilter
from ..tools.exposure.exposed import is_exposed
from ..tools.services.catalog import async_get_descriptions, response_of
from ..tools.services.rules import chosen_at_first, harm_of

HARMFUL_MARK: Final = "⚠️"
_NOTHING: Final = "-"
_NAMED: Final = 6
"""Entities that the hint on what to expose names at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChoices:
    """What can be chosen, what a new agent starts with, and what has to be exposed."""

    options: tuple[SelectOptionDict, ...] = ()
    """Those that only answer, those that act, those that can harm the system."""
    acting: tuple[SelectOptionDict, ...] = ()
    """Those that act, for which an agent need not wait."""
    at_first: tuple[str, ...] = ()
    not_exposed: str = _NOTHING
    """Entities that chosen actions could work on if they were exposed."""


@dataclass(frozen=True, slots=True)
class _Service:
    name: str
    """``domain.service``."""
    label: str
    answers: SupportsResponse
    description: Mapping[str, Any]

    @property
    def order(self) -> tuple[int, str]:
        """Return the sort key: by use, then by what it is called."""
        if harm_of(self.name):
            return 2, self.label.casefold()
        return int(self.answers is not SupportsResponse.ONLY), self.label.casefold()

    @property
    def option(self) -> SelectOptionDict:
        """Return it as the form shows it, and finds it by any part of the text."""
        mark = f"{HARMFUL_MARK} " if harm_of(self.name) else ""
        return SelectOptionDict(
            value=self.name, label=f"{mark}{self.label} ({self.name})"
        )


async def async_service_choices(
    hass: HomeAssistant, data: Mapping[str, Any] | None = None
) -> ServiceChoices:
    """Return what an agent with this data, or a new one, can choose.

    A chosen action that is not there stays selectable.
    """
    services = sorted(await _async_services(hass), key=lambda s: s.order)
    at_first = tuple(s.name for s in services if chosen_at_first(s.name, s.answers))
    chosen = at_first if data is None else tuple(data.get(CONF_SERVICES) or ())
    unawaited = () if data is None else data.get(CONF_SERVICES_NOT_AWAITED) or ()
    acting = [s for s in services if s.answers is not SupportsResponse.ONLY]
    return ServiceChoices(
        options=_options(services, chosen),
        acting=_options(acting, unawaited),
        at_first=at_first,
        not_exposed=_not_exposed(hass, (s for s in services if s.name in chosen)),
    )


async def _async_services(hass: HomeAssistant) -> list[_Service]:
    """Return every action that there is, with its translated name."""
    descriptions = await async_get_descriptions(hass)
    language = hass.config.language
    names = await async_get_translations(hass, language, "services", descriptions)
    titles = await async_get_translations(hass, language, "title", descriptions)
    services = []
    for domain, of_domain in descriptions.items():
        title = titles.get(f"component.{domain}.title") or domain
        for service, description in of_domain.items():
            key = f"component.{domain}.services.{service}.name"
            name = names.get(key) or description.get("name") or service
            services.append(
                _Service(
                    f"{domain}.{service}",
                    f"{title}: {name}",
                    response_of(description),
                    description,
                )
            )
    return services


def _options(
    services: Iterable[_Service], chosen: Iterable[str]
) -> tuple[SelectOptionDict, ...]:
    options = {service.name: service.option for service in services}
    gone = [name for name in chosen if name not in options]
    return (
        *options.values(),
        *(SelectOptionDict(value=name, label=name) for name in gone),
    )


def _not_exposed(hass: HomeAssistant, services: Iterable[_Service]) -> str:
    """Return what could be exposed for those actions that have nothing exposed."""
    found: dict[str, None] = {}
    for service in services:
        if "target" not in service.description:
            continue
        possible = _possible(hass, service.description["target"])
        if any(is_exposed(hass, conversation.DOMAIN, id_) for id_ in possible):
            continue
        found |= dict.fromkeys(possible)
    named = sorted(found)[:_NAMED]
    return ", ".join([*named, "…"] if len(found) > _NAMED else named) or _NOTHING


def _possible(hass: HomeAssistant, target: Mapping[str, Any] | None) -> list[str]:
    """Return the entities that a target can be, exposed or not."""
    wanted = TargetFilter.from_target(target)
    return [
        state.entity_id
        for state in hass.states.async_all(wanted.domains or None)
        if wanted.matches(hass, state, None)
    ]
