"""What the form says of a model that was tried."""

from homeassistant.core import HomeAssistant

from ..agent.translation_lookup import async_sentence
from ..agent.trial import Trial


async def async_describe_trial(
    hass: HomeAssistant, trial: Trial
) -> tuple[str, dict[str, str]]:
    """Return the step that shows a trial, and its placeholders."""
    if trial.fault:
        reason = await async_sentence(hass, "*", trial.fault)
        return "tested_in_vain", {"reason": reason, "cause": trial.cause}
    return "tested" if trial.called else "tested_without_tools", {
        "first": _seconds(trial.first),
        "again": _seconds(trial.again),
        "input_tokens": str(trial.input_tokens),
        "cached_tokens": str(trial.cached_tokens),
    }


def _seconds(time: float | None) -> str:
    return "–" if time is None else f"{time:.1f}"  # noqa: RUF001
