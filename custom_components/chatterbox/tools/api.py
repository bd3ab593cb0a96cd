"""Gathers the tools of an agent from the APIs and services that the user chose."""

from collections.abc import Callable, Sequence
import logging
from typing import Any, override

from homeassistant.components import conversation
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import llm
import probatio

from ..const import DOMAIN
from .assist import async_get_assist
from .duplicate_tools import without_twins
from .naming import merge_tools
from .reply_tool import ReplyTool
from .services.catalog import async_get_catalog
from .services_api import is_ours
from .toolbox import Toolbox

_LOGGER = logging.getLogger(__name__)


def nobodys_context(hass: HomeAssistant) -> llm.LLMContext:
    """Return the context in which tools are listed while nobody speaks."""
    return llm.LLMContext(
        platform=DOMAIN,
        context=None,
        language=hass.config.language,
        assistant=conversation.DOMAIN,
        device_id=None,
    )


class ChatterboxAPI(llm.API):
    """Hands out the toolbox of one turn. It needs no registration."""

    def __init__(
        self,
        hass: HomeAssistant,
        api_ids: Sequence[str],
        services: Sequence[str] = (),
        *,
        reply: bool = False,
    ) -> None:
        """Take the LLM APIs and services; with `reply` a response may end the turn."""
        super().__init__(hass=hass, id=DOMAIN, name="Chatterbox")
        self._api_ids = api_ids
        self._services = services
        self._reply = reply

    @override
    async def async_get_api_instance(self, llm_context: llm.LLMContext) -> Toolbox:
        instances = await self._async_get_instances(llm_context)
        services = await self._async_get_services(llm_context)
        return Toolbox(
            api=self,
            api_prompt="\n".join(
                instance.api_prompt for instance in instances if instance.api_prompt
            ),
            llm_context=llm_context,
            tools=merge_tools(self._groups(instances, services)),
            custom_serializer=_merge_serializers(instances),
            origins={
                id(tool): instance.api.id
                for instance in instances
                for tool in instance.tools
            },
        )

    def _groups(
        self, instances: Sequence[llm.APIInstance], services: Sequence[llm.Tool]
    ) -> list[tuple[str, Sequence[llm.Tool]]]:
        groups = without_twins(
            [(instance.api.name, instance.tools) for instance in instances], services
        )
        acts = any(
            not tool.annotations.read_only for _, tools in groups for tool in tools
        )
        if self._reply and acts:
            groups.insert(0, (self.name, [ReplyTool()]))
        return groups

    async def _async_get_services(
        self, llm_context: llm.LLMContext
    ) -> Sequence[llm.Tool]:
        if not self._services:
            return ()
        return await async_get_catalog(self.hass).async_get_tools(
            self._services, llm_context.assistant
        )

    async def _async_get_instances(
        self, llm_context: llm.LLMContext
    ) -> list[llm.APIInstance]:
        instances = []
        for api_id in self._api_ids:
            if is_ours(api_id):
                continue
            try:
                instances.append(await self._async_get_instance(api_id, llm_context))
            except Unauthorized:
                # It is for admins, and a satellite or the priming is nobody.
                _LOGGER.debug("LLM API %s is not for who speaks", api_id)
            except HomeAssistantError as err:
                _LOGGER.warning("The tools of LLM API %s are missing: %s", api_id, err)
        return instances

    async def _async_get_instance(
        self, api_id: str, llm_context: llm.LLMContext
    ) -> llm.APIInstance:
        if api_id == llm.LLM_API_ASSIST:
            for api in llm.async_get_apis(self.hass):
                if api.id == api_id:
                    return await async_get_assist(self.hass, api, llm_context)
        return await llm.async_get_api(self.hass, api_id, llm_context)


def _merge_serializers(
    instances: Sequence[llm.APIInstance],
) -> Callable[[Any], Any]:
    serializers = [
        *(instance.custom_serializer for instance in instances),
        llm.selector_serializer,
    ]

    def serialize(schema: Any) -> Any:
        for serializer in serializers:
            if serializer and (result := serializer(schema)) not in (
                None,
                probatio.UNSUPPORTED,
            ):
                return result
        return probatio.UNSUPPORTED

    return serialize
