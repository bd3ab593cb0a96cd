"""What is learnt in a home: read at its start, and forgotten with what it is of."""

from typing import Any

from homeassistant.auth import EVENT_USER_REMOVED
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, HomeAssistant, callback

from ...const import (
    CONF_FORESIGHT,
    CONF_KEEP_RESULTS,
    DOMAIN,
    SUBENTRY_CONVERSATION,
)
from .learnt import async_get_learnt


async def async_load_learnt(hass: HomeAssistant) -> None:
    """Read what was learnt, and forget from now on what people asked who are gone."""
    learnt = async_get_learnt(hass)
    await learnt.async_load()

    @callback
    def removed(event: Event[Any]) -> None:
        learnt.forget_person(event.data["user_id"])

    hass.bus.async_listen(EVENT_USER_REMOVED, removed)


@callback
def async_tidy_learnt(hass: HomeAssistant) -> None:
    """Forget what agents have learnt that are gone, or do not foresee any longer."""
    async_get_learnt(hass).keep_only(
        {
            agent.subentry_id
            for entry in hass.config_entries.async_entries(DOMAIN)
            for agent in entry.get_subentries_of_type(SUBENTRY_CONVERSATION)
            if agent.data.get(CONF_FORESIGHT, True)
            and entry.options.get(CONF_KEEP_RESULTS, True)
        }
    )


async def async_forget_learnt(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Forget what the agents of an entry have learnt, and with the last one the file."""
    async_tidy_learnt(hass)
    if not hass.config_entries.async_entries(DOMAIN):
        await async_get_learnt(hass).async_remove()
