"""Chatterbox: a conversation agent for Home Assistant's Assist pipeline."""

from functools import partial

from homeassistant.const import CONF_API_KEY, CONF_URL, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, llm
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.translation import async_get_translations
from homeassistant.helpers.typing import ConfigType

from .agent.foresight.home import (
    async_forget_learnt,
    async_load_learnt,
    async_tidy_learnt,
)
from .agent.priming import Primer
from .agent.turn_log import async_get_turns
from .const import CONF_PROVIDER, DOMAIN, SUBENTRY_API, SUBENTRY_TASK
from .data import ChatterboxConfigEntry, ChatterboxData
from .health import ServerHealth
from .issues import async_offer_responses, async_withdraw_responses
from .learnt_needs import async_get_learnt_needs
from .migration import async_migrate
from .pipeline import async_use_in_pipeline
from .policy_issue import async_forget_policy_issues, async_tell_of_policy
from .providers.registry import create_provider
from .services import async_setup_services
from .tools.cache.home import async_forget_results, async_join_cache, async_leave_cache
from .tools.dispatch.dispatcher import async_abort_turns
from .tools.exposure.features import async_get_seen_features
from .tools.number_words import load_number_words
from .tools.planning.habits import async_get_habits
from .tools.services_api import ServicesAPI, ServicesOptions
from .turns import async_fire_turns
from .websocket_api import async_setup_websocket

PLATFORMS = [Platform.BINARY_SENSOR, Platform.CONVERSATION, Platform.SENSOR]
CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up what is there whether or not an entry is loaded: actions and the card."""
    async_setup_services(hass)
    await async_get_seen_features(hass).async_load()
    await async_get_habits(hass).async_load()
    await async_load_learnt(hass)
    await async_get_learnt_needs(hass).async_load()
    async_setup_websocket(hass)
    async_fire_turns(hass)
    # Nobody waits for it: until then a spelled number is an error to the model.
    hass.async_add_executor_job(load_number_words)
    # The logbook takes its words from what is loaded.
    await async_get_translations(hass, hass.config.language, "common", {DOMAIN})
    if "frontend" in hass.config.components:
        from .frontend import async_register_card  # noqa: PLC0415

        await async_register_card(hass)
    return True


async def async_migrate_entry(
    hass: HomeAssistant, entry: ChatterboxConfigEntry
) -> bool:
    """Bring an entry of an earlier version up to date."""
    return await async_migrate(hass, entry)


async def async_setup_entry(hass: HomeAssistant, entry: ChatterboxConfigEntry) -> bool:
    """Set up a model server and its agents."""
    learnt = async_get_learnt_needs(hass).of(entry)
    provider = create_provider(
        entry.data[CONF_PROVIDER],
        async_get_clientsession(hass),
        entry.data[CONF_URL],
        entry.data.get(CONF_API_KEY) or None,
        learnt,
    )
    entry.runtime_data = ChatterboxData(
        provider=provider,
        health=ServerHealth(hass, entry, provider, learnt),
        primer=Primer(hass, entry, provider),
        platforms=_platforms(entry),
    )
    entry.async_on_unload(partial(async_leave_cache, hass, entry))
    await async_join_cache(hass, entry)
    # On unload, before the entry waits for the writes that have begun.
    entry.async_on_unload(partial(async_abort_turns, hass, entry))
    await hass.config_entries.async_forward_entry_setups(
        entry, entry.runtime_data.platforms
    )
    await async_use_in_pipeline(hass, entry)
    _register_apis(hass, entry)
    async_tell_of_policy(hass, entry)
    async_tidy_learnt(hass)
    await async_get_learnt_needs(hass).async_tidy()
    # After the line above, which changes the entry and must not reload it.
    entry.async_on_unload(entry.add_update_listener(_async_reload))
    async_offer_responses(hass, entry)
    entry.async_create_background_task(
        hass, entry.runtime_data.health.async_check(), f"{DOMAIN} check {entry.title}"
    )
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ChatterboxConfigEntry) -> bool:
    """Unload the agents; the entry cancels its check of the server."""
    platforms = entry.runtime_data.platforms
    return await hass.config_entries.async_unload_platforms(entry, platforms)


@callback
def _register_apis(hass: HomeAssistant, entry: ChatterboxConfigEntry) -> None:
    """Offer to other agents what the entry has for them, until it is unloaded."""
    for subentry in entry.get_subentries_of_type(SUBENTRY_API):
        options = ServicesOptions.from_subentry(subentry.data, entry.options)
        api = ServicesAPI(hass, subentry.subentry_id, subentry.title, entry, options)
        entry.async_on_unload(llm.async_register_api(hass, api))


def _platforms(entry: ChatterboxConfigEntry) -> list[Platform]:
    """Return the platforms that an entry needs; few homes need AI Task's."""
    does_tasks = any(entry.get_subentries_of_type(SUBENTRY_TASK))
    return [*PLATFORMS, Platform.AI_TASK] if does_tasks else PLATFORMS


async def async_remove_entry(hass: HomeAssistant, entry: ChatterboxConfigEntry) -> None:
    """Leave nothing on disk once the last entry is gone, and no turns of its agents."""
    async_get_turns(hass).forget(entry.subentries)
    await async_forget_results(hass)
    async_withdraw_responses(hass, entry)
    async_forget_policy_issues(hass, entry)
    if not hass.config_entries.async_entries(DOMAIN):
        await async_get_seen_features(hass).async_remove()
        await async_get_habits(hass).async_remove()
    await async_forget_learnt(hass, entry)
    await async_get_learnt_needs(hass).async_tidy()


async def _async_reload(hass: HomeAssistant, entry: ChatterboxConfigEntry) -> None:
    await hass.config_entries.async_reload(entry.entry_id)
