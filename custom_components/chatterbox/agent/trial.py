"""Trying an agent's model before anybody speaks to it."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
import logging
import time
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import TemplateError

from ..providers.base import (
    LLMProvider,
    ModelRequest,
    ProviderError,
    ProviderErrorKind,
    SystemMessage,
    TextDelta,
    ToolCall,
    ToolSpec,
    Usage,
    UserMessage,
)
from ..tools.api import ChatterboxAPI, nobodys_context
from .options import AgentOptions
from .prompt import build_prefix
from .translation_lookup import async_sentence

_LOGGER = logging.getLogger(__name__)

TRIAL_TIMEOUT: Final = 120.0
"""Seconds for both requests; without a graphics card a prompt takes minutes."""

PROBE: Final = ToolSpec(
    "chatterbox_test",
    "Tests whether you can call tools. Call it when you are asked to.",
    {"type": "object", "properties": {}},
)


@dataclass(slots=True)
class Trial:
    """What became of a sentence that nothing was done for."""

    fault: str | None = None
    """Key of the sentence in `exceptions` that says what is wrong."""
    cause: str = ""
    """The same for who mends it, as the server or the template says it."""
    called: bool = False
    first: float | None = None
    """Seconds to the first word or call, as the instructions were new to the server."""
    again: float | None = None
    input_tokens: int = 0
    cached_tokens: int = 0
    """Of those, what the second request found read; 0 where it is not told."""


async def async_try_agent(
    hass: HomeAssistant, provider: LLMProvider, options: AgentOptions
) -> Trial:
    """Say one sentence twice to an agent's model; whatever it calls, nothing is run."""
    trial = Trial()
    try:
        request = await _async_request(hass, options)
        async with asyncio.timeout(TRIAL_TIMEOUT):
            trial.first = await _async_ask(provider, request, trial)
            trial.again = await _async_ask(provider, request, trial)
    except ProviderError as err:
        _LOGGER.debug("The model was tried in vain: %s", err)
        trial.fault, trial.cause = err.kind, str(err)
    except TimeoutError:
        trial.fault = ProviderErrorKind.TIMEOUT
        trial.cause = f"No answer within {TRIAL_TIMEOUT:g} seconds"
    except TemplateError as err:
        trial.fault, trial.cause = "prompt_template", str(err)
    if trial.fault is None and trial.first is None:
        trial.fault, trial.cause = (
            "empty_answer",
            "The answer holds no word and no call",
        )
    return trial


async def _async_request(hass: HomeAssistant, options: AgentOptions) -> ModelRequest:
    api = ChatterboxAPI(
        hass, options.llm_hass_api, options.services, reply=options.reply
    )
    prefix = build_prefix(
        hass, options, await api.async_get_api_instance(nobodys_context(hass))
    )
    sentence = await async_sentence(hass, "*", "trial")
    messages = (SystemMessage(prefix.system), UserMessage(sentence))
    return options.request(messages, (*prefix.tools, PROBE), timeout=TRIAL_TIMEOUT)


async def _async_ask(
    provider: LLMProvider, request: ModelRequest, trial: Trial
) -> float | None:
    started = time.monotonic()
    first = None
    async with aclosing(provider.stream(request)) as events:
        async for event in events:
            if first is None and isinstance(event, TextDelta | ToolCall):
                first = time.monotonic() - started
            if isinstance(event, ToolCall) and event.name == PROBE.name:
                trial.called = True
            if isinstance(event, Usage):
                trial.input_tokens = event.input_tokens
                trial.cached_tokens = event.cached_tokens
    return first
