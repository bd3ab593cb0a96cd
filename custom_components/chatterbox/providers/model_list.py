"""The list of models, which Anthropic's servers answer alike."""

from typing import Any, Final

from .base import ModelInfo, ProviderError, ProviderErrorKind as Kind
from .json_shape import as_count, as_object

_CONTEXT_KEYS: Final = (
    "context_length",  # OpenRouter, Together
    "context_window",  # Groq
    "max_context_length",  # Mistral
    "max_input_tokens",  # Anthropic
    "max_model_len",  # vLLM
)


def read_models(found: Any) -> list[ModelInfo]:
    """Return the models in a list. Raises ProviderError (NOT_A_MODEL_SERVER)."""
    # Together answers with the bare list.
    models = found.get("data") if isinstance(found, dict) else found
    if not isinstance(models, list):
        raise ProviderError(Kind.NOT_A_MODEL_SERVER, "The answer lists no models")
    # Gemini puts a folder before each name, and takes the name without it.
    return [
        _read(name.removeprefix("models/"), model)
        for model in models
        if isinstance(model, dict) and isinstance(name := model.get("id"), str) and name
    ]


def _read(name: str, model: dict[str, Any]) -> ModelInfo:
    meta = as_object(model.get("meta"))
    lengths = [as_count(model.get(key)) for key in _CONTEXT_KEYS]
    return ModelInfo(
        name=name,
        tools=_tools(model),
        context_tokens=next(filter(None, lengths), as_count(meta.get("n_ctx"))) or None,
        size=as_count(meta.get("size")) or None,
    )


def _tools(model: dict[str, Any]) -> bool | None:
    if isinstance(parameters := model.get("supported_parameters"), list):
        return "tools" in parameters  # OpenRouter
    told = as_object(model.get("capabilities")).get("function_calling")  # Mistral
    return told if isinstance(told, bool) else None
