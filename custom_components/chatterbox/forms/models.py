"""The fields of an agent's form that depend on the models of its server."""

from collections.abc import Sequence
from typing import Final

from homeassistant.const import CONF_MODEL
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.helpers.typing import VolDictType
import probatio as vol

from ..const import CONF_CONTEXT_TOKENS
from ..providers.base import ModelInfo
from .widgets import number_box, whole_number

CANNOT_CALL: Final = "⚠️"

_NOT_FOR_CHAT: Final = (
    "audio",
    "babbage",
    "dall-e",
    "davinci",
    "embed",
    "image",
    "moderation",
    "realtime",
    "rerank",
    "sora",
    "transcribe",
    "tts",
    "veo-",
    "whisper",
)
"""Parts of names of models that servers list beside those that chat."""


def model_field(models: Sequence[ModelInfo]) -> VolDictType:
    """Return the field for the model."""
    return {
        # Of a required field without a default the frontend selects the first option by
        # itself, and which model answers is too dear a choice for that; see `ModelCheck`.
        vol.Required(CONF_MODEL, default=""): SelectSelector(
            SelectSelectorConfig(
                options=_model_options(models),
                mode=SelectSelectorMode.DROPDOWN,
                custom_value=True,
            )
        )
    }


def context_field(models: Sequence[ModelInfo]) -> VolDictType:
    """Return the field for how long prompt and answer may be, at most what is told."""
    most = max((model.context_tokens or 0 for model in models), default=0)
    return {
        vol.Optional(CONF_CONTEXT_TOKENS): whole_number(
            number_box(1024, most or 1_000_000, "tokens")
        )
    }


def _model_options(models: Sequence[ModelInfo]) -> list[SelectOptionDict]:
    return [
        SelectOptionDict(value=model.name, label=_model_label(model))
        for model in sorted(models, key=_likely_first)
    ]


def _model_label(model: ModelInfo) -> str:
    parts = [model.name]
    if model.size:
        parts.append(f"{model.size / 1e9:.1f} GB")
    if model.tools is False:
        parts.append(CANNOT_CALL)
    return " · ".join(parts)


def _likely_first(model: ModelInfo) -> tuple[bool, bool, str]:
    name = model.name.casefold()
    return any(part in name for part in _NOT_FOR_CHAT), model.tools is False, name
