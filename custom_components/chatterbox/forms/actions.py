"""The actions that an agent's form offers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.components import conversation
from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.helpers.selector import SelectOptionDict
from homeassistant.helpers.translation import async_get_translations

from ..agent.translation_lookup import async_sentence
from ..const import CONF_SERVICES, CONF_SERVICES_NOT_AWAITED
from ..tools.exposure.entity_filter import TargetFilter
from ..tools.exposure.exposed import is_exposed
from ..tools.services.catalog import async_get_descriptions, response_of
from ..tools.services.harmful import chosen_at_first, why_harmful

HARMFUL_MARK: Final = "⚠️"
MISSING_MARK: Final = "❓"
_OPENING: Final = frozenset(
    {
        "alarm_control_panel.alarm_disarm",
        "lock.open",
        "lock.unlock",
    }
)
_NAMED: Final = 6
"""Entities that the hint on what to expose names at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChoices:
    """What can be chosen, what a new agent starts with, and what has to be exposed."""

    options: tuple[SelectOptionDict, ...] = ()
    acting: tuple[SelectOptionDict, ...] = ()
    at_first: tuple[str, ...] = ()
    there: tuple[SelectOptionDict, ...] = ()
    """All that there are, without those that an agent has and that are gone."""
    not_exposed: str = ""
    """A sentence with what chosen actions could work on if it were exposed."""


@dataclass(frozen=True, slots=True)
class _Service:
    name: str
    label: str
    answers: SupportsResponse
    description: Mapping[str, Any]

    @property
    def order(self) -> tuple[int, str]:
        """Return the sort key: by use, then by what it is called."""
        if why_harmful(self.name):
            return 2, self.label.casefold()
        return int(self.answers is not SupportsResponse.ONLY), self.label.casefold()

    @property
    def option(self) -> SelectOptionDict:
        marked = why_harmful(self.name) or self.name in _OPENING
        mark = f"{HARMFUL_MARK} " if marked else ""
        return SelectOptionDict(
            value=self.name, label=f"{mark}{self.label} ({self.name})"
        )


async def async_service_choices(
    hass: HomeAssistant, data: Mapping[str, Any] | None = None
) -> ServiceChoices:
    """Return what an agent can choose; what it has and is gone is marked."""
    services = sorted(await _async_services(hass), key=lambda s: s.order)
    at_first = tuple(s.name for s in services if chosen_at_first(s.name, s.answers))
    chosen = at_first if data is None else tuple(data.get(CONF_SERVICES) or ())
    unawaited = () if data is None else data.get(CONF_SERVICES_NOT_AWAITED) or ()
    acting = [s for s in services if s.answers is not SupportsResponse.ONLY]
    there = tuple(service.option for service in services)
    return ServiceChoices(
        options=with_missing(there, chosen),
        acting=with_missing((s.option for s in acting), unawaited),
        at_first=at_first,
        there=there,
        not_exposed=await _async_not_exposed(
            hass, (s for s in services if s.name in chosen)
        ),
    )


def with_missing(
    options: Iterable[SelectOptionDict], chosen: Iterable[str]
) -> tuple[SelectOptionDict, ...]:
    """Return the options with what was chosen and is not among them, marked."""
    there = {option["value"]: option for option in options}
    missing = [name for name in dict.fromkeys(chosen) if name not in there]
    return (
        *there.values(),
        *(
            SelectOptionDict(value=name, label=f"{MISSING_MARK} {name}")
            for name in missing
        ),
    )


async def _async_services(hass: HomeAssistant) -> list[_Service]:
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


async def _async_not_exposed(hass: HomeAssistant, services: Iterable[_Service]) -> str:
    found: dict[str, str] = {}
    for service in services:
        if "target" not in service.description:
            continue
        possible = _possible(hass, service.description["target"])
        if any(is_exposed(hass, conversation.DOMAIN, id_) for id_ in possible):
            continue
        found |= {id_: _name(hass, id_) for id_ in possible}
    if not found:
        return ""
    named = sorted(found.values(), key=str.casefold)
    if len(named) > _NAMED:
        named = [*named[:_NAMED], "…"]
    sentence = await async_sentence(hass, hass.config.language, "still_to_expose")
    return sentence.format(entities=", ".join(named))


def _name(hass: HomeAssistant, entity_id: str) -> str:
    state = hass.states.get(entity_id)
    return state.name if state else entity_id


def _possible(hass: HomeAssistant, target: Mapping[str, Any] | None) -> list[str]:
    wanted = TargetFilter.from_target(target)
    return [
        state.entity_id
        for state in hass.states.async_all(wanted.domains or None)
        if wanted.matches(hass, state, None)
    ]
