"""Which models an agent has: its own, and those that stand in for it."""

from collections.abc import Iterator

from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.const import CONF_MODEL, CONF_URL
from homeassistant.core import HomeAssistant, callback

from .agent.models import AgentModel
from .agent.options import AgentOptions
from .const import DOMAIN
from .data import ChatterboxConfigEntry
from .providers.address import is_local


@callback
def async_agent_models(
    hass: HomeAssistant, entry: ChatterboxConfigEntry, options: AgentOptions
) -> list[AgentModel]:
    """Return the loaded models that may answer for an agent, its own first."""
    models = [_model(entry, options)]
    known = {
        subentry.subentry_id: (of, subentry)
        for of, subentry in async_all_models(hass)
        if of.state is ConfigEntryState.LOADED
    }
    for subentry_id in options.stand_ins:
        if found := known.get(subentry_id):
            of, subentry = found
            other = AgentOptions.from_subentry(subentry.data, subentry_id)
            models.append(_model(of, options.with_model_of(other)))
    return models


@callback
def async_all_models(
    hass: HomeAssistant,
) -> Iterator[tuple[ChatterboxConfigEntry, ConfigSubentry]]:
    """Yield each subentry that has a model, with the entry of its server."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        for subentry in entry.subentries.values():
            if CONF_MODEL in subentry.data:
                yield entry, subentry


def _model(entry: ChatterboxConfigEntry, options: AgentOptions) -> AgentModel:
    data = entry.runtime_data
    return AgentModel(
        options=options,
        server=entry.title,
        local=is_local(entry.data[CONF_URL]),
        provider=data.provider,
        primer=data.primer,
        health=data.health,
    )
