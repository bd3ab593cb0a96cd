"""What Home Assistant shows under Repairs, while it is so."""

from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_MODEL, CONF_URL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .agent.options import AgentOptions
from .agent.window import Window
from .const import CONF_PROVIDER, CONF_STAND_INS, DOMAIN, PROVIDER_OPENAI
from .providers.discovery import KNOWN_SERVICES

SERVER_DOWN: Final = "server_down"
SERVER_DOWN_STAND_INS: Final = "server_down_stand_ins"
MODEL_GONE: Final = "model_gone"
NO_CREDIT: Final = "no_credit"
CONTEXT_SMALL: Final = "context_small"
OFFER_RESPONSES: Final = "offer_responses"

_SEVERITIES: Final = {CONTEXT_SMALL: ir.IssueSeverity.WARNING}
_PAGE: Final = f"homeassistant://config/integrations/integration/{DOMAIN}"


@callback
def async_server_is_down(
    hass: HomeAssistant, entry: ConfigEntry[Any], cause: str | None
) -> None:
    """Say why a server does not answer and who does instead, or no longer that."""
    issue_id = _id(SERVER_DOWN, entry)
    if cause is None:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    words = {"name": entry.title, "cause": cause}
    if stand_ins := _stand_ins(hass, entry):
        words["stand_ins"] = stand_ins
    key = SERVER_DOWN_STAND_INS if stand_ins else SERVER_DOWN
    _create(hass, key, issue_id, **words)


@callback
def async_model_is_gone(
    hass: HomeAssistant, entry: ConfigEntry[Any], model: str
) -> None:
    """Say that a server no longer has a model that agents use."""
    _create(
        hass,
        MODEL_GONE,
        _id(MODEL_GONE, entry, model),
        name=entry.title,
        model=model,
        agents=_agents(entry, model),
    )


@callback
def async_credit_is_spent(
    hass: HomeAssistant, entry: ConfigEntry[Any], model: str
) -> None:
    """Say that a service answers no more before it is paid."""
    _create(hass, NO_CREDIT, _id(NO_CREDIT, entry, model), name=entry.title)


@callback
def async_context_is_small(
    hass: HomeAssistant, entry: ConfigEntry[Any], options: AgentOptions, window: Window
) -> None:
    """Say that prompt and tools fill more than half of a window, or no longer."""
    if not window.prefix:
        # The model was not asked.
        return
    subentry = entry.subentries.get(options.key or "")
    issue_id = _id(CONTEXT_SMALL, entry, options.key or "")
    if subentry is None or not window.is_small:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    _create(
        hass,
        CONTEXT_SMALL,
        issue_id,
        name=subentry.title,
        model=options.model,
        prompt=str(window.prefix),
        tokens=str(window.tokens),
    )


@callback
def async_offer_responses(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Offer OpenAI's newer protocol, until it is taken or ignored."""
    speaks_old = entry.data[CONF_PROVIDER] == PROVIDER_OPENAI
    if not speaks_old or entry.data[CONF_URL] != KNOWN_SERVICES["openai"].url:
        async_withdraw_responses(hass, entry)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        _offer_id(entry),
        data={"entry_id": entry.entry_id},
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=OFFER_RESPONSES,
        translation_placeholders={"name": entry.title},
    )


@callback
def async_withdraw_responses(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Take back the offer, if there is one, and whether it was ignored."""
    ir.async_delete_issue(hass, DOMAIN, _offer_id(entry))


@callback
def async_clear_issues(
    hass: HomeAssistant, entry: ConfigEntry[Any], model: str | None = None
) -> None:
    """Remove the issues of a model that answered, without one those of the entry."""
    if model is not None:
        for key in (MODEL_GONE, NO_CREDIT):
            ir.async_delete_issue(hass, DOMAIN, _id(key, entry, model))
        return
    mine = [
        issue_id
        for domain, issue_id in ir.async_get(hass).issues
        if domain == DOMAIN and entry.entry_id in issue_id.split("/")
    ]
    for issue_id in mine:
        ir.async_delete_issue(hass, DOMAIN, issue_id)


def _offer_id(entry: ConfigEntry[Any]) -> str:
    # Not one of those that go when the entry is unloaded: whether it was ignored stays.
    return f"{OFFER_RESPONSES}_{entry.entry_id}"


def _agents(entry: ConfigEntry[Any], model: str) -> str:
    return ", ".join(
        subentry.title
        for subentry in entry.subentries.values()
        if subentry.data.get(CONF_MODEL) == model
    )


def _stand_ins(hass: HomeAssistant, entry: ConfigEntry[Any]) -> str:
    models = {
        subentry_id: f"{subentry.data.get(CONF_MODEL)} ({other.title})"
        for other in hass.config_entries.async_entries(DOMAIN)
        for subentry_id, subentry in other.subentries.items()
    }
    return "; ".join(
        f"{subentry.title}: {', '.join(names)}"
        for subentry in entry.subentries.values()
        if (
            names := [
                models[subentry_id]
                for subentry_id in subentry.data.get(CONF_STAND_INS) or ()
                if subentry_id in models
            ]
        )
    )


def _id(key: str, entry: ConfigEntry[Any], *more: str) -> str:
    return "/".join((key, entry.entry_id, *more))


def _create(
    hass: HomeAssistant,
    key: str,
    issue_id: str,
    **placeholders: str,
) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        learn_more_url=_PAGE,
        severity=_SEVERITIES.get(key, ir.IssueSeverity.ERROR),
        translation_key=key,
        translation_placeholders=placeholders,
    )
