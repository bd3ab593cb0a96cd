"""Home Assistant's Assist API, the same for every satellite."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
import logging
from typing import Final, override

from homeassistant.components.conversation import DOMAIN as CONVERSATION_DOMAIN
from homeassistant.components.intent.timers import async_device_supports_timers
from homeassistant.components.llm import (
    DATA_PLATFORMS,
    LLMTools,
    LLMToolsPlatformProtocol,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, intent, llm
from homeassistant.util.json import JsonObjectType

from .calls import ToolError
from .exposure.known import async_get_known_home
from .naming import RenamedTool

_LOGGER = logging.getLogger(__name__)

WRITTEN_BY_US: Final = frozenset({"homeassistant", "intent"})
"""Platforms whose prompts name the satellite's area or every entity, as ours does."""
START_TIMER: Final = f"intent__{intent.INTENT_START_TIMER}"


async def async_get_assist(
    hass: HomeAssistant, api: llm.API, llm_context: llm.LLMContext
) -> llm.APIInstance:
    """Return the Assist API as it is for no satellite in particular."""
    platforms = await hass.data[DATA_PLATFORMS].async_get_platforms()
    found = _ask_each(hass, platforms, llm_context)
    return llm.APIInstance(
        api=api,
        api_prompt="\n".join(
            parts.prompt
            for domain, parts in found.items()
            if parts.prompt and domain not in WRITTEN_BY_US
        ),
        llm_context=llm_context,
        tools=[
            SatelliteTimerTool(tool) if tool.name == START_TIMER else tool
            for parts in found.values()
            for tool in parts.tools
        ],
        custom_serializer=llm.selector_serializer,
    )


def _ask_each(
    hass: HomeAssistant,
    platforms: Mapping[str, LLMToolsPlatformProtocol],
    llm_context: llm.LLMContext,
) -> dict[str, LLMTools]:
    nobody = replace(
        llm_context, context=None, device_id=None, language=hass.config.language
    )
    # Core offers timers to a device that supports them and to no other.
    contexts = {"intent": replace(nobody, device_id=timer_device(hass))}
    found = {}
    for domain, platform in sorted(platforms.items()):
        context = contexts.get(domain, nobody)
        ask = partial(platform.async_get_tools, hass, context, llm.LLM_API_ASSIST)
        try:
            parts = _kept(hass, domain, context, ask)
        except Exception:
            # A platform is anybody's code; it costs its own tools and no others.
            _LOGGER.exception("Error getting tools from LLM platform %s", domain)
            continue
        if parts:
            found[domain] = parts
    return found


def _kept(
    hass: HomeAssistant,
    domain: str,
    context: llm.LLMContext,
    ask: Callable[[], LLMTools | None],
) -> LLMTools | None:
    """Return a platform's tools, of `WRITTEN_BY_US` without rendering the prompt."""
    if domain not in WRITTEN_BY_US or context.assistant != CONVERSATION_DOMAIN:
        return ask()
    # A reload of intents from YAML is not told of.
    intents = tuple(map(id, intent.async_get(hass)))
    key = ("assist", domain, context.device_id, context.language, intents)
    return async_get_known_home(hass).keep(key, ask)


@callback
def timer_device(hass: HomeAssistant) -> str | None:
    """Return the id of a device that supports timers, the same while it does."""
    return min(
        (
            device.id
            for device in dr.async_get(hass).devices
            if async_device_supports_timers(hass, device.id)
        ),
        default=None,
    )


class SatelliteTimerTool(RenamedTool):
    """The tool that starts a timer, offered to satellites that cannot run one too."""

    def __init__(self, tool: llm.Tool) -> None:
        super().__init__(tool.name, tool)

    @override
    async def async_call(
        self,
        hass: HomeAssistant,
        tool_input: llm.ToolInput,
        llm_context: llm.LLMContext,
    ) -> llm.ToolResult | JsonObjectType:
        """Start the timer, here or for a later command. Raises ToolError."""
        device_id = llm_context.device_id
        if not tool_input.tool_args.get("conversation_command") and not (
            device_id and async_device_supports_timers(hass, device_id)
        ):
            raise ToolError(
                "The device that the person speaks to cannot run timers. Tell them so."
            )
        return await super().async_call(hass, tool_input, llm_context)
