"""Making an agent the one of the preferred assistant."""

import logging

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import MATCH_ALL, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .const import CONF_USE_IN_PIPELINE, DOMAIN, SUBENTRY_CONVERSATION
from .data import ChatterboxConfigEntry

_LOGGER = logging.getLogger(__name__)

_ASSIST_PIPELINE = "assist_pipeline"


@callback
def async_has_pipelines(hass: HomeAssistant) -> bool:
    """Return whether there is a preferred assistant."""
    return _ASSIST_PIPELINE in hass.config.components


@callback
def async_is_in_pipeline(hass: HomeAssistant, subentry: ConfigSubentry) -> bool:
    """Return whether an agent is the preferred assistant's."""
    if not async_has_pipelines(hass):
        return False
    from homeassistant.components import assist_pipeline  # noqa: PLC0415

    preferred = assist_pipeline.pipeline.async_get_pipeline(hass)
    return preferred.conversation_engine == _entity_id(hass, subentry)


async def async_use_in_pipeline(
    hass: HomeAssistant, entry: ChatterboxConfigEntry
) -> None:
    """Give the preferred assistant the agents whose form asked for it, once."""
    for subentry in entry.get_subentries_of_type(SUBENTRY_CONVERSATION):
        if CONF_USE_IN_PIPELINE not in subentry.data:
            continue
        data = dict(subentry.data)
        wanted = data.pop(CONF_USE_IN_PIPELINE)
        hass.config_entries.async_update_subentry(entry, subentry, data=data)
        if wanted and async_has_pipelines(hass):
            await _async_set_engine(hass, subentry)


async def _async_set_engine(hass: HomeAssistant, subentry: ConfigSubentry) -> None:
    # Loads native speech libraries, which a home without assistants may not have.
    from homeassistant.components import assist_pipeline  # noqa: PLC0415

    if (entity_id := _entity_id(hass, subentry)) is None:
        _LOGGER.warning("%s has no enabled entity to give to Assist", subentry.title)
        return
    preferred = assist_pipeline.pipeline.async_get_pipeline(hass)
    await assist_pipeline.async_update_pipeline(
        hass,
        preferred,
        conversation_engine=entity_id,
        conversation_language=MATCH_ALL,
    )
    _LOGGER.info("%s is now the agent of %s", entity_id, preferred.name)


@callback
def _entity_id(hass: HomeAssistant, subentry: ConfigSubentry) -> str | None:
    registry = er.async_get(hass)
    entity_id = registry.async_get_entity_id(
        Platform.CONVERSATION, DOMAIN, subentry.subentry_id
    )
    if entity_id is None or registry.entities[entity_id].disabled:
        return None
    return entity_id
