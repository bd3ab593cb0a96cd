"""Tells people whose agents are older than the policy for what is dangerous."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_LLM_HASS_API
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import CONF_DANGER_POLICY, CONF_SERVICES, DOMAIN, SUBENTRY_CONVERSATION


@callback
def async_tell_of_policy[T](hass: HomeAssistant, entry: ConfigEntry[T]) -> None:
    """Make an issue for each agent that acts and that nobody chose a policy for."""
    for subentry in entry.get_subentries_of_type(SUBENTRY_CONVERSATION):
        issue_id = _issue_id(subentry.subentry_id)
        acts = subentry.data.get(CONF_LLM_HASS_API) or subentry.data.get(CONF_SERVICES)
        if CONF_DANGER_POLICY in subentry.data or not acts:
            ir.async_delete_issue(hass, DOMAIN, issue_id)
            continue
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="danger_policy",
            translation_placeholders={"agent": subentry.title},
        )


@callback
def async_forget_policy_issues[T](hass: HomeAssistant, entry: ConfigEntry[T]) -> None:
    """Leave no issue of an entry that is gone."""
    for subentry in entry.subentries.values():
        ir.async_delete_issue(hass, DOMAIN, _issue_id(subentry.subentry_id))


def _issue_id(subentry_id: str) -> str:
    return f"danger_policy_{subentry_id}"
